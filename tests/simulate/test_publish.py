"""Payments into Kafka, on a producer that only remembers."""

import asyncio
from collections import defaultdict
from dataclasses import replace
from datetime import datetime

import msgspec

from risk.partitioner import partition_of
from risk.settings import Settings
from risk.simulate.days import produce
from risk.simulate.publish import Pace, Publisher
from risk.simulate.spec import Spec

SPEC = Spec(payers=300, days=6, seed=3)
PARTITIONS = 4


class Batch:
    """Takes records until it is full."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes]] = []

    def append(
        self, *, key: bytes, value: bytes, headers: list, timestamp: int | None
    ) -> object | None:
        """None when full, as aiokafka says it."""
        if len(self.records) == 50:
            return None
        assert timestamp is None  # the wall clock's, whatever the event time is
        assert [("simulated", b"demo/realistic/3")] == headers  # nobody takes it for real
        self.records.append((key, value))
        return object()

    def close(self) -> None:
        """Nothing to do."""


class Producer:
    """Remembers what was sent, in order."""

    def __init__(self) -> None:
        self.sent: dict[tuple[str, int], list[tuple[bytes, bytes]]] = defaultdict(list)

    def create_batch(self) -> Batch:
        """An empty one."""
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future:
        """Delivered at once."""
        self.sent[topic, partition] += batch.records
        future = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future

    async def flush(self) -> None:
        """Everything is delivered already."""


def published(pace: Pace) -> tuple[dict, list[int]]:
    async def run() -> list[int]:
        publisher = Publisher(producer, Settings(), SPEC, PARTITIONS, 2)
        return [total async for total in publisher.send(produce(SPEC), pace)]

    producer = Producer()
    totals = asyncio.run(run())
    return producer.sent, totals


def test_each_payment_goes_to_its_payers_partition_in_order() -> None:
    """The key is the payer, the place any client's, the order that of the world."""
    sent, totals = published(Pace())
    made = [pair for day in produce(SPEC) for pair in zip(day.payers, day.lines, strict=True)]
    wanted = defaultdict(list)
    for payer, line in made:
        key = f"P{payer + 1:07d}".encode()
        wanted["transactions", partition_of(key, PARTITIONS)].append((key, line.encode()))
    assert wanted == {place: records for place, records in sent.items() if place[0] != "labels"}
    assert len(made) == totals[-1]


def test_labels_come_when_the_payments_have_reached_their_time() -> None:
    """A label says a time no later than that of the last payment before it."""
    sent, _ = published(Pace(hurry=50))
    labels = [
        msgspec.json.decode(value)
        for (topic, _), records in sent.items()
        if topic == "labels"
        for _, value in records
    ]
    last = max(day.times[-1] for day in produce(SPEC))
    assert labels
    assert {"transaction_id", "label", "kind", "source", "known_at"} == set(labels[0])
    assert all(_seconds(label["known_at"]) <= last / 1_000 for label in labels)


def test_hurry_brings_more_labels_into_the_same_days() -> None:
    """So that a demo of a minute sees some."""
    counts = []
    for hurry in (1.0, 1_000.0):
        sent, _ = published(Pace(hurry=hurry))
        counts.append(sum(len(r) for place, r in sent.items() if place[0] == "labels"))
    assert counts[0] < counts[1]


def test_a_rate_sends_the_same_payments() -> None:
    """It changes when, not what."""
    fast, _ = published(Pace())
    paced, _ = published(replace(Pace(), rate=20_000.0))
    assert fast == paced


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
