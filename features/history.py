"""What was before: the fold over the log that gives velocities their values.

One `History` is the state of one partition. `observe` takes a payment in, in the order of the
log, and returns its values; the same log gives the same values and the same state, wherever it
was saved and restored in between. The laws of a window are in `features.windows`.

A velocity is **unknown until it is warm**: until the log has covered its window (and delay)
since it was declared. `since` says from which event time the log is complete for it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Final, Literal, TypeAlias

import msgspec

from features.layout import State
from features.plan import Plan
from features.subject import Subject, key_of
from features.table import Table
from features.transaction import Scalar
from features.windows import NONE

Mark: TypeAlias = Literal["partial", "approximate", "saturated"]
"""Why a value is not what it seems: only a part of the log was seen, it was estimated, or its
window holds more than is kept."""

BEGINNING: Final = -(2**62)
"""`since` of a log that holds all there ever was."""

NO_MARKS: Final[Mapping[str, Mark]] = {}
Loader: TypeAlias = Callable[[str, str], bytes | None]
"""Kind and key of an entity -> its stored state, None if there is none."""


class Remembered(msgspec.Struct, frozen=True, gc=False):
    """The known values of a payment, and those of them that are marked."""

    values: dict[str, Scalar]
    marks: Mapping[str, Mark] = NO_MARKS


class History:
    """The entities of one partition of the log.

    `since` is the event time from which the log is complete: `BEGINNING` where nothing came
    before it, None for the time of the first payment. With `is_shared` several workers split
    the log by payer, so that values by other entities are partial.
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
        self._tables = [Table(layout, loader) for layout in plan.layouts]
        self._keys = [key_of(by) for by in plan.kinds]
        self._known_as = {table.kind: table for table in self._tables}
        self._steps = [(s.kind, s.step, s.is_read) for s in plan.stages]
        self._since: dict[str, int] = {}
        self._first = since
        self._warm_at = BEGINNING if not plan.velocities else -BEGINNING
        self._marks: Mapping[str, Mark] = NO_MARKS
        if is_shared:
            others = [v.name for v in plan.velocities if "payer" not in v.by]
            self._marks = dict.fromkeys(others, "partial")
        if since is not None:
            self.declare(since)

    def __len__(self) -> int:
        return sum([len(table.states) for table in self._tables])

    def observe(self, subject: Subject, values: Mapping[str, Scalar]) -> Remembered:
        """Take a payment in and return its values.

        `values` are those of the payment's own fields, as conditions read them.
        """
        if self._first is None:
            self._first = subject.at
            self.declare(subject.at)
        states = []
        for table, key_of_ in zip(self._tables, self._keys, strict=True):
            key = key_of_(subject)
            states.append(None if key is None else table.open(key))
        return self._run(states, subject, values)

    def recall(self, subject: Subject, values: Mapping[str, Scalar]) -> Remembered:
        """Look at a payment as if it came now, once more, without taking it in."""
        states = []
        for table, key_of_ in zip(self._tables, self._keys, strict=True):
            key = key_of_(subject)
            states.append(None if key is None else deepcopy(table.look(key)))
        return self._run(states, subject, values)

    def _run(
        self, states: list[State | None], subject: Subject, values: Mapping[str, Scalar]
    ) -> Remembered:
        at, minor = subject.at, subject.amount_minor
        minor = NONE if minor is None else minor
        is_cold = at < self._warm_at
        known, out = values, {}
        backs = [0] * len(states)
        for kind, step, is_read in self._steps:
            state = states[kind]
            if state is None:
                continue
            backs[kind] = step(state, known, at, minor, out, backs[kind])
            if is_read:
                if is_cold:
                    self._drop_cold(out, at)
                known = {**values, **out}
        if is_cold:
            self._drop_cold(out, at)
        return Remembered(out, self._marks)

    def _drop_cold(self, out: dict[str, Scalar], at: int) -> None:
        for v in self._plan.velocities:
            if v.name in out and at - self._since[v.name] < v.reach:
                del out[v.name]

    def declare(self, since: int) -> None:
        """Say from when the log is complete for every velocity that has no such time yet."""
        for v in self._plan.velocities:
            self._since.setdefault(v.name, since)
            reach = self._since[v.name] + v.reach
        self._warm_at = max(
            [self._since[v.name] + v.reach for v in self._plan.velocities], default=BEGINNING
        )
