"""Checkpoints of the partitions that this worker owns: taken up at the start, then written.

Writing never holds the stream up: at one moment, with offset O next, what changed is marked; it
is encoded in slices between batches (what is about to change goes first) and handed to the
scribe; the scribe commits it when Kafka has committed O. See `risk.state.stamp` for why.
"""

import asyncio
import logging
import time
from itertools import islice
from typing import Final, Protocol

import msgspec

from risk.pipeline import Pipeline
from risk.settings import Settings
from risk.shard import AT_ONCE, Shard
from risk.state.keeper import Keeper, done
from risk.state.scribe import Order
from risk.state.stamp import Scope, Stamp, Unusable, file_name, plan_hash, require
from risk.state.store import Reading
from risk.worker.metrics import Metrics

log = logging.getLogger("risk.worker")

SLICE: Final = 200
"""States encoded before the stream gets a turn: about 1 ms."""

LAST_SECONDS: Final = 1.0
"""How long the last checkpoint waits for Kafka's commit when a partition is given up."""


class Place(Protocol):
    """How far a partition was taken."""

    @property
    def next(self) -> int:
        """The offset that is expected next."""
        ...


class TakenUp(msgspec.Struct, frozen=True):
    """A state to go on from: the fold of the log before `start`, None for its beginning."""

    shard: Shard
    start: int | None = None


class Open:
    """One partition's file while it is ours.

    `written`: the offset of its checkpoint; `committed`: what Kafka has committed, at first the
    offset at which the partition was handed over.
    """

    def __init__(
        self, scope: Scope, reading: Reading | None, written: int, committed: int
    ) -> None:
        self.scope = scope
        self.name = file_name(scope)
        self.reading = reading
        self.written = written
        self.committed = committed
        self.news = asyncio.Event()
        self.is_closing = False
        self.writing = asyncio.Lock()

    def load(self, kind: str, key: str) -> bytes | None:
        """The stored state of an entity.

        None while all states are in memory: new payees come with many payments, and finding
        nothing in a file is dear.
        """
        return None if self.reading is None else self.reading.load(kind, key)


class Checkpoints:
    """All of them. Without a keeper there are none, and every start folds the whole log."""

    def __init__(
        self, settings: Settings, pipeline: Pipeline, keeper: Keeper | None, metrics: Metrics
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._keeper = keeper
        self._metrics = metrics
        self._open: dict[int, Open] = {}

    async def take_up(self, partition: int, log_begin: int, stop: int) -> TakenUp:
        """Find the state of a partition that is handed over at `stop`: own file, shared, none.

        The file is ours from here on, unless another process holds it: then nothing is written.
        """
        scope = self._scope(partition)
        if self._keeper is None:
            return TakenUp(self._pipeline.empty())
        name = file_name(scope)
        try:
            await done(self._keeper, Order("open", name))
        except Unusable as refused:
            self._refuse(partition, refused, "own")
            return TakenUp(self._pipeline.empty())
        await self._fetch_newer(scope, log_begin, stop)
        reading: Reading | None = None
        try:
            reading = self._keeper.read(name)
            taken_up = self._restore(reading, scope, log_begin, stop)
        except Unusable as refused:
            self._refuse(partition, refused, "own")
            if reading is not None:
                reading.close()
            await done(self._keeper, Order("renew", name))
            held = self._open[partition] = Open(scope, None, -1, stop)
            return TakenUp(self._pipeline.empty(held.load))
        written = -1 if taken_up.start is None else taken_up.start
        self._open[partition] = Open(scope, reading, written, stop)
        return taken_up

    def committed(self, partition: int, offset: int) -> None:
        """Kafka has committed an offset of ours."""
        held = self._open.get(partition)
        if held is not None:
            held.committed = max(held.committed, offset)
            held.news.set()

    async def write(self, partition: int, place: Place) -> None:
        """Write what changed since the last time; raises `StoreFailed`."""
        held = self._open.get(partition)
        if held is None or self._keeper is None or held.is_closing:
            return
        async with held.writing:
            await self._write(held, self._keeper, partition, place)

    async def close(self, partition: int, place: Place | None) -> None:
        """Give a partition up, with a last checkpoint if all before `place` is committed."""
        held = self._open.get(partition)
        if held is None or self._keeper is None:
            return
        held.is_closing = True
        held.news.set()
        async with held.writing:
            if place is not None:
                await self._write(held, self._keeper, partition, place)
            del self._open[partition]
            if held.reading is not None:
                held.reading.close()
            await done(self._keeper, Order("close", held.name))

    async def _write(self, held: Open, keeper: Keeper, partition: int, place: Place) -> None:
        if place.next == held.written:
            return
        begin = time.monotonic()
        changes = self._pipeline.shard(partition).changes()
        stamp = Stamp(
            scope=held.scope,
            offset=place.next,
            labels=changes.labels,
            history=changes.origin,
            ledger_first=changes.ledger_first,
            ledger_next=changes.ledger_next,
        )
        lines = iter(changes.lines)
        count = 0
        while True:
            rows = list(islice(changes.states, SLICE))
            some = list(islice(lines, SLICE))
            if not rows and not some:
                break
            count += len(rows)
            await keeper.tell(Order("stage", held.name, rows, some))
            await asyncio.sleep(0)
        if await self._is_committed(held, stamp.offset):
            # Payments that waited at the mark have their answers by now, since all before it
            # is committed: repeats of them must find these.
            answered = self._pipeline.shard(partition).ledger.answered_before(stamp.ledger_next)
            if answered:
                await keeper.tell(Order("stage", held.name, [], answered))
            # What is not committed stays staged: the next checkpoint takes it along.
            await done(keeper, Order("commit", held.name, stamp=stamp))
            held.written = stamp.offset
            self._metrics.checkpointed(count, time.monotonic() - begin)
            await self._shed(held, keeper, partition)

    async def _shed(self, held: Open, keeper: Keeper, partition: int) -> None:
        """Let entities go from memory that are stored and beyond what may stay."""
        history = self._pipeline.shard(partition).history
        surplus = iter(history.surplus(self._settings.resident // len(self._open)))
        while some := list(islice(surplus, SLICE)):
            held.reading = held.reading or keeper.read(held.name)
            for kind, key in some:
                history.forget(kind, key)
            await asyncio.sleep(0)

    async def _is_committed(self, held: Open, offset: int) -> bool:
        """Wait until Kafka has committed it; not for long once the partition is given up."""
        end: float | None = None
        while held.committed < offset:
            if held.is_closing and end is None:
                end = time.monotonic() + LAST_SECONDS
            held.news.clear()
            try:
                async with asyncio.timeout(None if end is None else end - time.monotonic()):
                    await held.news.wait()
            except TimeoutError:
                return False
        return True

    async def _fetch_newer(self, scope: Scope, log_begin: int, stop: int) -> None:
        """Replace the own file by the shared one if that one is usable and newer."""
        if self._keeper is None or self._settings.state_share is None:
            return
        name = file_name(scope)
        try:
            shared = _offset(self._keeper.read_shared(name), scope, log_begin, stop)
        except Unusable as refused:
            self._refuse(scope.partition, refused, "shared")
            return
        try:
            own = _offset(self._keeper.read(name), scope, log_begin, stop)
        except Unusable:
            own = -1
        if shared > own:
            await done(self._keeper, Order("fetch", name))
            log.info(
                "checkpoint fetched", extra={"partition": scope.partition, "offset": shared}
            )

    def _restore(self, reading: Reading, scope: Scope, log_begin: int, stop: int) -> TakenUp:
        stamp = reading.stamp()
        require(stamp, scope, log_begin, stop)
        if stamp.scope.plan != scope.plan:
            log.warning(
                "checkpoint of another book: what both declare is carried over, the rest is "
                "unknown until it is warm",
                extra={"partition": scope.partition},
            )
        shard = self._pipeline.empty(reading.load)
        shard.restore(stamp.history, reading.states(AT_ONCE), reading.lines(stamp))
        shard.labels = stamp.labels
        return TakenUp(shard, stamp.offset)

    def _refuse(self, partition: int, refused: Unusable, which: str) -> None:
        self._metrics.refused(refused.reason)
        log.log(
            logging.INFO if refused.reason == "missing" else logging.WARNING,
            "no usable checkpoint",
            extra={"partition": partition, "which": which, "reason": str(refused)},
        )

    def _scope(self, partition: int) -> Scope:
        return Scope(
            topic=self._settings.topic_transactions,
            epoch=self._settings.topic_epoch,
            partition=partition,
            plan=plan_hash(self._pipeline.plan),
            currency=self._pipeline.currency,
        )


def _offset(reading: Reading, scope: Scope, log_begin: int, stop: int) -> int:
    """The offset of a checkpoint; raises `Unusable`."""
    try:
        stamp = reading.stamp()
        require(stamp, scope, log_begin, stop)
    finally:
        reading.close()
    return stamp.offset
