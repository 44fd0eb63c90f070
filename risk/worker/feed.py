"""Labels beside payments: what the labels topic says of the partitions that this worker owns.

A task a partition reads on and on and keeps what came at hand; the desk has it taken in right
before it decides, and never otherwise (see `risk.labels` for why). After a start or a rebalance
labels are taken in again at the positions that the decisions recorded.

What two workers can disagree on: a worker that lost a partition without noticing may publish a
decision that saw other labels than its successor's, and a reader accepts whichever came first.
Each record says which labels it saw; the successor's state is that of its own.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, Final, Protocol

from risk.labels import Heard, Result
from risk.pipeline import Pipeline
from risk.worker.metrics import Metrics

log = logging.getLogger("risk.worker")

MOST: Final = 2_000
"""Labels at hand before no more are fetched: taking so many in is a stall of about 10 ms."""

Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


class LabelSource(Protocol):
    """Reads the labels topic, as `risk.worker.clients.LogReader` does."""

    async def span(self, topic: str, partition: int) -> tuple[int, int]:
        """The offset of the oldest record that is kept, and that of the next one to come."""
        ...

    def follow(
        self, topic: str, partition: int, start: int
    ) -> AsyncIterator[tuple[Sequence[Any], int]]:
        """Records from `start` on, and the offset behind them, for ever; none now and then.

        That offset may be further than the last record: some hold nothing.
        """
        ...


class LabelsLost(Exception):
    """Decisions saw labels that the topic does not hold: it was made anew."""


class Ear:
    """One partition's labels at hand. `next` is the offset that is fetched next."""

    def __init__(self, start: int, end: int) -> None:
        self.next = start
        self.end = end
        self.wanted = end
        self.heard: deque[Heard] = deque()
        self.news = asyncio.Event()
        self.room = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        """Whether enough is at hand, and nothing else is waited for."""
        return len(self.heard) >= MOST and self.next >= self.wanted


class LabelFeed:
    """The labels of every partition that is owned. Without a source there are none."""

    def __init__(
        self,
        topic: str,
        pipeline: Pipeline,
        source: LabelSource | None,
        metrics: Metrics,
        spawn: Spawn,
    ) -> None:
        self._topic = topic
        self._pipeline = pipeline
        self._source = source
        self._metrics = metrics
        self._spawn = spawn
        self._ears: dict[int, Ear] = {}

    @property
    def is_on(self) -> bool:
        """Whether labels are read at all."""
        return self._source is not None

    async def open(self, partition: int) -> None:
        """Begin to listen where the partition's state ends; raises `LabelsLost`."""
        if self._source is None:
            return
        position = self._pipeline.shard(partition).labels
        begin, end = await self._source.span(self._topic, partition)
        if position > end:
            raise LabelsLost(
                f"labels of topic {self._topic}, partition {partition}, were read up to"
                f" {position}, and it ends at {end}: it was made anew. Make the transactions"
                " topic anew too, under another RISK_TOPIC_EPOCH, or remove the checkpoints and"
                " name a fresh labels topic"
            )
        if 0 < position < begin:
            log.warning(
                "labels removed before they were read",
                extra={"partition": partition, "offset": position, "begin": begin},
            )
        ear = self._ears[partition] = Ear(max(begin, position), end)
        ear.task = self._spawn(self._listen(ear, self._source, partition))

    async def take_up_to(self, partition: int, position: int) -> None:
        """Take in what a decision saw; waits until it is at hand."""
        if position > self._pipeline.shard(partition).labels:
            await self.hold(partition, position)
            self.take(partition, position)

    async def hold(self, partition: int, position: int) -> None:
        """Wait until all labels before a position are at hand."""
        ear = self._ears.get(partition)
        if ear is None:
            return
        if position > ear.end:
            await self._look_again(ear, partition, position)
        ear.wanted = max(ear.wanted, position)
        ear.room.set()
        while ear.next < position:
            ear.news.clear()
            await ear.news.wait()

    async def catch_up(self, partition: int) -> None:
        """Wait until what the topic held at `open` is at hand, or as much of it as may be."""
        ear = self._ears.get(partition)
        while ear is not None and ear.next < ear.end and len(ear.heard) < MOST:
            ear.news.clear()
            await ear.news.wait()

    def take(self, partition: int, position: int | None = None) -> None:
        """Take in the labels at hand, or those of them before a position."""
        ear = self._ears.get(partition)
        if ear is None:
            return
        taken = []
        while ear.heard and (position is None or ear.heard[0].offset < position):
            taken.append(ear.heard.popleft())
        if taken:
            self._learn(partition, taken)
            ear.room.set()

    def close(self, partition: int) -> None:
        """Listen no more."""
        ear = self._ears.pop(partition, None)
        if ear is not None and ear.task is not None:
            ear.task.cancel()

    def _learn(self, partition: int, heard: Sequence[Heard]) -> None:
        results: Counter[Result] = Counter(self._pipeline.learn(partition, heard))
        self._metrics.labelled(results)
        if results["malformed"]:
            log.warning(
                "labels that are none",
                extra={
                    "partition": partition,
                    "from": heard[0].offset,
                    "to": heard[-1].offset,
                    "count": results["malformed"],
                },
            )

    async def _listen(self, ear: Ear, source: LabelSource, partition: int) -> None:
        async with aclosing(source.follow(self._topic, partition, ear.next)) as parts:  # type: ignore[type-var]  # a generator
            async for records, following in parts:
                for record in records:
                    ear.heard.append(Heard(record.offset, record.value, record.timestamp))
                ear.next = following
                ear.news.set()
                while ear.is_full:
                    ear.room.clear()
                    await ear.room.wait()

    async def _look_again(self, ear: Ear, partition: int, position: int) -> None:
        if self._source is not None:
            _, ear.end = await self._source.span(self._topic, partition)
        if position > ear.end:
            raise LabelsLost(
                f"a decision saw the labels of topic {self._topic}, partition {partition}, up"
                f" to {position}, and it ends at {ear.end}: it was made anew. Make the"
                " transactions topic anew too, under another RISK_TOPIC_EPOCH"
            )
