"""A log in memory and a producer onto it, for the worker's desk without a broker."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple

Header = tuple[str, bytes]


class Record(NamedTuple):
    """What both Kafka clients give."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Sequence[Header]


class FakeLog:
    """Topics in memory."""

    def __init__(self) -> None:
        self.records: defaultdict[tuple[str, int], list[Record]] = defaultdict(list)
        self.begins: Counter[tuple[str, int]] = Counter()

    def append(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[Header] = (),
    ) -> None:
        place = self.records[topic, partition]
        place.append(Record(topic, partition, len(place), key, value, 0, headers))

    async def read(
        self, topic: str, partition: int, start: int | None, stop: int | None
    ) -> AsyncIterator[Record]:
        """As `risk.worker.clients.LogReader`: the end is where it is when asked."""
        found = self.records[topic, partition]
        oldest = self.begins[topic, partition]
        stop = len(found) if stop is None else min(stop, len(found))
        begin = oldest if start is None else max(oldest, stop + start if start < 0 else start)
        for record in found[begin:stop]:
            await asyncio.sleep(0)
            yield record

    async def begin(self, topic: str, partition: int) -> int:
        """The oldest offset that is kept."""
        return self.begins[topic, partition]

    async def span(self, topic: str, partition: int) -> tuple[int, int]:
        """The oldest offset that is kept, and the next one to come."""
        return self.begins[topic, partition], len(self.records[topic, partition])

    async def follow(
        self, topic: str, partition: int, start: int
    ) -> AsyncIterator[tuple[Sequence[Record], int]]:
        """One record at a time as they come, some turns of the loop late."""
        at = start
        while True:
            for _ in range(3):
                await asyncio.sleep(0)
            found = self.records[topic, partition][at : at + 1]
            at += len(found)
            yield found, at


class FakeBatch:
    """Takes up to three records, so that batches have borders."""

    def __init__(self) -> None:
        self.rows: list[tuple[bytes | None, bytes, Sequence[Header]]] = []

    def append(
        self, *, timestamp: int | None, key: bytes | None, value: bytes, headers: list[Header]
    ) -> object | None:
        if len(self.rows) == 3:
            return None
        self.rows.append((key, value, headers))
        return self

    def close(self) -> None:
        """Nothing more comes."""


class FakeProducer:
    """Appends after some turns of the loop and acknowledges after some more.

    `turns` says how many, so that a kill can fall before, between and after.
    """

    def __init__(self, log: FakeLog, turns: Callable[[], int]) -> None:
        self._log = log
        self._turns = turns

    def create_batch(self) -> FakeBatch:
        return FakeBatch()

    async def send_batch(
        self, batch: FakeBatch, topic: str, *, partition: int
    ) -> asyncio.Future[None]:
        await self._pause()
        for key, value, headers in batch.rows:
            self._log.append(topic, partition, key, value, headers)
        return asyncio.ensure_future(self._pause())

    async def send(
        self,
        topic: str,
        value: bytes,
        *,
        key: bytes | None,
        partition: int = 0,
        headers: Sequence[Header] = (),
    ) -> asyncio.Future[None]:
        await self._pause()
        self._log.append(topic, partition, key, value, headers)
        return asyncio.ensure_future(self._pause())

    async def _pause(self) -> None:
        for _ in range(self._turns()):
            await asyncio.sleep(0)
