"""The worker on a real Kafka, on both runtimes."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from drivers.stream import (
    Payment,
    accepted,
    await_committed,
    comparable,
    payment,
    payments,
    publish,
    records,
)
from fakes.states import kept, read_all
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient

from risk.assembly import build_bench, build_pipeline, default_book
from risk.decision import Decision
from risk.pipeline import Arrival
from risk.settings import Settings

Process = subprocess.Popen[bytes]
Start = Callable[..., Process]

both = pytest.mark.parametrize("runtime", ["direct", "faust"])
HERE = Path(__file__).parent


def stop(process: Process) -> int:
    """Ask a worker to end; returns its exit status (75 if it was not in time)."""
    process.send_signal(signal.SIGTERM)
    return process.wait(30)


def oracle(settings: Settings) -> list[Decision]:
    """What one pipeline decides that reads the topic from its start."""
    arrivals = [
        Arrival(record.partition, record.offset, record.key, record.value, record.timestamp)
        for record in records(settings, settings.topic_transactions)
    ]
    answers = build_pipeline(settings, partitions=4).take(arrivals)
    return comparable(answer.decision for answer in answers)


@both
def test_every_payment_gets_the_decision_of_the_one_core(
    runtime: str, topics: Settings, start: Start
) -> None:
    """2,000 payments, some sent twice: worker and pipeline decide alike; the audit holds."""
    sent = payments(1_950)
    publish(topics, [*sent, *sent[100:150]])
    worker = start("worker", runtime=runtime)
    await_committed(topics)
    assert stop(worker) == 0
    found = accepted(topics)
    assert comparable(found) == oracle(topics)
    assert sum(decision.duplicate_of is not None for decision in found) == 50
    assert start("audit").wait(60) == 0


@both
def test_a_restart_goes_on_where_it_was_with_the_same_state(
    runtime: str, topics: Settings, start: Start
) -> None:
    """Stopped and started between every few hundred: nothing twice, nothing different."""
    sent = payments(600)
    for begin in (0, 200, 400):
        publish(topics, sent[begin : begin + 200])
        publish(topics, sent[:5])
        worker = start("worker", runtime=runtime)
        await_committed(topics)
        assert stop(worker) == 0
    assert len(records(topics, topics.topic_decisions)) == 615
    assert comparable(accepted(topics)) == oracle(topics)


@both
def test_two_workers_under_kill_9_lose_and_double_nothing(
    runtime: str, topics: Settings, start: Start
) -> None:
    """RISK_TEST_KILLS kills of either while RISK_TEST_PAYMENTS arrive; then the audit."""
    kills = int(os.environ.get("RISK_TEST_KILLS", "3"))
    count = int(os.environ.get("RISK_TEST_PAYMENTS", "4000"))
    dice = random.Random(7)
    workers = [start("worker", runtime=runtime) for _ in range(2)]
    sent = payments(count)
    share = count // (kills + 1)
    for number in range(kills):
        publish(topics, sent[number * share : (number + 1) * share])
        time.sleep(dice.uniform(0.5, 4.0))
        victim = workers.pop(dice.randrange(2))
        victim.kill()
        victim.wait()
        workers.append(start("worker", runtime=runtime))
    publish(topics, sent[kills * share :])
    await_committed(topics, 180)
    assert [stop(worker) for worker in workers] == [0, 0]
    assert comparable(accepted(topics)) == oracle(topics)
    assert start("audit").wait(60) == 0


@both
def test_poison_gets_one_refusal_and_one_dead_letter_each(
    runtime: str, topics: Settings, start: Start
) -> None:
    """And the worker goes on to the good payment behind each of them."""
    from poison.corpus import POISON

    values: list[bytes | None] = [*POISON.values(), None]
    poison = [(f"p{number}".encode(), value) for number, value in enumerate(values)]
    mixed: list[Payment] = []
    for number, record in enumerate(poison):
        mixed += [record, payment(number, f"good{number}")]
    publish(topics, mixed)
    worker = start("worker", runtime=runtime)
    await_committed(topics)
    assert stop(worker) == 0
    found = accepted(topics)
    refused = [decision for decision in found if decision.transaction_id is None]
    assert (len(found), len(refused)) == (2 * len(poison), len(poison))
    letters = records(topics, topics.topic_dead_letters)
    assert sorted((letter.key, letter.value or b"") for letter in letters) == sorted(
        (key, value or b"") for key, value in poison
    )
    assert all(msgspec.json.decode(dict(letter.headers)["mistakes"]) for letter in letters)
    assert start("audit").wait(60) == 0


@both
def test_a_payment_that_kills_the_worker_is_set_aside_after_three_deaths(
    runtime: str, topics: Settings
) -> None:
    """Poison of the worst kind cannot stop the stream: it is refused, the rest is decided."""
    key, value = payment(10, "p1")
    deadly = (key, (value or b"").replace(b"371.10", b"66.66"))
    publish(topics, [*payments(10), deadly, *payments(10, first=20)])
    assert [crashing_worker(topics, runtime).wait(60) for _ in range(3)] == [139, 139, 139]
    last = crashing_worker(topics, runtime)
    await_committed(topics)
    assert stop(last) == 0
    found = accepted(topics)
    assert len(found) == 21
    assert [d.reasons[0].code for d in found if d.transaction_id is None] == ["CRASHED"]


def crashing_worker(settings: Settings, runtime: str) -> Process:
    """Start the worker with the defect."""
    named = {
        f"RISK_{name.upper()}": str(value) for name, value in settings if value is not None
    }
    return subprocess.Popen(
        [sys.executable, str(HERE / "crashing_worker.py"), runtime],
        env={**os.environ, **named, "PYTHONPATH": str(HERE.parent.parent)},
        stderr=subprocess.DEVNULL,
    )


@both
def test_a_running_worker_is_ready_and_tells_its_numbers(
    runtime: str, topics: Settings, start: Start, tmp_path: Path
) -> None:
    """/readyz turns 200 once it takes payments; /metrics counts them by outcome."""
    publish(topics, payments(100))
    start("worker", runtime=runtime)
    await_committed(topics)
    address = watch_address(tmp_path / "0.log")
    with urllib.request.urlopen(f"{address}/readyz", timeout=10) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    outcomes = [float(v) for k, v in values.items() if k.startswith("risk_decisions_total{")]
    assert (float(values["risk_events_total"]), sum(outcomes)) == (100, 100)


@both
def test_a_book_changed_under_load_judges_every_payment_whole(
    runtime: str, topics: Settings, start: Start, tmp_path: Path
) -> None:
    """RISK_TEST_RELOADS changes while payments arrive: each decision follows its own book."""
    folder = Path(shutil.copytree(default_book(), tmp_path / "book"))
    file = folder / "scorecard.yaml"
    plain = file.read_text(encoding="utf-8")
    worker = start("worker", runtime=runtime, book=folder, reload_seconds=0.1)
    publish(topics, payments(200))
    await_committed(topics)
    bases = {}
    for number in range(int(os.environ.get("RISK_TEST_RELOADS", "4"))):
        base = 1 + number % 2
        file.write_text(f"base: {base}\n{plain}", encoding="utf-8")
        bases[build_bench(folder).scorer_version.hash] = base
        publish(topics, payments(300, first=1_000 * (number + 1)))
        await_taken(tmp_path / "0.log", number + 1)
    publish(topics, payments(100, first=900_000))
    await_committed(topics)
    assert stop(worker) == 0
    found = accepted(topics)
    for decision in found:
        points = sum(added.points for added in decision.contributions)
        base = bases.get(decision.scorer.hash, 0)
        assert decision.score == min(100, max(0, base + points))
    assert {decision.scorer.hash for decision in found} >= set(bases)
    assert start("audit").wait(60) == 0


def await_taken(log: Path, times: int) -> None:
    """Wait until the worker has said so many times that it took a book."""
    end = time.monotonic() + 30
    while log.read_text(encoding="utf-8").count("book taken") < times:
        assert time.monotonic() < end, log.read_text(encoding="utf-8")
        time.sleep(0.05)


def watch_address(log: Path) -> str:
    """From the worker's log line about its watch port."""
    for line in log.read_text(encoding="utf-8").splitlines():
        if "watch port open" in line:
            found = msgspec.json.decode(line)
            return f"http://{found['host']}:{found['port']}"
    raise AssertionError(log.read_text(encoding="utf-8"))


def test_unequal_partitions_are_refused_at_the_start(
    topics: Settings, admin: KafkaAdminClient, start: Start, tmp_path: Path
) -> None:
    """Decisions stand on their payment's partition number: the message says what to do."""
    other = f"{topics.topic_decisions}-two"
    wanted = {other: {"num_partitions": 2, "replication_factor": 1}}
    admin.create_topics(wanted, wait_for_metadata=True)
    assert start("worker", topic_decisions=other).wait(30) == 1
    text = (tmp_path / "0.log").read_text(encoding="utf-8")
    assert f"topic {other} has 2 partitions" in text
    assert "Traceback" not in text


def test_payments_that_retention_took_undecided_stop_the_start(
    topics: Settings, admin: KafkaAdminClient, start: Start, tmp_path: Path
) -> None:
    """They are named and never skipped silently; the operator may say to go on."""
    publish(topics, payments(40), partitions=1)
    worker = start("worker", runtime="direct")
    await_committed(topics)
    assert stop(worker) == 0
    publish(topics, payments(40, first=100), partitions=1)
    admin.delete_records({TopicPartition(topics.topic_transactions, 0): 70})
    assert start("worker", runtime="direct").wait(60) == 1
    text = (tmp_path / "1.log").read_text(encoding="utf-8")
    assert "partition 0: 30 payments from offset 40 on were removed" in text
    worker = start("worker", "--accept-loss", runtime="direct")
    await_committed(topics)
    assert stop(worker) == 0
    assert len(accepted(topics)) == 50


def test_a_broker_that_is_down_is_named(start: Start, tmp_path: Path) -> None:
    """One clear message with the address, and no traceback."""
    assert start("worker", bootstrap="127.0.0.1:1").wait(60) == 1
    text = (tmp_path / "0.log").read_text(encoding="utf-8")
    assert "no Kafka broker answers at 127.0.0.1:1" in text
    assert "Traceback" not in text


@both
def test_state_after_kill_9_equals_a_serial_fold(
    runtime: str, topics: Settings, start: Start, tmp_path: Path
) -> None:
    """RISK_TEST_KILLS kills between checkpoints: store and fold agree, value by value."""
    kills = int(os.environ.get("RISK_TEST_KILLS", "2"))
    dice = random.Random(11)
    worker = start("worker", runtime=runtime, checkpoint_seconds=0.2)
    for number in range(kills):
        publish(topics, payments(200, first=400 * number))
        await_committed(topics, 180)
        publish(topics, payments(200, first=400 * number + 200))
        time.sleep(dice.uniform(0, 0.8))
        worker.kill()
        worker.wait()
        worker = start("worker", runtime=runtime, checkpoint_seconds=0.2)
    publish(topics, payments(400, first=400 * kills))
    await_committed(topics, 180)
    assert stop(worker) == 0
    assert comparable(accepted(topics)) == oracle(topics)
    serial = build_pipeline(topics, partitions=4)
    serial.take(
        [
            Arrival(record.partition, record.offset, record.key, record.value, record.timestamp)
            for record in records(topics, topics.topic_transactions)
        ]
    )
    for partition in range(4):
        path = topics.state_dir / "state" / f"{topics.topic_transactions}-{partition}.db"
        assert kept(serial.shard(partition)) == read_all(path)
    logs = "".join(file.read_text(encoding="utf-8") for file in tmp_path.glob("*.log"))
    found = [msgspec.json.decode(line) for line in logs.splitlines() if "restored" in line]
    assert any(line["checkpoint"] is not None for line in found)
