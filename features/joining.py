"""Two stored histories of one partition in one: see `features.merge` for a single entity.

Both were folded up to the same place of the log by the same plan: one went on from a checkpoint
of an older plan, one was built anew. What one velocity knows reaches as far back as the better
of the two; if the windows of some key could not be joined, as far as the built one.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from features.codec import Codec
from features.history import CLOCK, Origin, Stored
from features.labels import PAYMENT, SPELL, WAITING, join_payment, join_spell
from features.layout import is_windowed
from features.merge import merge
from features.plan import Plan


class Side(Protocol):
    """Stored states."""

    def states(self, kinds: Iterable[str]) -> Iterator[Stored]:
        """All states of these kinds."""
        ...

    def load(self, kind: str, key: str) -> bytes | None:
        """One state, None if there is none."""
        ...


class Joining:
    """Iterate `rows` to their end, then ask for the `origin`."""

    def __init__(
        self, plan: Plan, carried: Side, built: Side, origins: tuple[Origin, Origin]
    ) -> None:
        self._plan = plan
        self._carried = carried
        self._built = built
        self._origins = origins
        self._lossy: set[str] = set()

    def rows(self) -> Iterator[Stored]:
        """Every state of the joined history."""
        clock = self._built.load(*CLOCK) or self._carried.load(*CLOCK)
        if clock is not None:
            yield (*CLOCK, clock)
        for place in range(len(self._plan.layouts)):
            yield from self._entities(place)
        joins = {PAYMENT: join_payment, SPELL: join_spell, WAITING: lambda one, _: one}
        for kind, join in joins.items():
            yield from self._pairs(kind, join)

    def origin(self) -> Origin:
        """From when each velocity is complete."""
        carried, built = self._origins
        since = {}
        for v in self._plan.velocities:
            known = [built.since.get(v.digest)]
            if not (v.kind in self._lossy and is_windowed(v)):
                known.append(carried.since.get(v.digest))
            found = [one for one in known if one is not None]
            if found:
                since[v.digest] = min(found)
        return Origin(since, built.shapes)

    def _entities(self, place: int) -> Iterator[Stored]:
        layout, heat = self._plan.layouts[place], self._plan.heats[place]
        codec = Codec(layout, heat.complete)
        for origin in self._origins:
            for shape in origin.shapes.get(layout.kind, ()):
                codec.tell(shape)

        before = self._origins[0].shapes.get(layout.kind, ())
        notes = frozenset(layout.notes).intersection(*[shape.notes for shape in before])

        def join(one: bytes, other: bytes) -> bytes:
            carried, built = codec.decode(one), codec.decode(other)
            if carried is None or built is None:
                return other
            state, is_whole = merge(layout, carried, built, notes)
            if not is_whole:
                self._lossy.add(layout.kind)
            return codec.encode(state)

        for kind, key, stored in self._pairs(layout.kind, join):
            state = codec.decode(stored)
            if state is not None:
                yield kind, key, codec.encode(state)

    def _pairs(self, kind: str, join: "Join") -> Iterator[Stored]:
        for _, key, stored in self._carried.states([kind]):
            other = self._built.load(kind, key)
            yield kind, key, stored if other is None else join(stored, other)
        for _, key, stored in self._built.states([kind]):
            if self._carried.load(kind, key) is None:
                yield kind, key, stored


class Join(Protocol):
    """Joins the carried and the built state of one key."""

    def __call__(self, carried: bytes, built: bytes, /) -> bytes:
        """The joined state."""
        ...
