"""Build the history of every partition from the past, and leave it as the worker's checkpoints.

For each partition two states are folded up to the offset that the workers have committed: one
anew, from older files if there are any and from all that the log keeps; one from the checkpoint
that is there, which may know more of the velocities that it has. Both are joined, and the
result takes the place of the checkpoint in one step. Whatever interrupts it, a partition has
its old checkpoint or the new one; a second run leaves alone what is warm already.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from features.joining import Joining
from risk.assembly import build_pipeline
from risk.backfill.draft import Draft
from risk.backfill.known import clock_of, cold_values, sequences_of, time_of
from risk.decide import Bench
from risk.labels import Positions
from risk.ledger import FirstAnswer
from risk.pipeline import Arrival, Pipeline
from risk.replay.payments import Payments, read_payments
from risk.settings import Settings
from risk.state.scribe import Order, Scribe
from risk.state.stamp import Scope, Stamp, Unusable, file_name, plan_hash, require
from risk.state.store import (
    Reading,
    Store,
    StoreFailed,
    copy_store,
    copy_whole,
    put_in_place,
    remove,
)
from risk.worker.clients import LogReader
from risk.worker.feed import LabelFeed
from risk.worker.metrics import Metrics
from risk.worker.restore import fold_log, read_answers

log = logging.getLogger("risk.worker")

Show: TypeAlias = Callable[[int, float | None], None]

SLICE: Final = 5_000
FIRST_RECORDS: Final = 200
"""So many records of the log are looked at for a payment that says when it begins."""


class WorkerRuns(Exception):
    """Somebody holds the state folder."""


class Filled(msgspec.Struct, frozen=True):
    """What became of a partition: payments folded; `cold`: what is known from which time on.

    `is_warm`: it was left alone, because every velocity was known already.
    """

    partition: int
    offset: int
    payments: int
    cold: dict[str, int]
    is_warm: bool = False


class Filler:
    """Fills the partitions of one state folder. `spans` are begin and committed offset."""

    def __init__(
        self,
        settings: Settings,
        bench: Bench,
        spans: Mapping[int, tuple[int, int]],
        past: Payments | None,
        show: Show,
    ) -> None:
        self._settings = settings
        self._bench = bench
        self._spans = spans
        self._past = past
        self._show = show
        self._folder = settings.state_dir / "state"
        self._scribe = Scribe(self._folder, lock_seconds=1)
        self._reader = LogReader(settings)
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def fill(self) -> list[Filled]:
        """Fill all; raises `WorkerRuns`, `StoreFailed`, or what reading raises."""
        try:
            for partition in self._spans:
                self._lock(partition)
            found = [self._left_alone(partition) for partition in self._spans]
            due = [p for p, one in zip(self._spans, found, strict=True) if one is None]
            built = await self._from_files(due)
            done = [one for one in found if one is not None]
            for partition in due:
                done.append(await self._partition(partition, built[partition]))
            return sorted(done, key=lambda one: one.partition)
        finally:
            self._scribe.let_go()
            await self._reader.stop()

    def _lock(self, partition: int) -> None:
        reply = self._scribe.do(Order("open", file_name(self._scope(partition))))
        if reply is not None and reply.is_busy:
            raise WorkerRuns(
                f"{self._folder}: a worker holds partition {partition}; stop the workers that"
                " use this folder, and start them again afterwards"
            )

    def _left_alone(self, partition: int) -> Filled | None:
        """A checkpoint that needs nothing, None if there is work to do."""
        path = self._folder / file_name(self._scope(partition))
        try:
            reading = Reading(path)
            stamp = reading.stamp()
            require(stamp, self._scope(partition), *self._spans[partition])
            cold = cold_values(self._bench.plan, stamp.history, clock_of(reading))
            reading.close()
        except Unusable:
            return None
        if cold or stamp.scope.plan != plan_hash(self._bench.plan):
            return None
        return Filled(partition, stamp.offset, 0, {}, is_warm=True)

    async def _from_files(self, due: list[int]) -> dict[int, Draft]:
        """Drafts of all partitions, with what the files hold from before the log begins."""
        pipeline = self._pipeline()
        drafts = {p: self._draft(p, pipeline, "built") for p in due}
        for draft in drafts.values():
            draft.begin()
        if self._past is None:
            return drafts
        ends = {partition: await self._begin(partition) for partition in due}
        arrivals = read_payments(self._past, due, self._bench.attributes, lambda part: None)
        for arrival in arrivals:
            at, end = time_of(arrival.value), ends[arrival.partition]
            if at is not None and (end is None or at < end):
                drafts[arrival.partition].fold(arrival)
                self._tick()
        return drafts

    async def _partition(self, partition: int, built: Draft) -> Filled:
        begin, stop = self._spans[partition]
        before = self._count
        carried = self._carried(partition)
        drafts = [built] if carried is None else [built, carried]
        start, since = stop - self._settings.known_ids, begin
        if carried is not None:
            start, since = min(start, carried.offset), min(since, carried.offset)
        positions = Positions()
        answers = await read_answers(
            self._reader, self._settings, partition, start, positions, since
        )
        for draft in drafts:
            await self._fold(partition, draft, max(begin, draft.offset), answers, positions)
        sides = [draft.close(stop) for draft in drafts]
        reading, stamp = sides[0] if carried is None else self._join(partition, *sides)
        cold = cold_values(self._bench.plan, stamp.history, clock_of(reading))
        for one in {reading, *[side for side, _ in sides]}:
            one.close()
        self._settle(partition, "built" if carried is None else "joined")
        return Filled(partition, stop, self._count - before, cold)

    def _carried(self, partition: int) -> Draft | None:
        """A draft that goes on from the checkpoint that is there, if it can be used."""
        path, scope = self._folder / file_name(self._scope(partition)), self._scope(partition)
        draft = self._draft(partition, self._pipeline(), "carried")
        try:
            reading = Reading(path)
            require(reading.stamp(), scope, *self._spans[partition])
            reading.close()
            copy_store(path, draft.path)
            draft.go_on()
        except (Unusable, StoreFailed) as refused:
            log.info(
                "no checkpoint to go on from",
                extra={"partition": partition, "reason": str(refused)},
            )
            return None
        return draft

    async def _fold(
        self,
        partition: int,
        draft: Draft,
        start: int,
        answers: Mapping[int, FirstAnswer],
        positions: Positions,
    ) -> None:
        source = self._reader if self._bench.reads_labels else None
        topic = self._settings.topic_labels
        feed = LabelFeed(topic, draft.pipeline, source, Metrics(), self._spawn)
        await feed.open(partition)

        def admit(_: Arrival) -> bool:
            draft.count()
            self._tick()
            return True

        await fold_log(
            self._reader,
            self._settings.topic_transactions,
            draft.pipeline,
            partition,
            start,
            self._spans[partition][1],
            answers,
            admit,
            lambda offset: feed.take_up_to(partition, positions.at(offset)),
        )
        feed.close(partition)

    def _join(
        self, partition: int, built: tuple[Reading, Stamp], carried: tuple[Reading, Stamp]
    ) -> tuple[Reading, Stamp]:
        path = self._part(partition, "joined")
        remove(path)
        store, (there, stamp), (anew, other) = Store(path), carried, built
        joining = Joining(self._bench.plan, there, anew, (stamp.history, other.history))
        rows = chain(joining.rows(), sequences_of(there, anew))
        while some := list(islice(rows, SLICE)):
            store.commit(some, (), stamp)
        stamp = msgspec.structs.replace(stamp, history=joining.origin())
        store.commit((), there.lines(stamp), stamp)
        store.close()
        return Reading(path), stamp

    def _settle(self, partition: int, which: str) -> None:
        """Put the new checkpoint in the place of the old one, and share it."""
        path = self._folder / file_name(self._scope(partition))
        put_in_place(self._part(partition, which), path)
        for part in ("built", "carried", "joined"):
            remove(self._part(partition, part))
        if self._settings.state_share is not None:
            copy_whole(path, self._settings.state_share / path.name)

    async def _begin(self, partition: int) -> int | None:
        """The time of the first payment that the log keeps, None if it keeps none."""
        begin, topic = self._spans[partition][0], self._settings.topic_transactions
        records = self._reader.read(topic, partition, begin, begin + FIRST_RECORDS)
        times = [time_of(record.value) async for record in records]
        return next((at for at in times if at is not None), None)

    def _pipeline(self) -> Pipeline:
        return build_pipeline(self._settings, self._bench, len(self._spans))

    def _draft(self, partition: int, pipeline: Pipeline, which: str) -> Draft:
        resident = self._settings.resident // (2 * len(self._spans))
        scope = self._scope(partition)
        return Draft(pipeline, scope, self._part(partition, which), max(1, resident))

    def _part(self, partition: int, which: str) -> Path:
        return self._folder / f"{file_name(self._scope(partition))}.{which}"

    def _scope(self, partition: int) -> Scope:
        return Scope(
            topic=self._settings.topic_transactions,
            epoch=self._settings.topic_epoch,
            partition=partition,
            plan=plan_hash(self._bench.plan),
            currency=self._bench.book.currency,
        )

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        return task

    def _tick(self) -> None:
        self._count += 1
        if self._count % SLICE == 0:
            self._show(self._count, None)
