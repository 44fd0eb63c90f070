"""What the windows of one entity hold, without a payment at hand: for people who look at it.

All is as of the entity's newest payment, that one included. What a velocity would compare a
payment with is told instead of the comparison: the mean, the median, the spread.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from features.layout import Layout, State, met_key, point_key
from features.plan import Plan
from features.source import Mark
from features.steps import past_step
from features.transaction import Scalar
from features.velocity import POINTS, Velocity
from features.windows import NONE

MEAN: Final = "mean"
SPREAD: Final = "spread"
MEDIAN: Final = "median"
LOW: Final = "lower quartile"
HIGH: Final = "upper quartile"
AT: Final = "at"
MET: Final = "met"
ITSELF: Final = ""


class Seen(msgspec.Struct, frozen=True):
    """What stands behind one velocity: parts by name, only those that are known.

    The part `ITSELF` is the velocity's own value. `AT` is a time in microseconds UTC; `MET` how
    many different ones are remembered; the others are what a payment would be compared with.
    """

    parts: dict[str, Scalar]
    mark: Mark | None = None


def glance(plan: Plan, kind: str, state: State, base_exponent: int = 2) -> dict[str, Seen]:
    """Read every velocity of a kind from a state; nothing is changed.

    Money is in major units. A kind that the plan does not keep has none.
    """
    kinds = [layout.kind for layout in plan.layouts]
    if kind not in kinds:
        return {}
    place = kinds.index(kind)
    layout, mine = plan.layouts[place], [v for v in plan.velocities if v.kind == kind]
    asked = [one for v in mine for one in _parts(v)]
    step = past_step(layout, asked, 10**base_exponent, plan.heats[place].past(asked))
    out, marks = dict[str, Scalar](), dict[str, Mark]()
    newest = state[0][0]
    step(state, {}, newest, NONE, out, 0, marks)
    return {v.name: _seen(v, layout, state, newest, out, marks) for v in mine}


def _parts(v: Velocity) -> Iterator[Velocity]:
    """The velocities over earlier payments that tell what stands behind one."""
    if v.fn == "is_new" or (v.fn == "since_last" and v.delay is None):
        return
    fns: Sequence[tuple[str, str, float]] = _NORMS.get(_norm_of(v), ((ITSELF, v.fn, v.q),))
    for part, fn, q in fns:
        given = {"name": f"{v.name}/{part}", "fn": fn, "q": q, "include_current": False}
        yield msgspec.structs.replace(v, **given)


def _norm_of(v: Velocity) -> str:
    return f"ratio_{v.to}" if v.fn == "ratio_to" else v.fn


_NORMS: Final[dict[str, tuple[tuple[str, str, float], ...]]] = {
    "ratio_mean": ((MEAN, "mean", 0.5),),
    "ratio_median": ((MEDIAN, "median", 0.5),),
    "z_mean": ((MEAN, "mean", 0.5), (SPREAD, "stddev", 0.5)),
    "z_median": (
        (MEDIAN, "median", 0.5),
        (LOW, "percentile", 0.25),
        (HIGH, "percentile", 0.75),
    ),
}


def _seen(
    v: Velocity,
    layout: Layout,
    state: State,
    newest: int,
    out: dict[str, Scalar],
    marks: dict[str, Mark],
) -> Seen:
    names = {part: f"{v.name}/{part}" for part in (ITSELF, MEAN, SPREAD, MEDIAN, LOW, HIGH)}
    parts: dict[str, Scalar] = {part: out[n] for part, n in names.items() if n in out}
    if v.fn == "is_new":
        lasts = state[layout.places[f"lasts:{met_key(v)}"]]
        parts[MET] = sum([last > newest - v.window for last in lasts])
    if v.fn in POINTS and v.delay is None:
        first, last = _points(v, layout, state)
        if last > newest - v.window:
            parts[AT] = first if v.fn in ("first", "since_first") else last
    found = [marks[n] for n in names.values() if n in marks]
    return Seen(parts, found[0] if found else None)


def _points(v: Velocity, layout: Layout, state: State) -> tuple[int, int]:
    place = 1 + 2 * layout.points.index(point_key(v))
    return state[0][place], state[0][place + 1]
