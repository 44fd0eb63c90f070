"""Payments into Kafka, at a rate that is kept or as fast as the broker takes them.

Each payment goes to the partition that any Kafka client would choose for its payer. A record's
time is the wall clock's: brokers drop by age, and the payments of a world are of the past.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush
from time import perf_counter
from typing import Any

from risk.kafka_errors import BrokerDown, TopicMissing
from risk.partitioner import partition_of
from risk.settings import Settings
from risk.simulate.identities import payer_id
from risk.simulate.labels import Label
from risk.simulate.records import label_line
from risk.simulate.spec import Spec
from risk.simulate.world import Written
from risk.worker import clients

_TICK_SECONDS = 0.002
"""Between two looks at the clock: at 1,000 payments a second two are due each time."""

_CHUNK = 4_000
_BATCHES_UNDERWAY = 64
"""Enough to keep a broker busy; more would only wait in memory."""

Record = tuple[bytes, bytes]


@dataclass(frozen=True)
class Pace:
    """`rate`: payments a second by the wall clock, None for as fast as possible.

    `hurry` divides the delay of labels, so that a demo of a minute sees some.
    """

    rate: float | None = None
    hurry: float = 1.0


async def publish(
    settings: Settings, spec: Spec, days: Iterator[Written], pace: Pace
) -> AsyncIterator[int]:
    """Send the days of that world and yield how many payments are sent so far.

    Each record has a header `simulated`, which names the preset, the memo signal and the seed.

    When it ends, also by cancellation, the broker has all that was sent. Raises `BrokerDown`,
    `TopicMissing`, and what aiokafka raises when the broker refuses.
    """
    producer = clients.producer(settings)
    try:
        await producer.start()
        places = [
            await _partitions(producer, topic, settings.bootstrap)
            for topic in (settings.topic_transactions, settings.topic_labels)
        ]
        publisher = Publisher(producer, settings, spec, *places)
        async for sent in publisher.send(days, pace):
            yield sent
    except clients.KafkaConnectionError:
        raise BrokerDown(settings.bootstrap) from None
    finally:
        await producer.stop()


async def _partitions(producer: Any, topic: str, bootstrap: str) -> int:
    try:
        return len(await producer.partitions_for(topic))
    except clients.KafkaConnectionError:
        raise
    except clients.KafkaError:
        raise TopicMissing(topic, bootstrap) from None


class Publisher:
    """Sends days through one producer (aiokafka's, started)."""

    def __init__(
        self,
        producer: Any,
        settings: Settings,
        spec: Spec,
        partitions: int,
        label_partitions: int,
    ) -> None:
        self._producer = producer
        self._headers = [("simulated", f"{spec.preset}/{spec.signal}/{spec.seed}".encode())]
        self._settings = settings
        self._key = cache(lambda payer: payer_id(payer).encode())
        self._place = cache(lambda payer: partition_of(self._key(payer), partitions))
        self._label_place = cache(
            lambda payer: partition_of(self._key(payer), label_partitions)
        )
        self._labels: list[tuple[int, str, int, Label]] = []
        self._underway: set[asyncio.Future[Any]] = set()

    async def send(self, days: Iterator[Written], pace: Pace) -> AsyncIterator[int]:
        """Send everything; yields how many payments are sent so far."""
        begun, total = None, 0
        while (day := await asyncio.to_thread(next, days, None)) is not None:
            begun = begun or perf_counter()
            self._learn(day, pace.hurry)
            done = 0
            while done < len(day.lines):
                due = _CHUNK if pace.rate is None else _due(begun, pace.rate, total)
                if due <= 0:
                    await asyncio.sleep(_TICK_SECONDS)
                    continue
                end = min(done + due, len(day.lines))
                await self._send_payments(day, done, end)
                await self._send_labels(day.times[end - 1])
                total += end - done
                done = end
                yield total
        await self._producer.flush()
        await asyncio.gather(*self._underway)

    async def _send_payments(self, day: Written, start: int, end: int) -> None:
        records: dict[int, list[Record]] = defaultdict(list)
        key, place = self._key, self._place
        for payer, line in zip(day.payers[start:end], day.lines[start:end], strict=True):
            records[place(payer)].append((key(payer), line.encode()))
        await self._send(self._settings.topic_transactions, records)

    def _learn(self, day: Written, hurry: float) -> None:
        """Keep the day's labels until they become known."""
        for label in day.labels:
            known = label.paid_at + max(1, int((label.known_at - label.paid_at) / hurry))
            heappush(self._labels, (known, label.transaction_id, label.payer, label))

    async def _send_labels(self, now: int) -> None:
        records: dict[int, list[Record]] = defaultdict(list)
        while self._labels and self._labels[0][0] <= now:
            known, _, payer, label = heappop(self._labels)
            records[self._label_place(payer)].append(
                (self._key(payer), label_line(label, known))
            )
        await self._send(self._settings.topic_labels, records)

    async def _send(self, topic: str, records: dict[int, list[Record]]) -> None:
        headers = self._headers
        for partition, waiting in records.items():
            batch = self._producer.create_batch()
            for key, value in waiting:
                record = {"key": key, "value": value, "headers": headers, "timestamp": None}
                if batch.append(**record) is None:  # it is full
                    await self._post(batch, topic, partition)
                    batch = self._producer.create_batch()
                    batch.append(**record)
            await self._post(batch, topic, partition)

    async def _post(self, batch: Any, topic: str, partition: int) -> None:
        batch.close()
        self._underway.add(await self._producer.send_batch(batch, topic, partition=partition))
        if len(self._underway) < _BATCHES_UNDERWAY:
            return
        first = asyncio.FIRST_COMPLETED
        done, self._underway = await asyncio.wait(self._underway, return_when=first)
        for future in done:
            future.result()  # raises where the broker refused


def _due(begun: float, rate: float, total: int) -> int:
    return int((perf_counter() - begun) * rate) - total
