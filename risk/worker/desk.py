"""Where arrivals become delivered decisions: restore, decide, hold the order, ship, settle."""

import asyncio
import gc
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from risk.ledger import FirstAnswer
from risk.pipeline import Arrival, Pipeline
from risk.settings import Settings
from risk.worker.attempts import Attempts, PartitionAttempts
from risk.worker.clients import AIOKafkaProducer
from risk.worker.lanes import Lane, Slot
from risk.worker.metrics import Metrics
from risk.worker.outbox import Outbox
from risk.worker.restore import ReadLog, fold_log, read_answers

log = logging.getLogger("risk.worker")

Spawn = Callable[[Coroutine[Any, Any, None]], None]
Settle = Callable[[int, int], None]


class Station:
    """One partition's lane, what ships it, and what was published before this process took it.

    `stale`: the partition was taken away since, so others may have decided what comes next.
    """

    def __init__(self, lane: Lane, outbox: Outbox) -> None:
        self.lane = lane
        self.outbox = outbox
        self.wake = asyncio.Event()
        self.published: dict[int, FirstAnswer] = {}
        self.stale = False


class StreamDesk:
    """The desk of one worker. `spawn` starts a task whose failure ends the process."""

    def __init__(
        self,
        settings: Settings,
        pipeline: Pipeline,
        producer: AIOKafkaProducer,
        read: ReadLog,
        metrics: Metrics,
        settle: Settle,
        spawn: Spawn,
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._producer = producer
        self._read = read
        self._metrics = metrics
        self._settle = settle
        self._spawn = spawn
        self._attempts = Attempts(
            settings.state_dir, settings.topic_transactions, settings.max_attempts
        )
        self._stations: dict[int, Station] = {}
        self._delivered = asyncio.Event()

    async def take(self, arrivals: Mapping[int, Sequence[Arrival]]) -> None:
        """Decide arrivals by partition. What others decided meanwhile is restored first.

        Offsets below the lane's next were decided by this process before a rebalance gave the
        partition back to it, and are delivered or on their way: they are dropped.
        """
        for partition, found in arrivals.items():
            if found:
                station = await self._station(partition, found[0].offset)
                due = station.lane.next
                new = [arrival for arrival in found if arrival.offset >= due]
                self._decide(station, partition, new)

    def revoke(self, partitions: Iterable[int]) -> None:
        """Others may decide these partitions from now on; they may come back later."""
        for partition in partitions:
            if partition in self._stations:
                self._stations[partition].stale = True

    def congested(self, partition: int) -> bool:
        """Whether more than `in_flight` decisions of the partition are undelivered."""
        station = self._stations.get(partition)
        return station is not None and len(station.lane) > self._settings.in_flight

    def relieved(self, partition: int) -> bool:
        """Whether at most half of `in_flight` is left."""
        station = self._stations.get(partition)
        return station is None or len(station.lane) <= self._settings.in_flight // 2

    async def relief(self, partitions: Iterable[int]) -> None:
        """Wait until none of these partitions is congested."""
        for partition in partitions:
            while self.congested(partition):
                self._delivered.clear()
                await self._delivered.wait()

    async def drain(self) -> None:
        """Wait until every lane is empty."""
        for station in self._stations.values():
            await self._empty(station.lane)

    async def _empty(self, lane: Lane) -> None:
        while len(lane):
            self._delivered.clear()
            await self._delivered.wait()

    def _decide(self, station: Station, partition: int, arrivals: list[Arrival]) -> None:
        marks = self._attempts.of(partition)
        published = station.published
        for known, run in groupby(arrivals, lambda arrival: arrival.offset in published):
            if known:
                self._pass_by(station, partition, list(run), marks)
            else:
                self._answer(station, list(run), marks)
        marks.end()
        self._metrics.in_flight(partition, len(station.lane))
        station.wake.set()

    def _answer(
        self, station: Station, arrivals: list[Arrival], marks: PartitionAttempts
    ) -> None:
        now = time.monotonic()
        answers = self._pipeline.take(arrivals, lambda arrival: marks.begin(arrival.offset))
        for answer in answers:
            arrival = answer.arrival
            station.lane.add(Slot(arrival.offset, arrival.key, answer, now))
        self._metrics.decided(answers)

    def _pass_by(
        self,
        station: Station,
        partition: int,
        arrivals: list[Arrival],
        marks: PartitionAttempts,
    ) -> None:
        for arrival in arrivals:
            recorded = station.published.pop(arrival.offset)
            if marks.begin(arrival.offset):
                self._pipeline.fold(arrival, recorded)
            station.lane.pass_by(arrival.offset)
        self._settle(partition, station.lane.low + 1)
        self._metrics.passed_by(len(arrivals))

    async def _station(self, partition: int, offset: int) -> Station:
        station = self._stations.get(partition)
        if station is None:
            outbox = Outbox(self._producer, self._settings, partition)
            station = Station(Lane(offset), outbox)
            await self._restore(station, partition, None, offset)
            self._stations[partition] = station
            self._spawn(self._ship(station, partition))
        elif station.stale:
            if offset > station.lane.next:
                await self._empty(station.lane)
                await self._restore(station, partition, station.lane.next, offset)
                station.lane.skip_to(offset)
            station.stale = False
            self._settle(partition, station.lane.low + 1)
        return station

    async def _restore(
        self, station: Station, partition: int, start: int | None, stop: int
    ) -> None:
        begin = time.monotonic()
        marks = self._attempts.of(partition)
        answers = await read_answers(self._read, self._settings, partition)
        folded = await fold_log(
            self._read,
            self._settings.topic_transactions,
            self._pipeline,
            partition,
            start,
            stop,
            answers,
            lambda arrival: marks.begin(arrival.offset),
        )
        marks.end()
        station.published = {at: found for at, found in answers.items() if at >= stop}
        # A full collection walks the whole state, 340 ms at 20,000 payers: keep it out of it.
        gc.collect()
        gc.freeze()
        seconds = time.monotonic() - begin
        self._metrics.restored(folded, seconds)
        log.info(
            "partition restored",
            extra={
                "partition": partition,
                "offset": stop,
                "folded": folded,
                "seconds": seconds,
            },
        )

    async def _ship(self, station: Station, partition: int) -> None:
        lane = station.lane
        while True:
            if not lane.has_ready():
                station.wake.clear()
                await station.wake.wait()
            slots = await station.outbox.ship(lane)
            self._settle(partition, lane.low + 1)
            self._metrics.delivered(slots, time.monotonic())
            self._metrics.in_flight(partition, len(lane))
            self._delivered.set()
