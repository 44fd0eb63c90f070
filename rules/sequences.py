"""Rules over several events: which sequences an event completes.

A fold over the log: events are looked at in its order, whatever their times are; times only
say whether all steps lie within the window, counted back from the latest one that is kept of
the same key. What is kept is bounded for each key and in all, the oldest goes first. Where
something within the window had to go, "no" becomes unknown: a bound never hides a sequence.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

import msgspec

from rules.model import ALWAYS, Book
from rules.vocabulary import Scalar
from rules.watch import KIND, Kept, Values, Watch, encode

PER_KEY: Final = 20
"""Events kept of one key: with three steps at most 190 pairs are looked at."""

IN_ALL: Final = 50_000
"""Events kept of one rule."""


class Sequences:
    """The sequences of a book's rules that are not off, over one partition of the log.

    `before` are those of the book that was used until now: what it kept for an equal sequence
    is taken over, and whether another one is completed is unknown until its window has passed.
    """

    def __init__(
        self,
        book: Book,
        per_key: int = PER_KEY,
        in_all: int = IN_ALL,
        before: "Sequences | None" = None,
    ) -> None:
        self._latest: int = ALWAYS if before is None else before._latest
        self._watches: dict[str, Watch] = {}
        self._gone: list[str] = []
        for rule in book.rules.values():
            if rule.sequence is not None and rule.mode != "off":
                watch = Watch(rule, rule.sequence, book, (per_key, in_all), self._latest)
                old = None if before is None else before._watches.get(rule.id)
                same = old is not None and old.meaning == watch.meaning
                self._watches[rule.id] = old if old is not None and same else watch

    def __bool__(self) -> bool:
        """Whether there is anything to watch."""
        return bool(self._watches)

    @property
    def meanings(self) -> dict[str, object]:
        """What each sequence means, by its rule; equal ones share what is kept."""
        return {name: watch.meaning for name, watch in self._watches.items()}

    @property
    def dropped(self) -> int:
        """How many events had to go while they were within their window."""
        return sum([watch.dropped for watch in self._watches.values()])

    @property
    def kept(self) -> int:
        """How many events are kept."""
        return sum([watch.kept for watch in self._watches.values()])

    def observe(self, values: Values, at: int) -> dict[str, Scalar]:
        """Take the next event of the log, and tell what it completes.

        That is `sequence.ID`, and if it is true the values of the earlier steps. The flag is
        absent (unknown) if the event has no key, if only unknown values stand between it and a
        sequence, and if what was dropped could complete one.
        """
        found = self._look(values, at)
        self._latest = max(self._latest, at)
        for watch in self._watches.values():
            watch.keep(values, at)
        return found

    def recall(self, values: Values, at: int) -> dict[str, Scalar]:
        """Tell once more what an event completes that was observed before."""
        return self._look(values, at, again=True)

    def changed(self) -> Iterator[Kept]:
        """What changed since the last call, as it is at this call; encoded as it is taken."""
        if not self._watches:
            return iter(())
        gone, self._gone = self._gone, []
        rows: Iterator[Kept] = iter([(KIND, "", encode(self._latest))])
        removed = [(KIND, key, b"") for key in gone]
        return chain(rows, removed, *[watch.changed() for watch in self._watches.values()])

    def load(self, rows: Iterable[Kept], clock: int) -> None:
        """Take all that `changed` gave up to event time `clock`.

        A sequence of which nothing was stored is unknown until its window has passed.
        """
        stored = {key: content for _, key, content in rows}
        latest = msgspec.json.decode(stored.pop("", encode(ALWAYS)), type=int)
        self._latest = max(latest, clock)
        for watch in self._watches.values():
            watch.load(stored, self._latest)
        self._gone = list(stored)

    def _look(self, values: Values, at: int, *, again: bool = False) -> dict[str, Scalar]:
        found: dict[str, Scalar] = {}
        for watch in self._watches.values():
            found |= watch.look(values, at, again=again)
        return found
