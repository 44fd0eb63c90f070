"""Files of payments and files of labels: each label counts from the moment it became known."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from fakes.payments import payment

from risk.__main__ import main
from risk.assembly import default_book
from risk.commands.app import run
from risk.decision import Decision, decode


def risk(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main(lambda: run([str(argument) for argument in arguments]))
    return int(caught.value.code or 0)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book that looks at labels; an hour of payments; a label that becomes known in it."""
    monkeypatch.chdir(tmp_path)
    folder = Path(shutil.copytree(default_book(), tmp_path / "book"))
    file = folder / "book.yaml"
    declared = "velocities:\n  frauds: {fn: label_count, by: payer, window: 10m, delay: 1m}\n"
    text = file.read_text(encoding="utf-8").replace("velocities:\n", declared)
    file.write_text(text, encoding="utf-8")
    sent = [payment(id=f"p{n}", time=f"2026-03-02T10:{n:02}:00Z") for n in range(40)]
    write(tmp_path / "payments.jsonl", sent)
    known = {"transaction_id": "p20", "label": "fraud", "known_at": "2026-03-02T10:25:00Z"}
    write(tmp_path / "labels.jsonl", [known])
    return tmp_path


def write(path: Path, values: list[Any]) -> None:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")


def frauds(path: Path) -> list[Any]:
    """What the payments from the twentieth minute on knew."""
    return [one.values["history"].get("frauds") for one in decisions(path)[20:]]


def decisions(path: Path) -> list[Decision]:
    return [decode(line) for line in path.read_bytes().splitlines()]


SEEN = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
"""Known at minute 25; at minute 31 the window of ten minutes, a minute ago, has passed it."""


def test_scoring_a_file_counts_labels_from_when_they_were_known(place: Path) -> None:
    """And each decision records that it saw the file."""
    out = place / "out.jsonl"
    given = ("payments.jsonl", "--book", "book", "--out", out)
    assert risk("score", *given, "--labels", "labels.jsonl") == 0
    assert frauds(out) == SEEN
    assert {one.labels for one in decisions(out)} == {1}


def test_replay_and_verifying_see_the_same_labels(place: Path) -> None:
    """Down to the byte, with the payments and the labels given again."""
    out, labels = place / "out.jsonl", ("--labels", "labels.jsonl")
    given = ("payments.jsonl", "--book", "book", "--processes", 1)
    assert risk("replay", *given, "--out", out, "--partitions", 1, *labels) == 0
    assert frauds(out) == SEEN
    again = ("verify", out, "--recompute", "payments.jsonl", "--book", "book")
    assert risk(*again, *labels) == 0
    write(place / "labels.jsonl", [])
    assert risk(*again, *labels) == 1


@pytest.mark.parametrize("command", ["score", "replay"])
def test_a_book_that_looks_at_labels_wants_to_know_where_they_are(
    place: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Without any, every payment would count as genuine: never a wrong zero."""
    given = (command, "payments.jsonl", "--book", "book", "--out", "out.jsonl")
    assert risk(*given) == 1
    assert "looks at labels (frauds)" in capsys.readouterr().err
    write(place / "labels.jsonl", [{"transaction_id": "p1", "label": "odd"}])
    assert risk(*given, "--labels", "labels.jsonl") == 1
    assert "labels.jsonl: line 1 is no label" in capsys.readouterr().err


def test_labels_of_a_topic_do_not_go_with_payments_of_files(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their positions count offsets that files have not."""
    given = ("replay", "payments.jsonl", "--book", "book", "--out", "out.jsonl")
    assert risk(*given, "--labels", "topic:labels") == 1
    assert "labels are in files" in capsys.readouterr().err
