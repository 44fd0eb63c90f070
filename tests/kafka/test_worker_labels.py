"""Labels on a real Kafka, on both runtimes: what was known when, through kills and replays."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from drivers.stream import (
    Payment,
    accepted,
    await_committed,
    comparable,
    first_records,
    payments,
    publish,
    records,
)
from fakes.states import kept, read_all
from kafka.admin import KafkaAdminClient

from risk.assembly import build_pipeline, default_book
from risk.labels import Heard
from risk.pipeline import Arrival
from risk.settings import Settings
from risk.worker.clients import producer

Process = subprocess.Popen[bytes]
Start = Callable[..., Process]

both = pytest.mark.parametrize("runtime", ["direct", "faust"])


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The default book, with values by labels that are a minute old."""
    folder = Path(shutil.copytree(default_book(), tmp_path / "book"))
    file = folder / "book.yaml"
    declared = (
        "velocities:\n"
        "  payee_frauds: {fn: label_count, by: payee, window: 10m, delay: 1m}\n"
        "  payer_fraud_rate: {fn: label_rate, by: payer, window: 10m, delay: 1m}\n"
    )
    text = file.read_text(encoding="utf-8").replace("velocities:\n", declared)
    file.write_text(text, encoding="utf-8")
    return folder


def labels(sent: list[Payment], dice: random.Random) -> list[Payment]:
    """What is reported of some of these payments: late, twice, reversed, odd."""
    found: list[Payment] = []
    for key, value in dice.sample(sent, len(sent) // 4):
        payment = msgspec.json.decode(value or b"")
        minute, second = payment["time"][14:16], payment["time"][17:19]
        known = f"{payment['time'][:14]}{min(59, int(minute) + dice.randrange(3)):02}:{second}Z"
        name = payment["id"] if dice.random() < 0.9 else "nobody"
        for label in dice.choice((["fraud"], ["fraud", "fraud"], ["fraud", "genuine"])):
            told = {"transaction_id": name, "label": label, "known_at": known, "source": "us"}
            found.append((key, msgspec.json.encode(told)))
    return [*found, (b"p1", b"no label"), (b"p2", None)]


def tell(settings: Settings, told: list[Payment]) -> None:
    """Append to the labels topic, on the partitions of the payers."""

    async def send() -> None:
        output = producer(settings)
        await output.start()
        try:
            for key, value in told:
                place = sum(key or b"") % 4
                await output.send(settings.topic_labels, value, key=key, partition=place)
        finally:
            await output.stop()

    asyncio.run(send())


def stop(process: Process) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(30)


@both
def test_state_after_kill_9_equals_a_serial_fold_with_labels(
    runtime: str, topics: Settings, start: Start, tmp_path: Path, book: Path
) -> None:
    """RISK_TEST_KILLS kills: the recorded positions give the same decisions and states."""
    topics = topics.model_copy(update={"book": book})
    kills = int(os.environ.get("RISK_TEST_KILLS", "2"))
    dice = random.Random(13)
    chosen = {"runtime": runtime, "book": book, "checkpoint_seconds": 0.2}
    worker = start("worker", **chosen)
    for number in range(kills):
        first = payments(200, first=400 * number)
        second = payments(200, first=400 * number + 200)
        publish(topics, first)
        await_committed(topics, 180)
        tell(topics, labels(first, dice))
        publish(topics, second)
        tell(topics, labels(second, dice))
        time.sleep(dice.uniform(0, 0.8))
        worker.kill()
        worker.wait()
        worker = start("worker", **chosen)
    publish(topics, payments(400, first=400 * kills))
    await_committed(topics, 180)
    assert stop(worker) == 0
    check_serial_fold(topics)
    log, found = f"topic:{topics.topic_transactions}", f"topic:{topics.topic_decisions}"
    assert start("verify", found, "--recompute", log, "--book", str(book)).wait(60) == 0
    assert start("audit").wait(60) == 0


def check_serial_fold(settings: Settings) -> None:
    """One pipeline, fed by the positions that the decisions recorded."""
    found = comparable(accepted(settings))
    told: defaultdict[int, list[Heard]] = defaultdict(list)
    for one in records(settings, settings.topic_labels):
        told[one.partition].append(Heard(one.offset, one.value, one.timestamp))
    serial, expected = build_pipeline(settings, partitions=4), []
    log = records(settings, settings.topic_transactions)
    for record, decision in zip(log, found, strict=True):
        partition = record.partition
        begin = serial.shard(partition).labels
        serial.learn(partition, told[partition][begin : decision.labels])
        arrival = Arrival(partition, record.offset, record.key, record.value, record.timestamp)
        expected += [answer.decision for answer in serial.take([arrival])]
    assert found == comparable(expected)
    rates = [one.values["history"].get("payer_fraud_rate", 0) for one in found if one.values]
    assert sum(float(rate) > 0 for rate in rates) > 10
    for partition in range(4):
        path = settings.state_dir / "state" / f"{settings.topic_transactions}-{partition}.db"
        assert kept(serial.shard(partition)) == read_all(path)


@both
def test_labels_are_counted_and_recorded(
    runtime: str, topics: Settings, start: Start, tmp_path: Path, book: Path
) -> None:
    """/metrics tells what became of each; header `lab` says what the record says."""
    sent = payments(400)
    publish(topics, sent[:300])
    worker = start("worker", runtime=runtime, book=book)
    await_committed(topics)
    told = labels(sent[:100], random.Random(3))
    tell(topics, told)
    time.sleep(1)
    publish(topics, sent[300:])
    await_committed(topics)
    lines = metrics(tmp_path / "0.log")
    counts = {
        key.split('"')[1]: float(value)
        for key, value in lines.items()
        if key.startswith("risk_labels_total{")
    }
    assert sum(counts.values()) == len(told)
    assert counts["malformed"] == 2
    assert set(counts) > {"late", "repeated", "unknown"}
    assert float(lines["risk_partial_values"]) > 0
    assert stop(worker) == 0
    for record in first_records(topics):
        position = msgspec.json.decode(record.value or b"")["labels"]
        assert dict(record.headers)["lab"] == str(position).encode()
    log = (tmp_path / "0.log").read_text(encoding="utf-8")
    assert "labels that are none" in log
    assert "no label" not in log


def metrics(log: Path) -> dict[str, str]:
    """What the worker tells Prometheus, by name and labels."""
    [line] = [one for one in log.read_text("utf-8").splitlines() if "watch port open" in one]
    found = msgspec.json.decode(line)
    address = f"http://{found['host']}:{found['port']}/metrics"
    with urllib.request.urlopen(address, timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_a_book_that_reads_labels_needs_their_topic(
    topics: Settings, admin: KafkaAdminClient, start: Start, tmp_path: Path, book: Path
) -> None:
    """With as many partitions as the transactions; other books do not ask for it."""
    assert start("worker", book=book, topic_labels="nowhere").wait(60) == 1
    assert "topic nowhere" in (tmp_path / "0.log").read_text(encoding="utf-8")
    other = f"{topics.topic_labels}-two"
    wanted = {other: {"num_partitions": 2, "replication_factor": 1}}
    admin.create_topics(wanted, wait_for_metadata=True)
    assert start("worker", book=book, topic_labels=other).wait(60) == 1
    text = (tmp_path / "1.log").read_text(encoding="utf-8")
    assert f"topic {other} has 2 partitions" in text
    publish(topics, payments(5))
    worker = start("worker", runtime="direct", topic_labels="nowhere")
    await_committed(topics)
    assert stop(worker) == 0
    assert {one.labels for one in accepted(topics)} == {None}
