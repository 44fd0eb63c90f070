"""A challenger beside the worker on a real Kafka, on both runtimes."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from drivers.stream import accepted, await_committed, comparable, payments, publish
from fakes.recorded import changed_book
from msgspec.structs import replace

from risk.assembly import build_pipeline, build_tested_bench
from risk.decision import Decision
from risk.pipeline import Arrival
from risk.settings import Settings

Start = Callable[..., "subprocess.Popen[bytes]"]

both = pytest.mark.parametrize("runtime", ["direct", "faust"])


RULE = """\
rules:
  - id: GREAT
    title: Payments of a limit and more
    owner: fraud-ops
    severity: low
    tier: review
    when: amount >= LIMIT and starts_with(payee_id, 'q')
    reason: {code: R999, text: "{amount:.2f}"}
    tests:
      - {name: at it, given: {amount: LIMIT, payee_id: q1}, expect: hit}
      - {name: under, given: {amount: LIMIT - 1, payee_id: q1}, expect: miss}
"""


def stricter(folder: Path, limit: int) -> str:
    """Let the challenger review payments from a limit on; the hash of its book."""
    text = RULE.replace("LIMIT - 1", str(limit - 1)).replace("LIMIT", str(limit))
    (folder / "more.rules.yaml").write_text(text, encoding="utf-8")
    return build_tested_bench(folder).book_version.hash


def alone(settings: Settings, decisions: list[Decision]) -> list[Decision]:
    """What a pipeline without a challenger decides of the same log, in its order."""
    sent = payments(900)
    log = [
        Arrival(one.source.partition, one.source.offset, *sent[int(one.transaction_id[1:])])
        for one in decisions
        if one.transaction_id
    ]
    answers = build_pipeline(settings, partitions=4).take(log)
    return comparable(answer.decision for answer in answers)


@both
def test_a_challenger_is_recorded_beside_and_decides_nothing(
    runtime: str, topics: Settings, start: Start, tmp_path: Path
) -> None:
    """It changes while payments arrive, is broken, and the champion goes on as if alone."""
    folder = changed_book(tmp_path / "challenger", {})
    settings = topics.model_copy(update={"books_dir": tmp_path / "books"})
    given = {"runtime": runtime, "books_dir": settings.books_dir, "challenger_book": folder}
    hashes, sent = [], payments(900)
    for part, limit in enumerate((3000, 1000, 0)):
        if limit:
            hashes.append(stricter(folder, limit))
        else:
            (folder / "book.yaml").write_text("name: broken\n", encoding="utf-8")
        worker = start("worker", **given)
        publish(settings, sent[part * 300 : part * 300 + 300])
        await_committed(settings)
        worker.terminate()
        assert worker.wait(30) == 0

    found = comparable(accepted(settings))

    assert alone(settings, found) == [replace(one, challenger=None) for one in found]
    beside = {int((one.transaction_id or "")[1:]): one.challenger for one in found}
    assert hashes == [(beside[n] and beside[n].book.hash) for n in (0, 300)]
    assert {None} == {beside[n] for n in range(600, 900)}
    assert None not in [beside[n] for n in range(600)]
    assert any(one.challenger and one.challenger.outcome != one.outcome for one in found)

    decisions = f"topic:{settings.topic_decisions}"
    for command in (("challenger", "report"), ("verify", decisions)):
        process = start(*command, books_dir=settings.books_dir)
        assert process.wait(120) == 0
    log = (tmp_path / "2.log").read_text(encoding="utf-8")
    assert "challenger refused; the champion goes on" in log


def test_a_changed_challenger_is_taken_by_a_running_worker(
    topics: Settings, start: Start, tmp_path: Path
) -> None:
    """Saved while the worker runs: payments that come later are judged by it."""
    folder = changed_book(tmp_path / "challenger", {})
    hashes = [stricter(folder, 3000)]
    worker = start(
        "worker",
        runtime="direct",
        books_dir=tmp_path / "books",
        challenger_book=folder,
        reload_seconds=0.2,
    )
    publish(topics, payments(100))
    await_committed(topics)
    hashes.append(stricter(folder, 1000))
    first = 100
    while hashes[1] not in judged_by(topics) and first < 3000:
        publish(topics, payments(20, first=first))
        await_committed(topics)
        first += 20
    worker.terminate()
    assert worker.wait(30) == 0

    assert hashes == list(dict.fromkeys(judged_by(topics)))


def judged_by(settings: Settings) -> list[str]:
    """Books of the challengers that judged, in the order of the payments."""
    found = sorted(accepted(settings), key=lambda one: int((one.transaction_id or "")[1:]))
    return [one.challenger.book.hash for one in found if one.challenger is not None]
