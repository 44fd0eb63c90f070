"""What the stream decided, decided again: worker, replay, verify and backtest agree."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from drivers.stream import accepted, await_committed, payments, publish, records
from kafka.admin import KafkaAdminClient
from msgspec.structs import replace

from risk.assembly import default_book
from risk.decision import Decision, decode
from risk.settings import Settings

Start = Callable[..., "Popen[bytes]"]

COUNT = int(os.environ.get("RISK_TEST_PAYMENTS", "1500"))
PATIENCE = 120 + COUNT / 50
"""Seconds for whatever has to do with all of them."""


@pytest.fixture
def decided(topics: Settings, start: Start, tmp_path: Path) -> Settings:
    """RISK_TEST_PAYMENTS, some of them sent twice, and two poisons, decided by a worker."""
    kept = topics.model_copy(update={"books_dir": tmp_path / "books"})
    sent = payments(COUNT)
    publish(kept, [*sent, (b"p1", b"{"), *sent[100:150], (b"p2", None)])
    worker = start("worker", runtime="direct", books_dir=kept.books_dir)
    await_committed(kept, PATIENCE)
    worker.terminate()
    assert worker.wait(30) == 0
    return kept


def in_log_order(decisions: list[Decision]) -> list[Decision]:
    found = [replace(decision, timings_us={}) for decision in decisions]
    return sorted(found, key=lambda one: (one.source.partition, one.source.offset))


def run(start: Start, settings: Settings, *arguments: str) -> int:
    process = start(*arguments, books_dir=settings.books_dir, state_dir=settings.state_dir)
    return process.wait(PATIENCE)


def test_a_replayed_topic_is_what_the_worker_decided(
    decided: Settings, start: Start, tmp_path: Path
) -> None:
    """One process, three, and the recorded depth: the decisions of the stream, 0 flips."""
    payments_topic = f"topic:{decided.topic_transactions}"
    decisions_topic = f"topic:{decided.topic_decisions}"
    one, three, again = (tmp_path / f"{n}.jsonl" for n in ("one", "three", "again"))

    assert (
        run(start, decided, "replay", payments_topic, "--out", str(one), "--processes", "1")
        == 0
    )
    assert (
        run(start, decided, "replay", payments_topic, "--out", str(three), "--processes", "3")
        == 0
    )
    assert run(start, decided, "replay", decisions_topic, "--out", str(again)) == 0

    expected = in_log_order(accepted(decided))
    assert expected == [decode(line) for line in one.read_bytes().splitlines()]
    assert one.read_bytes() == three.read_bytes()
    assert expected == in_log_order([decode(line) for line in again.read_bytes().splitlines()])


def report(start: Start, settings: Settings, *arguments: str) -> dict[str, Any]:
    """Run a backtest of the default book against itself; its report."""
    file = settings.state_dir.parent / "report.json"
    same = ("--book", str(default_book()), "--book", str(default_book()))
    assert 0 == run(start, settings, "backtest", *arguments, *same, "--json", str(file))
    found: dict[str, Any] = json.loads(file.read_bytes())
    return found


@pytest.mark.parametrize("on", ["topic_transactions", "topic_decisions"])
def test_a_backtest_of_the_streams_own_book_flips_nothing(
    decided: Settings, start: Start, on: str
) -> None:
    """From the payments and from the decisions: the stream's outcomes, twice the same."""
    found = report(start, decided, "--on", f"topic:{getattr(decided, on)}")

    judged = [one for one in accepted(decided) if one.score is not None]
    first = [one for one in judged if one.duplicate_of is None]
    assert (len(first), []) == (found["rows"], found["flips"])
    assert {name: sum(one.outcome == name for one in first) for name in OUTCOMES} == {
        name: found["before"]["outcomes"][name]["payments"] for name in OUTCOMES
    }


OUTCOMES = ("approve", "review", "reject")


def test_the_stream_is_verified_down_to_the_log(decided: Settings, start: Start) -> None:
    """Every recorded decision is reproduced, from its values and from the payments."""
    decisions = f"topic:{decided.topic_decisions}"
    payments_topic = f"topic:{decided.topic_transactions}"

    assert run(start, decided, "verify", decisions) == 0
    assert run(start, decided, "verify", decisions, "--recompute", payments_topic) == 0


def test_a_replay_onto_a_topic_sends_nothing_twice(
    decided: Settings, start: Start, admin: KafkaAdminClient
) -> None:
    """Run again, it finds its own decisions there; the stream's own topics are refused."""
    target = f"{decided.topic_decisions}-again"
    given = ("replay", f"topic:{decided.topic_decisions}", "--out", f"topic:{target}")
    try:
        assert run(start, decided, *given) == 0
        assert run(start, decided, *given) == 0

        found = [decode(record.value or b"") for record in records(decided, target)]
        assert in_log_order(accepted(decided)) == in_log_order(found)
    finally:
        admin.delete_topics([target])
    assert run(start, decided, *given[:3], f"topic:{decided.topic_decisions}") == 1
