"""The state of one partition: history of its entities, open sequences, answers given."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

import msgspec

from features.history import EAGER, History, Origin, Stored
from features.plan import Plan
from features.table import Loader
from risk.ledger import Ledger, Line
from rules.model import Book
from rules.sequences import Sequences
from rules.watch import KIND

AT_ONCE: Final = (*EAGER, KIND)
"""Kinds of states that must be restored before the first payment; others when needed."""


class Changes(msgspec.Struct, frozen=True):
    """What a checkpoint writes: all that changed since the one before, as it was at one moment.

    `states` are encoded while the caller iterates, which may be in slices between payments.
    """

    states: Iterator[Stored]
    lines: Iterable[Line]
    labels: int
    origin: Origin
    ledger_first: int
    ledger_next: int


class Shard:
    """One partition's state. `loader` gives stored states that are not in memory.

    `labels` is the next offset of the labels topic. `is_shared`: the log has other partitions,
    too.
    """

    def __init__(
        self,
        known_ids: int,
        plan: Plan,
        book: Book,
        loader: Loader | None = None,
        *,
        is_shared: bool = False,
    ) -> None:
        self.history = History(plan, is_shared=is_shared, loader=loader)
        self.labels = 0
        self.sequences = Sequences(book)
        self.ledger = Ledger(known_ids)

    def changes(self) -> Changes:
        """What changed since the last call; iterate `states` to the end before the next one."""
        return Changes(
            states=chain(self.history.changed(), self.sequences.changed()),
            lines=self.ledger.changed(),
            labels=self.labels,
            origin=self.history.origin(),
            ledger_first=self.ledger.first,
            ledger_next=self.ledger.next,
        )

    def restore(self, origin: Origin, states: Iterable[Stored], lines: Iterable[Line]) -> None:
        """Take what `changes` gave; states that are left out are loaded when needed."""
        self.history.resume(origin)
        sequences: list[Stored] = []
        for kind, key, content in states:
            if kind == KIND:
                sequences.append((kind, key, content))
            else:
                self.history.load(kind, key, content)
        self.sequences.load(sequences, self.history.clock)
        self.ledger.load(lines)
