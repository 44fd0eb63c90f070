"""`risk backfill` on a real Kafka: what is new is known at once, nothing is forgotten."""

import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from drivers.stream import accepted, await_committed, payments, publish, records
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient

from risk.assembly import build_pipeline, default_book
from risk.pipeline import Arrival
from risk.settings import Settings

Process = subprocess.Popen[bytes]
Start = Callable[..., Process]


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The default book with velocities that it did not have, one of them by labels."""
    folder = Path(shutil.copytree(default_book(), tmp_path / "changed"))
    file = folder / "book.yaml"
    declared = (
        "velocities:\n"
        "  spent_5m: {fn: sum, of: amount, by: payer, window: 5m}\n"
        "  payee_amounts_4m: {fn: median, of: amount, by: payee, window: 4m}\n"
        "  frauds: {fn: label_count, by: payee, window: 3m, delay: 1m}\n"
    )
    text = file.read_text(encoding="utf-8").replace("velocities:\n", declared)
    file.write_text(text, encoding="utf-8")
    return folder


def stop(process: Process) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(30)


def expected(
    settings: Settings, log: list[Arrival]
) -> dict[tuple[int, int], dict[str, object]]:
    """What one pipeline knows of each payment that took all from the beginning."""
    answers = build_pipeline(settings, partitions=4).take(log)
    return {
        (one.arrival.partition, one.arrival.offset): dict(
            one.decision.values.get("history", {})
        )
        for one in answers
    }


def arrivals(settings: Settings) -> list[Arrival]:
    return [
        Arrival(one.partition, one.offset, one.key, one.value, one.timestamp)
        for one in records(settings, settings.topic_transactions)
    ]


def test_a_changed_book_is_warm_at_once_and_forgets_nothing(
    topics: Settings, admin: KafkaAdminClient, start: Start, tmp_path: Path, changed: Path
) -> None:
    """Although the log reaches back less far than the checkpoint does."""
    publish(topics, payments(1_000))
    worker = start("worker", runtime="direct")
    await_committed(topics)
    log = arrivals(topics)
    assert stop(worker) == 0
    places = {TopicPartition(topics.topic_transactions, p): 100 for p in range(4)}
    admin.delete_records(places)
    source = f"topic:{topics.topic_transactions}"
    assert start("backfill", str(changed), "--from", source).wait(60) == 0
    text = (tmp_path / "1.log").read_text(encoding="utf-8")
    assert "every velocity is known from the next payment on" not in text  # 180 d are not there
    assert "spent_5m" not in text
    assert "payee_amounts_4m" not in text
    publish(topics, payments(200, first=1_000))
    worker = start("worker", runtime="direct", book=changed)
    await_committed(topics)
    assert start("backfill", str(changed), "--from", source).wait(60) == 1
    assert "a worker holds partition" in (tmp_path / "3.log").read_text(encoding="utf-8")
    assert stop(worker) == 0
    whole = topics.model_copy(update={"book": changed})
    ends = {one.partition: one.offset for one in log}
    fresh = [one for one in arrivals(topics) if one.offset > ends[one.partition]]
    wanted = expected(whole, [*log, *fresh])
    found = {
        (one.source.partition, one.source.offset): dict(one.values["history"])
        for one in accepted(topics)
        if one.source.offset > ends[one.source.partition]
    }
    assert len(found) == 200
    for place, values in found.items():
        assert values == wanted[place]
    assert all("spent_5m" in values and "frauds" in values for values in found.values())


def test_older_files_go_before_the_log(
    topics: Settings, start: Start, tmp_path: Path, changed: Path
) -> None:
    """Payments that Kafka never had, or has forgotten; what both hold counts once."""
    old, new = payments(500), payments(200, first=400)
    file = tmp_path / "old.jsonl"
    file.write_bytes(b"\n".join(value or b"" for _, value in old))
    publish(topics, new)
    worker = start("worker", runtime="direct")
    await_committed(topics)
    assert stop(worker) == 0
    assert start("backfill", str(changed), "--from", str(file), "--json").wait(60) == 0
    assert b'"untouched": false' in (tmp_path / "1.log").read_bytes()
    assert start("backfill", str(changed), "--from", "topic:other").wait(60) == 1
    publish(topics, payments(40, first=600))
    worker = start("worker", runtime="direct", book=changed)
    await_committed(topics)
    assert stop(worker) == 0
    fresh = [one for one in accepted(topics) if one.transaction_id in FRESH]
    assert len(fresh) == 40
    assert all("spent_5m" in one.values["history"] for one in fresh)


FRESH = {f"t{number}" for number in range(600, 640)}
