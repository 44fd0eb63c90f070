"""A checkpoint under construction: a state that is folded on, in a file of its own."""

from pathlib import Path
from typing import Final

from risk.ledger import FirstAnswer
from risk.pipeline import Arrival, Pipeline
from risk.shard import AT_ONCE, Shard
from risk.state.stamp import Scope, Stamp
from risk.state.store import Reading, Store, remove

SAVE_EVERY: Final = 100_000
"""Payments after which what changed goes to the file, so that memory stays bounded."""


class Draft:
    """The state of one partition, from nothing or from a copy of a checkpoint at `path`."""

    def __init__(self, pipeline: Pipeline, scope: Scope, path: Path, resident: int) -> None:
        self.path = path
        self.offset = 0
        self.pipeline = pipeline
        self._scope = scope
        self._resident = resident
        self._count = 0
        self._reading: Reading | None = None
        self._store: Store | None = None

    def begin(self) -> None:
        """Start from nothing."""
        remove(self.path)
        self._take(self.pipeline.empty(self._load))

    def go_on(self) -> Stamp:
        """Start from the copy; raises `Unusable`."""
        self._reading = Reading(self.path)
        stamp = self._reading.stamp()
        shard = self.pipeline.empty(self._load)
        shard.restore(stamp.history, self._reading.states(AT_ONCE), self._reading.lines(stamp))
        shard.labels = stamp.labels
        self.offset = stamp.offset
        self._take(shard)
        return stamp

    def fold(self, arrival: Arrival, recorded: FirstAnswer | None = None) -> None:
        """Take up one payment."""
        self.pipeline.fold(arrival, recorded)
        self.count()

    def count(self) -> None:
        """One payment more was folded; now and then it is saved."""
        self._count += 1
        if self._count % SAVE_EVERY == 0:
            self.save(self.offset)

    def save(self, offset: int) -> Stamp:
        """Write what changed; raises `StoreFailed`."""
        self.offset = offset
        shard = self.pipeline.shard(self._scope.partition)
        changes = shard.changes()
        stamp = Stamp(
            scope=self._scope,
            offset=offset,
            labels=changes.labels,
            history=changes.origin,
            ledger_first=changes.ledger_first,
            ledger_next=changes.ledger_next,
        )
        if self._store is None:
            self._store = Store(self.path)
        self._store.commit(changes.states, changes.lines, stamp)
        self._reading = self._reading or Reading(self.path)
        for kind, key in shard.history.surplus(self._resident):
            shard.history.forget(kind, key)
        return stamp

    def close(self, offset: int) -> tuple[Reading, Stamp]:
        """Write the rest and let go of the memory; the file can be read from now on."""
        stamp = self.save(offset)
        if self._store is not None:
            self._store.close()
        if self._reading is not None:
            self._reading.close()
        self.pipeline.replace(self._scope.partition, None)
        return Reading(self.path), stamp

    def _take(self, shard: Shard) -> None:
        self.pipeline.replace(self._scope.partition, shard)

    def _load(self, kind: str, key: str) -> bytes | None:
        return None if self._reading is None else self._reading.load(kind, key)
