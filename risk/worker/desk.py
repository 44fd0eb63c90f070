"""Where arrivals become delivered decisions: restore, decide, hold the order, ship, settle."""

import asyncio
import gc
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any, Final

from risk.pipeline import Answer, Arrival, Pipeline
from risk.settings import Settings
from risk.worker.attempts import Attempts, PartitionAttempts
from risk.worker.checkpoints import Checkpoints
from risk.worker.clerk import Clerk
from risk.worker.clients import AIOKafkaProducer
from risk.worker.feed import LabelFeed
from risk.worker.lanes import Lane, Slot
from risk.worker.metrics import Metrics
from risk.worker.outbox import Outbox
from risk.worker.restore import LogSource, fold_log, read_answers
from risk.worker.station import Station

log = logging.getLogger("risk.worker")

Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
Settle = Callable[[int, int], None]

RELEASE_SECONDS: Final = 5.0
"""How long delivery may hold up a rebalance; what is late is decided by the next owner too."""


class StreamDesk:
    """The desk of one worker. `spawn` starts a task whose failure ends the process.

    `clerk` asks a model about what waits; without one nothing ever waits.
    """

    def __init__(
        self,
        settings: Settings,
        pipeline: Pipeline,
        producer: AIOKafkaProducer,
        source: LogSource,
        checkpoints: Checkpoints,
        labels: LabelFeed,
        metrics: Metrics,
        settle: Settle,
        spawn: Spawn,
        clerk: Clerk | None = None,
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._producer = producer
        self._source = source
        self._checkpoints = checkpoints
        self._labels = labels
        self._metrics = metrics
        self._settle = settle
        self._spawn = spawn
        self._clerk = clerk
        self._attempts = Attempts(
            settings.state_dir, settings.topic_transactions, settings.max_attempts
        )
        self._stations: dict[int, Station] = {}
        self._leaving: dict[int, Station] = {}
        self._given_up: set[int] = set()
        self._eras: Counter[int] = Counter()
        self._delivered = asyncio.Event()

    async def take(self, arrivals: Mapping[int, Sequence[Arrival]]) -> None:
        """Decide arrivals by partition. What others decided meanwhile is restored first.

        What was fetched before its partition was given up is dropped: it comes again.
        """
        eras = {partition: self._eras[partition] for partition in arrivals}
        for partition, found in arrivals.items():
            if found and self._is_ours(partition, eras[partition]):
                station = await self._station(partition, found[0].offset)
                if station is not None and self._is_ours(partition, eras[partition]):
                    due = station.lane.next
                    new = [arrival for arrival in found if arrival.offset >= due]
                    self._decide(station, partition, new)

    def assign(self, partitions: Iterable[int]) -> None:
        """These partitions are this worker's: the first arrivals of each restore its state."""
        self._given_up.difference_update(partitions)

    async def release(
        self, partitions: Iterable[int], commit: Callable[[], Awaitable[None]]
    ) -> None:
        """Give partitions up: take nothing more, deliver, commit, write the last checkpoint."""
        partitions = list(partitions)
        self._given_up.update(partitions)
        self._eras.update(partitions)
        with suppress(TimeoutError):
            async with asyncio.timeout(RELEASE_SECONDS):
                await self._drain(partitions)
        await commit()
        for partition in partitions:
            station = self._stations.pop(partition, None)
            if station is None:
                continue  # never taken, or being restored at this moment, which then sees it
            station.has_left = True
            station.wake.set()
            self._leaving[partition] = station
            await self._checkpoints.close(partition, None if len(station.lane) else station)
            self._give_back(partition)

    def _give_back(self, partition: int) -> None:
        self._labels.close(partition)
        self._pipeline.replace(partition, None)

    def committed(self, partition: int, offset: int) -> None:
        """Kafka has taken a commit of this worker."""
        self._checkpoints.committed(partition, offset)

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
        await self._drain(list(self._stations))

    async def _drain(self, partitions: Iterable[int]) -> None:
        for partition in partitions:
            if partition in self._stations:
                await self._empty(self._stations[partition].lane)

    async def _empty(self, lane: Lane) -> None:
        while len(lane):
            self._delivered.clear()
            await self._delivered.wait()

    def _is_ours(self, partition: int, era: int) -> bool:
        return partition not in self._given_up and self._eras[partition] == era

    def _decide(self, station: Station, partition: int, arrivals: list[Arrival]) -> None:
        marks = self._attempts.of(partition)
        published = station.published
        for known, run in groupby(arrivals, lambda arrival: arrival.offset in published):
            if known:
                self._pass_by(station, partition, list(run), marks)
            else:
                if not published:  # else what comes later was decided with no more than this
                    self._labels.take(partition)
                self._answer(station, list(run), marks)
        marks.end()
        self._metrics.in_flight(partition, len(station.lane))
        station.wake.set()

    def _answer(
        self, station: Station, arrivals: list[Arrival], marks: PartitionAttempts
    ) -> None:
        now = time.monotonic()
        taken = self._pipeline.take_in(arrivals, lambda arrival: marks.begin(arrival.offset))
        answers: list[Answer] = []
        for item in taken:
            arrival = item.arrival
            if isinstance(item, Answer):
                station.lane.add(Slot(arrival.offset, arrival.key, item, now))
                answers.append(item)
            elif self._clerk is not None:
                slot = Slot(arrival.offset, arrival.key, None, now)
                station.lane.add(slot)
                self._clerk.put(item, station, slot)
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
            self._labels.take(partition, station.positions.at(arrival.offset))
            if marks.begin(arrival.offset):
                self._pipeline.fold(arrival, recorded)
            station.lane.pass_by(arrival.offset)
        self._settle(partition, station.lane.low + 1)
        self._metrics.passed_by(len(arrivals))

    async def _station(self, partition: int, offset: int) -> Station | None:
        station = self._stations.get(partition)
        if station is None:
            era = self._eras[partition]
            before = self._leaving.pop(partition, None)
            if before is not None:
                await self._empty(before.lane)
            station = Station(Lane(offset), Outbox(self._producer, self._settings, partition))
            await self._restore(station, partition, offset)
            if not self._is_ours(partition, era):
                await self._checkpoints.close(partition, None)
                self._give_back(partition)
                return None
            self._stations[partition] = station
            self._spawn(self._ship(station, partition))
            if self._settings.checkpoint_seconds:
                self._spawn(self._keep(station, partition))
        return station

    async def _restore(self, station: Station, partition: int, stop: int) -> None:
        begin = time.monotonic()
        settings = self._settings
        log_begin = await self._source.begin(settings.topic_transactions, partition)
        found = await self._checkpoints.take_up(partition, log_begin, stop)
        self._pipeline.replace(partition, found.shard)
        start = stop - settings.known_ids if found.start is None else found.start
        since = log_begin if found.start is None and self._labels.is_on else start
        positions = station.positions
        noted = positions if self._labels.is_on else None
        answers = await read_answers(self._source, settings, partition, start, noted, since)
        await self._labels.open(partition)
        marks = self._attempts.of(partition)
        folded = await fold_log(
            self._source,
            settings.topic_transactions,
            self._pipeline,
            partition,
            found.start,
            stop,
            answers,
            lambda arrival: marks.begin(arrival.offset),
            lambda offset: self._labels.take_up_to(partition, positions.at(offset)),
        )
        marks.end()
        await self._labels.hold(partition, positions.last)
        await self._labels.catch_up(partition)
        station.published = {at: answer for at, answer in answers.items() if at >= stop}
        # A full collection walks the whole state, 340 ms at 20,000 payers: keep it out of it.
        gc.collect()
        gc.freeze()
        self._restored(partition, found.start, stop, folded, time.monotonic() - begin)

    def _restored(
        self, partition: int, start: int | None, stop: int, folded: int, seconds: float
    ) -> None:
        self._metrics.restored(folded, seconds)
        log.info(
            "partition restored",
            extra={
                "partition": partition,
                "checkpoint": start,
                "offset": stop,
                "folded": folded,
                "seconds": seconds,
            },
        )

    async def _keep(self, station: Station, partition: int) -> None:
        """Write a checkpoint every so often while the partition is ours."""
        while not station.has_left:
            await self._checkpoints.write(partition, station)
            await asyncio.sleep(self._settings.checkpoint_seconds)

    async def _ship(self, station: Station, partition: int) -> None:
        lane = station.lane
        while not station.has_left or len(lane):
            if not lane.has_ready():
                station.wake.clear()
                await station.wake.wait()
                continue
            slots = await station.outbox.ship(lane)
            if not station.has_left:
                self._settle(partition, lane.low + 1)
            self._metrics.delivered(slots, time.monotonic())
            self._metrics.in_flight(partition, len(lane))
            self._delivered.set()
