"""Workers that ask a model, on a real Kafka and both runtimes."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from drivers.model import served
from drivers.stream import Payment, accepted, await_committed, publish, records
from fakes.asking_book import claim, payment, write_book
from llm.server import Answer, readings

from features.llm.record import decode as decode_record
from risk.assembly import build_bench
from risk.decide import Bench
from risk.decision import Decision, encode
from risk.revision import decode as decode_revision
from risk.settings import Settings
from risk.verify.records import check

Start = Callable[..., "subprocess.Popen[bytes]"]

both = pytest.mark.parametrize("runtime", ["direct", "faust"])
KINDS = ("flowers for you", "chairs and tables", "tokens for the wallet", None)


def stream(count: int, first: int = 0) -> list[Payment]:
    """Payments of 40 payers; half of those with a memo are big enough to matter."""
    found: list[Payment] = []
    for number in range(first, first + count):
        payer, memo = f"p{number % 40}", KINDS[number % 4]
        named = None if memo is None else f"{memo} {number // 24}"
        amount = (20, 500, 2000)[number % 3]
        found.append((payer.encode(), payment(number, payer, amount, named)))
    return found


def asking(folder: Path, endpoint: str, llm: str) -> dict[str, object]:
    """The settings of a worker that asks."""
    return {
        "book": write_book(folder / "book", llm),
        "books_dir": folder / "books",
        "llm_backend": "openai",
        "llm_endpoint": endpoint,
        "llm_model": "m",
    }


def expected(decision: Decision) -> str:
    """What a payment of `stream` gets if its memo is read."""
    number = int((decision.transaction_id or "")[1:])
    kind, amount = KINDS[number % 4], (20, 500, 2000)[number % 3]
    if kind == KINDS[0] and amount > 100:
        return "review"
    return "reject" if kind == KINDS[2] and amount > 1000 else "approve"


def stop(process: "subprocess.Popen[bytes]") -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(30)


def verified(folder: Path, decisions: list[Decision]) -> bool:
    """Whether all are made again from their records, by the book alone."""
    bench = build_bench(folder / "book")

    def find(book: str, scorer: str) -> Bench:
        assert (book, scorer) == (bench.book_version.hash, bench.scorer_version.hash)
        return bench

    return check([encode(one) for one in decisions], find).holds


@both
def test_payments_wait_for_the_answer_and_each_gets_its_decision(
    runtime: str, topics: Settings, start: Start, tmp_path: Path
) -> None:
    """In time: outcomes are those of the answers; the records make themselves again."""
    with served(readings(claim, after=0.05)) as server:
        more = asking(tmp_path, server.endpoint, "{deadline_ms: 2000}")
        publish(topics, stream(400))
        worker = start("worker", runtime=runtime, **more)
        await_committed(topics)
        assert stop(worker) == 0
    found = accepted(topics)
    assert 400 == len(found)
    statuses = Counter(one.llm.status for one in found if one.llm)
    assert {"answered", "not_needed", "none"} <= {*statuses}
    assert not {*statuses} - {"answered", "cached", "not_needed", "none"}
    assert [expected(one) for one in found] == [one.outcome for one in found]
    assert verified(tmp_path, found)
    log = [decode_record(one.value or b"") for one in records(topics, topics.topic_reading_log)]
    texts = {one.fingerprint for one in log}
    assert (
        len(texts)
        == len(log)
        == statuses["answered"]
        - sum(
            one.llm is not None and one.llm.status == "answered" and not one.llm.tokens
            for one in found
        )
    )
    assert start("audit").wait(60) == 0


@both
def test_late_answers_revise_what_they_make_stricter_and_nothing_else(
    runtime: str, topics: Settings, start: Start, tmp_path: Path
) -> None:
    """The local reading decides at the deadline; one revision for each that gets stricter."""
    with served(readings(claim, after=0.8)) as server:
        more = asking(tmp_path, server.endpoint, "{deadline_ms: 100}")
        publish(topics, stream(48))
        worker = start("worker", runtime=runtime, **more)
        await_committed(topics)
        time.sleep(2.0)
        assert stop(worker) == 0
    found = accepted(topics)
    assert {"approve"} == {one.outcome for one in found}
    revisions = [
        decode_revision(one.value or b"") for one in records(topics, topics.topic_revisions)
    ]
    wanted = {one.id: expected(one) for one in found if expected(one) != "approve"}
    assert wanted == {one.revises: one.decision.outcome for one in revisions}
    assert len(wanted) == len(revisions)
    keys = {one.key for one in records(topics, topics.topic_revisions)}
    assert keys <= {f"p{number}".encode() for number in range(40)}
    assert verified(tmp_path, [one.decision for one in revisions])


@both
def test_kill_9_while_payments_wait_loses_and_doubles_nothing(
    runtime: str, topics: Settings, start: Start, tmp_path: Path
) -> None:
    """Killed again and again with payments in hand; at the end all have their answer, once."""
    with served(readings(claim, after=0.3)) as server:
        more = asking(tmp_path, server.endpoint, "{deadline_ms: 2000}")
        for round_ in range(4):
            publish(topics, stream(120, first=120 * round_))
            seen = len(server.requests)
            worker = start("worker", runtime=runtime, **more)
            end = time.monotonic() + 30
            while len(server.requests) == seen and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(0.1 * round_)
            worker.kill()
            worker.wait()
            server.script = readings(lambda text: claim(text), after=0.3)
        worker = start("worker", runtime=runtime, **more)
        await_committed(topics)
        assert stop(worker) == 0
    found = accepted(topics)
    assert 480 == len(found) == len({one.id for one in found})
    assert [expected(one) for one in found] == [one.outcome for one in found]
    assert verified(tmp_path, found)
    assert start("audit").wait(60) == 0


@both
def test_a_server_that_is_gone_costs_nothing_but_its_reading(
    runtime: str, topics: Settings, start: Start, tmp_path: Path
) -> None:
    """It answers, breaks, is not there: every payment is decided, by the local reading."""
    with served(Answer([], close=True)) as server:
        more = asking(tmp_path, server.endpoint, "{deadline_ms: 200}")
        worker = start("worker", runtime=runtime, **more)
        publish(topics, stream(100))
        await_committed(topics)
    publish(topics, stream(100, first=100))
    await_committed(topics)
    assert stop(worker) == 0
    found = accepted(topics)
    assert 200 == len(found)
    assert {"approve"} == {one.outcome for one in found}
    statuses = {one.llm.status for one in found if one.llm}
    assert statuses <= {"none", "not_needed", "invalid", "open", "timeout"}
    assert start("audit").wait(60) == 0
