"""Logs are JSON lines that carry no text of a payment."""

import json
import logging

from risk.worker.logs import JsonLines


def line_of(error: BaseException | None = None, **extra: object) -> dict[str, object]:
    record = logging.makeLogRecord(
        {"name": "risk.worker", "levelname": "INFO", "msg": "said %s", "args": ("this",)}
    )
    record.exc_info = (type(error), error, error.__traceback__) if error else None
    vars(record).update(extra)
    found: dict[str, object] = json.loads(JsonLines().format(record))
    return found


def test_a_line_has_its_extras() -> None:
    """What a caller adds stands beside the message."""
    line = line_of(partition=3)
    assert (line["message"], line["partition"], line["level"]) == ("said this", 3, "info")


def test_an_exception_is_told_without_its_message() -> None:
    """The type and the places are enough to find it; the message may be a memo."""
    try:
        try:
            int("urgent gift card")
        except ValueError as cause:
            raise RuntimeError("memo: urgent gift card") from cause
    except RuntimeError as error:
        line = line_of(error)
    text = json.dumps(line)
    assert "gift" not in text
    assert [str(found).split(" ")[0] for found in line["exception"]] == [  # type: ignore[attr-defined]
        "RuntimeError",
        "ValueError",
    ]


def test_an_extra_that_is_no_json_is_named_by_its_type() -> None:
    """A log line never fails, and never prints an object's insides."""
    assert line_of(thing=object())["thing"] == "object"
