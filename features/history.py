"""What was before: the fold over the log that gives velocities their values.

One `History` is the state of one partition. `observe` takes a payment in, in the order of the
log, and returns its values; the same log gives the same values and the same state, wherever it
was saved and restored in between. The laws of a window are in `features.windows`.

A velocity is **unknown until it is warm** (`features.warmth`): until the log has covered its
window since it was declared. `since` says from which event time the log is complete for it.
Known earlier are a last payment that was found, which more of the past could not change, and
who is new, as far as the log reaches.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, TypeAlias

import msgspec

from features.codec import Shape
from features.driver import driver
from features.labels import PAYMENT, SPELL, WAITING, End, Frozen, Label, Labels, encode
from features.plan import Plan
from features.source import Mark
from features.subject import Subject
from features.table import Loader, Table
from features.transaction import Scalar
from features.velocity import ONLY_PAST
from features.warmth import warm_times
from features.windows import NONE

BEGINNING: Final = -(2**62)
"""`since` of a log that holds all there ever was."""

NO_MARKS: Final[Mapping[str, Mark]] = {}
CLOCK: Final = ("history", "clock")
"""Kind and key under which the newest event time is stored."""

EAGER: Final = ("history", WAITING)
"""Kinds of stored states that must all be loaded before the first payment."""

Stored: TypeAlias = tuple[str, str, bytes]
"""Kind, key and state; no bytes for what is gone."""


class Remembered(msgspec.Struct, frozen=True, gc=False):
    """The known values of a payment, and those of them that are marked."""

    values: dict[str, Scalar]
    marks: Mapping[str, Mark] = NO_MARKS


class Origin(msgspec.Struct, frozen=True):
    """What must be known to read stored states.

    `since`: for each velocity, by its digest, from which event time the log is complete;
    `shapes`: by kind, every shape in which states may still be stored.
    """

    since: dict[str, int]
    shapes: dict[str, list[Shape]]


class History:
    """The entities of one partition of the log.

    `since` is the event time from which the log is complete: `BEGINNING` where nothing came
    before it, None for the time of the first payment. With `is_shared` several workers split
    the log by payer, so that values by other entities are partial. `loader` gives what was
    stored and is not in memory.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        since: int | None = None,
        is_shared: bool = False,
        loader: Loader | None = None,
    ) -> None:
        self._plan = plan
        self._tables = [
            Table(layout, heat.complete, loader)
            for layout, heat in zip(plan.layouts, plan.heats, strict=True)
        ]
        delays = [v.delay for v in plan.velocities if v.delay is not None]
        self._labels = Labels(self._tables, loader, min(delays, default=0))
        self._drive = driver(plan, self._tables, self._publish, takes_in=True)
        self._look = driver(plan, self._tables, self._publish, takes_in=False)
        self._clock = BEGINNING
        self._since: dict[str, int] = {}
        self._origin = since
        self._is_declared = False
        self._warm_at = BEGINNING
        self._cold: tuple[tuple[str, int], ...] = ()
        self._marks = NO_MARKS
        if is_shared:
            self._marks = dict.fromkeys(
                [v.name for v in plan.velocities if "payer" not in v.by], "partial"
            )

    @property
    def marks(self) -> Mapping[str, Mark]:
        """What is marked of every payment: this very object is a payment's if no more is."""
        return self._marks

    @property
    def clock(self) -> int:
        """The greatest event time, microseconds UTC."""
        return self._clock

    def sizes(self) -> dict[str, int]:
        """How many entities of each kind are in memory."""
        return {table.kind: len(table.states) for table in self._tables}

    def observe(self, subject: Subject, values: Mapping[str, Scalar]) -> Remembered:
        """Take a payment in and return its values.

        `values` are those of the payment's own fields, as conditions read them.
        """
        at = subject.at
        if not self._is_declared:
            self._declare(at if self._origin is None else self._origin)
        if at > self._clock:
            self._clock = at
            if self._labels.is_needed:
                self._labels.catch_up(at)
        out, marks = dict[str, Scalar](), dict[str, Mark]()
        minor = NONE if subject.amount_minor is None else subject.amount_minor
        states = self._drive(subject, values, at, minor, out, marks)
        if self._labels.is_needed:
            self._labels.passed(subject.id, at, states, self._clock)
            self._labels.expire(self._clock)
        return self._remembered(out, marks, at)

    def recall(self, subject: Subject, values: Mapping[str, Scalar]) -> Remembered:
        """Look at a payment that was taken in, as history stands now; nothing changes.

        It counts once. What only the first look could tell (what was last, who was new) is
        unknown. A hot key's buckets, which are marked anyway, hold it twice.
        """
        out, marks = dict[str, Scalar](), dict[str, Mark]()
        minor = NONE if subject.amount_minor is None else subject.amount_minor
        self._look(subject, values, subject.at, minor, out, marks)
        for v in self._plan.velocities:
            if v.fn in ONLY_PAST and v.delay is None:
                out.pop(v.name, None)
        return self._remembered(out, marks, subject.at)

    def learn(self, label: Label) -> End:
        """Take a label; see `features.labels` for what becomes of it."""
        return self._labels.learn(label, self._clock)

    def settled(self) -> list[End]:
        """What became of labels that had to wait, since the last call."""
        found, self._labels.settled = self._labels.settled, []
        return found

    def _remembered(
        self, out: dict[str, Scalar], marks: dict[str, Mark], at: int
    ) -> Remembered:
        if at < self._warm_at:
            self._drop_cold(out, at)
        return Remembered(out, {**self._marks, **marks} if marks else self._marks)

    def _publish(
        self, known: Mapping[str, Scalar], out: dict[str, Scalar], at: int
    ) -> Mapping[str, Scalar]:
        """The values that conditions may read, once more of them are known."""
        if at < self._warm_at:
            self._drop_cold(out, at)
        return {**known, **out}

    def _drop_cold(self, out: dict[str, Scalar], at: int) -> None:
        for name, warm_at in self._cold:
            if at < warm_at:
                out.pop(name, None)

    def _declare(self, since: int) -> None:
        for v in self._plan.velocities:
            self._since.setdefault(v.name, since)
        warm_at = warm_times(self._plan.velocities, self._since)
        self._cold = tuple(warm_at.items())
        self._warm_at = max(warm_at.values(), default=BEGINNING)
        self._is_declared = True

    def origin(self) -> Origin:
        """What belongs to the stored states: from when, and in which shapes they are."""
        names = [v for v in self._plan.velocities if v.name in self._since]
        return Origin(
            {v.digest: self._since[v.name] for v in names},
            {table.kind: table.codec.shapes for table in self._tables},
        )

    def resume(self, origin: Origin) -> None:
        """Go on from stored states; velocities that they do not know start now."""
        for v in self._plan.velocities:
            if v.digest in origin.since:
                self._since[v.name] = origin.since[v.digest]
        for table in self._tables:
            for shape in origin.shapes.get(table.kind, ()):
                table.codec.tell(shape)
        self._origin = None if origin.since else self._origin
        if all([v.name in self._since for v in self._plan.velocities]):
            self._declare(BEGINNING)  # nothing is left to say, and a recall may come first

    def changed(self) -> Iterator[Stored]:
        """What changed since the last call, as it is at this call.

        The states are written while the caller iterates, which he may do in slices between
        payments: an entity that is about to change is written first. Iterate to the end before
        the next call.
        """
        for table in self._tables:
            table.freeze()
        labels = self._labels.freeze()
        return self._written(labels, encode(self._clock))

    def _written(self, labels: Frozen, clock: bytes) -> Iterator[Stored]:
        yield (*CLOCK, clock)
        for (kind, key), held in labels:
            yield kind, key, b"" if held is None else encode(held)
        for table in self._tables:
            for key, stored in table.written():
                yield table.kind, key, stored

    def load(self, kind: str, key: str, stored: bytes) -> bool:
        """Take what `changed` gave; False if a plan with other columns wrote it."""
        if (kind, key) == CLOCK:
            self._clock = msgspec.msgpack.decode(stored, type=int)
            self._labels.resume(self._clock)
        elif kind in (WAITING, PAYMENT, SPELL):
            self._labels.load(kind, key, stored)
        else:
            tables = [table for table in self._tables if table.kind == kind]
            return bool(tables) and tables[0].load(key, stored)
        return True

    def surplus(self, most: int) -> list[tuple[str, str]]:
        """Kind and key of those in memory beyond `most`: of each kind those there longest."""
        whole = sum([len(table.states) for table in self._tables]) + len(self._labels)
        found: list[tuple[str, str]] = []
        for table in self._tables:
            size = len(table.states)
            extra = size - most * size // whole if whole > most else 0
            found += [(table.kind, key) for key in islice(table.states, extra)]
        if whole > most:
            size = len(self._labels)
            found += self._labels.surplus(size - most * size // whole)
        return found

    def forget(self, kind: str, key: str) -> bool:
        """Let a stored entity go from memory; False if it changed since it was stored."""
        if kind in (PAYMENT, SPELL):
            return self._labels.forget(kind, key)
        return all([table.forget(key) for table in self._tables if table.kind == kind])
