"""Velocities compiled: what is kept of each kind of entity, and the steps that a payment takes.

A condition may read values that were computed for the payment itself. So the steps are staged:
first every velocity that looks only at earlier payments, for all kinds of entity; then the
payment is taken in, and a column whose condition reads a velocity waits until that one is read.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from features.hot import HOT, Heat
from features.layout import Layout, plan_layout, point_key
from features.source import Step
from features.steps import fold_step, past_step
from features.velocity import COMPARING, POINTS, Entity, Velocity


class Stage(msgspec.Struct, frozen=True):
    """One step: of which kind of entity, and whether a later one reads what it gave."""

    kind: int
    step: Step
    is_read: bool


class Plan(msgspec.Struct, frozen=True):
    """What a `History` runs: for each kind its layout and its hot keys; the steps in order."""

    velocities: tuple[Velocity, ...]
    kinds: tuple[tuple[Entity, ...], ...]
    layouts: tuple[Layout, ...]
    heats: tuple[Heat, ...]
    stages: tuple[Stage, ...]


class Circular(ValueError):
    """A velocity reads itself, or one that is known only after it; names the velocity."""


def compile_plan(
    velocities: Sequence[Velocity], base_exponent: int = 2, hot: int = HOT
) -> Plan:
    """Compile declarations that `features.declared.mistakes` found nothing wrong with.

    A key with more than `hot` payments in its longest window is kept in buckets.
    """
    kinds = tuple(dict.fromkeys(v.by for v in velocities))
    order = _Order({v.name: v for v in velocities})
    layouts = tuple(
        [plan_layout("+".join(by), [v for v in velocities if v.by == by]) for by in kinds]
    )
    compiler = _Compiler(tuple(velocities), layouts, order, 10**base_exponent, hot)
    steps = [*compiler.past(), *compiler.folds()]
    read = frozenset[str]().union(*[v.reads for v in velocities])
    stages = tuple([Stage(kind, step, bool(gives & read)) for kind, step, gives in steps])
    return Plan(tuple(velocities), kinds, layouts, tuple(compiler.heats), stages)


class _Order:
    """When each velocity can be read and each column filled."""

    def __init__(self, velocities: Mapping[str, Velocity]) -> None:
        self._velocities = velocities
        self._path: list[str] = []
        self._folds: dict[str, int] = {}

    def past(self, v: Velocity) -> int:
        """The stage of a velocity over earlier payments: behind those it compares."""
        if v.fn not in COMPARING and v.fn != "is_new":
            return 0
        return self._deepest(v, v.of, of_past=True)

    def fold(self, v: Velocity) -> int:
        """The stage of a velocity that includes the payment at hand."""
        if v.name not in self._folds:
            self._folds[v.name] = self._deepest(v, v.reads, of_past=False)
        return self._folds[v.name]

    def filled(self, names: Iterable[str]) -> int:
        """The stage at which a column that reads these names is filled."""
        return max([self._after(name) for name in names], default=0)

    def _after(self, name: str) -> int:
        v = self._velocities.get(name)
        return 1 + self.fold(v) if v is not None and v.includes else 0

    def _deepest(self, v: Velocity, names: Iterable[str], *, of_past: bool) -> int:
        if v.name in self._path:
            raise Circular(v.name)
        self._path.append(v.name)
        try:
            if not of_past:
                return self.filled(names)
            read = [self._velocities[name] for name in names if name in self._velocities]
            if any([other.includes for other in read]):
                raise Circular(v.name)
            return max([1 + self.past(other) for other in read], default=0)
        finally:
            self._path.pop()


Given: TypeAlias = tuple[int, Step, frozenset[str]]
"""A kind, one of its steps, and the names of the velocities that it gives."""


class _Compiler:
    """Makes the steps in the order in which they run."""

    def __init__(
        self,
        velocities: tuple[Velocity, ...],
        layouts: Sequence[Layout],
        order: _Order,
        scale: int,
        hot: int,
    ) -> None:
        self._velocities = velocities
        self._layouts = layouts
        self._order = order
        self._scale = scale
        self._hot = hot
        self._mine = [[v for v in velocities if v.kind == layout.kind] for layout in layouts]
        self.heats = [
            Heat(layout, mine, scale, hot)
            for layout, mine in zip(layouts, self._mine, strict=True)
        ]

    def past(self) -> list[Given]:
        """Every velocity over earlier payments, by stage and kind."""
        found = [
            (self._order.past(v), kind, v)
            for kind, mine in enumerate(self._mine)
            for v in mine
            if not v.includes
        ]
        steps = []
        for stage, kind in sorted({(stage, kind) for stage, kind, _ in found}):
            given = [v for at, of, v in found if (at, of) == (stage, kind)]
            hot = self.heats[kind].past(given)
            step = past_step(self._layouts[kind], given, self._scale, hot)
            steps.append((kind, step, frozenset(v.name for v in given)))
        return steps

    def folds(self) -> list[Given]:
        """Taking the payment in, and every velocity that includes it, by stage and kind."""
        steps = [
            (stage, kind, self._fold(kind, stage, is_last=stage == stages[-1]))
            for kind, stages in enumerate(self._stages())
            for stage in stages
        ]
        ordered = sorted(steps, key=lambda found: found[:2])
        return [(kind, *step) for _, kind, step in ordered]

    def _stages(self) -> list[list[int]]:
        scheduled = [
            _schedule(mine, layout, self._order)
            for mine, layout in zip(self._mine, self._layouts, strict=True)
        ]
        return [
            sorted({0, *slots.values(), *points.values(), *reads.values()})
            for slots, points, reads in scheduled
        ]

    def _fold(self, kind: int, stage: int, *, is_last: bool) -> tuple[Step, frozenset[str]]:
        mine, layout, heat = self._mine[kind], self._layouts[kind], self.heats[kind]
        slots, points, reads = _schedule(mine, layout, self._order)
        given = [v for v in mine if reads.get(v.name) == stage]
        filled = [slot for slot in layout.slots if slots[slot.key] == stage]
        marked = [v for v in mine if points.get(v.name) == stage]
        series = [s for s in heat.series if max(slots[key] for key in heat.keys_of(s)) == stage]
        step = fold_step(
            layout,
            given,
            filled,
            marked,
            self._scale,
            heat.fold(given, filled, marked, series),
            (self._hot, heat.grow) if is_last else None,
        )
        return step, frozenset(v.name for v in given)


def _schedule(
    mine: Sequence[Velocity], layout: Layout, order: _Order
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """The stage at which each slot is filled, each point is marked, each velocity is read."""
    slots = {slot.key: order.filled(slot.reads) for slot in layout.slots}
    labels = [slot.key for slot in layout.slots if slot.key.startswith("label")]
    slots |= dict.fromkeys(labels, max([slots[key] for key in labels], default=0))
    groups: dict[str, int] = {}
    for v in mine:
        if v.fn in POINTS and v.delay is None:
            groups[point_key(v)] = max(groups.get(point_key(v), 0), order.filled(v.reads))
    pointed = [v for v in mine if v.fn in POINTS and v.delay is None]
    points = {v.name: groups[point_key(v)] for v in pointed}
    reads = {
        v.name: points[v.name] if v.fn in POINTS else order.fold(v) for v in mine if v.includes
    }
    return slots, points, reads
