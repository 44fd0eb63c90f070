"""Velocities compiled: what is kept of each kind of entity, and the steps that a payment takes.

A condition may read values that were computed for the payment itself. So the steps are staged:
first every velocity that looks only at earlier payments, for all kinds of entity; then the
payment is taken in, and a column whose condition reads a velocity waits until that one is read.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

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
    """What a `History` runs. `scale`: minor units in one major unit of the book's currency."""

    velocities: tuple[Velocity, ...]
    kinds: tuple[tuple[Entity, ...], ...]
    layouts: tuple[Layout, ...]
    stages: tuple[Stage, ...]
    scale: int


class Circular(ValueError):
    """A velocity reads itself, or one that is known only after it; names the velocity."""


def compile_plan(velocities: Sequence[Velocity], base_exponent: int = 2) -> Plan:
    """Compile declarations that `features.declared.mistakes` found nothing wrong with."""
    kinds = tuple(dict.fromkeys(v.by for v in velocities))
    order = _Order({v.name: v for v in velocities})
    layouts = tuple(
        [plan_layout("+".join(by), [v for v in velocities if v.by == by]) for by in kinds]
    )
    scale = 10**base_exponent
    steps = [
        *_past(velocities, kinds, layouts, order, scale),
        *_folds(velocities, kinds, layouts, order, scale),
    ]
    read = frozenset[str]().union(*[v.reads for v in velocities])
    stages = tuple([Stage(kind, step, bool(gives & read)) for kind, step, gives in steps])
    return Plan(tuple(velocities), kinds, layouts, stages, scale)


class _Order:
    """When each velocity can be read and each column filled."""

    def __init__(self, velocities: Mapping[str, Velocity]) -> None:
        self._velocities = velocities
        self._path: list[str] = []

    def past(self, v: Velocity) -> int:
        """The stage of a velocity over earlier payments: behind those it compares."""
        if v.fn not in COMPARING and v.fn != "is_new":
            return 0
        return self._deepest(v, v.of, of_past=True)

    def fold(self, v: Velocity) -> int:
        """The stage of a velocity that includes the payment at hand."""
        return self._deepest(v, v.reads, of_past=False)

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


def _past(
    velocities: Sequence[Velocity],
    kinds: Sequence[tuple[Entity, ...]],
    layouts: Sequence[Layout],
    order: _Order,
    scale: int,
) -> list[tuple[int, Step, frozenset[str]]]:
    found = [(order.past(v), kinds.index(v.by), v) for v in velocities if not v.includes]
    steps = []
    for stage, kind in sorted({(stage, kind) for stage, kind, _ in found}):
        mine = [v for at, of, v in found if (at, of) == (stage, kind)]
        gives = frozenset(v.name for v in mine)
        steps.append((kind, past_step(layouts[kind], mine, scale), gives))
    return steps


def _folds(
    velocities: Sequence[Velocity],
    kinds: Sequence[tuple[Entity, ...]],
    layouts: Sequence[Layout],
    order: _Order,
    scale: int,
) -> list[tuple[int, Step, frozenset[str]]]:
    steps = []
    for kind, by in enumerate(kinds):
        mine = [v for v in velocities if v.by == by]
        slots, points, reads = _schedule(mine, layouts[kind], order)
        for stage in sorted({0, *slots.values(), *points.values(), *reads.values()}):
            given = [v for v in mine if reads.get(v.name) == stage]
            step = fold_step(
                layouts[kind],
                given,
                [slot for slot in layouts[kind].slots if slots.get(slot.key) == stage],
                [v for v in mine if points.get(v.name) == stage],
                scale,
            )
            steps.append((stage, kind, step, frozenset(v.name for v in given)))
    return [found[1:] for found in sorted(steps, key=lambda found: found[:2])]


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
