"""The state of one partition: the history of its entities and the ledger of its answers."""

from collections.abc import Iterable, Iterator

import msgspec

from features.history import History, Origin, Stored
from features.plan import Plan
from features.table import Loader
from risk.ledger import Ledger, Line


class Changes(msgspec.Struct, frozen=True):
    """What a checkpoint writes: all that changed since the one before, as it was at one moment.

    `states` are encoded while the caller iterates, which may be in slices between payments.
    """

    states: Iterator[Stored]
    lines: Iterable[Line]
    origin: Origin
    ledger_first: int
    ledger_next: int


class Shard:
    """One partition's state. `loader` gives stored states that are not in memory."""

    def __init__(self, known_ids: int, plan: Plan, loader: Loader | None = None) -> None:
        self.history = History(plan, loader=loader)
        self.ledger = Ledger(known_ids)

    def changes(self) -> Changes:
        """What changed since the last call; iterate `states` to the end before the next one."""
        return Changes(
            states=self.history.changed(),
            lines=self.ledger.changed(),
            origin=self.history.origin(),
            ledger_first=self.ledger.first,
            ledger_next=self.ledger.next,
        )

    def restore(self, origin: Origin, states: Iterable[Stored], lines: Iterable[Line]) -> None:
        """Take what `changes` gave; states that are left out are loaded when needed."""
        self.history.resume(origin)
        for kind, key, content in states:
            self.history.load(kind, key, content)
        self.ledger.load(lines)
