"""Payments into Kafka, at a rate that is kept or as fast as the broker takes them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import lru_cache
from heapq import heappop, heappush
from time import perf_counter
from typing import Any

from risk.settings import Settings
from risk.simulate.identities import payer_id
from risk.simulate.labels import Label
from risk.simulate.murmur import partition_of
from risk.simulate.records import label_line
from risk.simulate.world import Written
from risk.worker import clients

_TICK = 0.002
"""Seconds between two looks at the clock when a rate is to be kept."""
_CHUNK = 4_000
_WAITING = 64
"""Batches on their way before the generator waits for the broker."""


@dataclass(frozen=True)
class Pace:
    """`rate`: payments a second by the wall clock, None for as fast as possible.

    `hurry` divides the delay of labels, so that a minute's demo sees some.
    """

    rate: float | None = None
    hurry: float = 1.0


class NoBroker(Exception):
    """No broker, or no topic; `str()` says what to do."""


async def publish(
    settings: Settings, days: Iterator[Written], pace: Pace
) -> AsyncIterator[int]:
    """Send the days; yields how many payments are sent so far. Raises `NoBroker`."""
    producer = clients.producer(settings)
    try:
        await producer.start()
    except clients.KafkaError as error:
        raise NoBroker(
            f"no Kafka at {settings.bootstrap} ({type(error).__name__}); make kafka-start"
        ) from None
    try:
        counts = []
        for topic in (settings.topic_transactions, settings.topic_labels):
            try:
                counts.append(len(await producer.partitions_for(topic)))
            except clients.KafkaError:
                raise NoBroker(
                    f"no topic {topic} at {settings.bootstrap}; risk topics create"
                ) from None
        async for sent in Publisher(producer, settings, counts[0], counts[1]).send(days, pace):
            yield sent
    finally:
        await producer.stop()


class Publisher:
    """Sends days to the topics of one producer (aiokafka's, started)."""

    def __init__(
        self, producer: Any, settings: Settings, partitions: int, label_partitions: int
    ):
        self._producer = producer
        self._settings = settings
        self._place = lru_cache(None)(lambda key: partition_of(key, partitions))
        self._label_partitions = label_partitions
        self._labels: list[tuple[int, str, int, Label]] = []
        self._sent: set[asyncio.Future[Any]] = set()
        self.count = 0

    async def send(self, days: Iterator[Written], pace: Pace) -> AsyncIterator[int]:
        """Send everything; yields how many payments are sent so far."""
        begun: float | None = None
        while (day := await asyncio.to_thread(next, days, None)) is not None:
            begun = begun or perf_counter()
            self._learn(day, pace.hurry)
            done = 0
            while done < len(day.lines):
                due = _CHUNK
                if pace.rate is not None:
                    due = int((perf_counter() - begun) * pace.rate) - self.count
                    if due <= 0:
                        await asyncio.sleep(_TICK)
                        continue
                end = min(done + due, len(day.lines))
                await self._send_payments(day, done, end)
                await self._send_labels(day.times[end - 1])
                self.count += end - done
                done = end
                yield self.count
        await self.flush()

    async def flush(self) -> None:
        """Wait until the broker has everything; raises where it refused something."""
        await self._producer.flush()
        sent, self._sent = self._sent, set()
        await asyncio.gather(*sent)

    async def _send_payments(self, day: Written, start: int, end: int) -> None:
        by_partition = defaultdict(list)
        for payer, line in zip(day.payers[start:end], day.lines[start:end], strict=True):
            key = payer_id(payer).encode()
            by_partition[self._place(key)].append((key, line.encode()))
        for partition, records in by_partition.items():
            await self._send(self._settings.topic_transactions, partition, records)

    async def _send(
        self, topic: str, partition: int, records: list[tuple[bytes, bytes]]
    ) -> None:
        batch = self._producer.create_batch()
        for key, value in records:
            if batch.append(key=key, value=value, timestamp=None) is None:
                await self._post(batch, topic, partition)
                batch = self._producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
        await self._post(batch, topic, partition)

    async def _post(self, batch: Any, topic: str, partition: int) -> None:
        batch.close()
        self._sent.add(await self._producer.send_batch(batch, topic, partition=partition))
        if len(self._sent) >= _WAITING:
            done, self._sent = await asyncio.wait(
                self._sent, return_when=asyncio.FIRST_COMPLETED
            )
            for future in done:
                future.result()

    def _learn(self, day: Written, hurry: float) -> None:
        paid = {}
        for payer, time, line in zip(day.payers, day.times, day.lines, strict=True):
            paid[line[7:23]] = (payer, time)
        for label in day.labels:
            payer, time = paid.get(label.transaction_id, (0, label.known_at))
            known = time + max(1, int((label.known_at - time) / hurry))
            heappush(self._labels, (known, label.transaction_id, payer, label))

    async def _send_labels(self, now: int) -> None:
        records = defaultdict(list)
        while self._labels and self._labels[0][0] <= now:
            known, _, payer, label = heappop(self._labels)
            key = payer_id(payer).encode()
            partition = partition_of(key, self._label_partitions)
            records[partition].append((key, label_line(label, known)))
        for partition, batch in records.items():
            await self._send(self._settings.topic_labels, partition, batch)
