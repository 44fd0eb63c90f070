"""What is kept of one entity: a list of columns, planned from the velocities of its kind.

Slot 0 are the points (the clock, then first and last of each group), the last slot is the
buckets of a hot key or None. Columns of windows are aligned at their right end: each reaches
back only as far as its own velocities look, so a late entry is inserted so many before the end.
"""

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec

from features.velocity import NUMERIC, POINTS, Condition, Velocity
from features.windows import NONE

Form: TypeAlias = Literal[
    "points", "times", "money", "number", "identity", "mask", "label", "notes", "buckets"
]
State: TypeAlias = list[Any]
"""One entry for each slot of the layout; see `fresh`."""

MONEY: Final = ("amount",)
"""The one value that is kept in integer minor units."""


class Slot(msgspec.Struct, frozen=True):
    """One column. `key` says what it holds; equal keys hold the same in every plan."""

    key: str
    form: Form
    of: tuple[str, ...] = ()
    where: Condition | None = None

    @property
    def reads(self) -> frozenset[str]:
        """The names that must be known before an entry can be made."""
        return frozenset(self.of) | (self.where.reads if self.where else frozenset())


Use: TypeAlias = tuple[int, int | None]
"""A window in microseconds, and how many of its newest entries are looked at (None: all)."""


class Layout(msgspec.Struct, frozen=True):
    """The slots of one kind of entity and the groups of points in slot 0.

    `uses` says for each column of windows who looks how far; `met` how long a table remembers;
    `horizon` and `label_reach` how late a payment may be for the windows and for the labels
    (microseconds, 0 if there are none).
    """

    kind: str
    slots: tuple[Slot, ...]
    places: Mapping[str, int]
    uses: Mapping[str, tuple[Use, ...]]
    points: tuple[str, ...]
    notes: tuple[str, ...]
    met: Mapping[str, int]
    horizon: int
    label_reach: int

    def fresh(self) -> State:
        """An entity that was never seen."""
        return [_empty(slot.form, len(self.points), len(self.notes)) for slot in self.slots]


def _empty(form: Form, points: int, notes: int) -> Any:
    if form == "points":
        return array("q", [NONE] * (1 + 2 * points))
    if form == "notes":
        return [None] * (2 * notes)
    if form in ("mask", "label"):
        return bytearray()
    if form == "buckets":
        return None
    return array(TYPES[form])


TYPES: Final = {"points": "q", "times": "q", "money": "i", "number": "d", "identity": "q"}


def text_of(where: Condition | None) -> str:
    """A condition as part of a key."""
    return where.text if where else ""


def column_key(velocity: Velocity) -> str:
    """The key of the column a velocity looks at."""
    return f"{form_of(velocity)}:{','.join(velocity.of)}"


def form_of(velocity: Velocity) -> Form:
    """How the values of a velocity are kept."""
    if velocity.fn in NUMERIC:
        return "money" if velocity.of == MONEY else "number"
    return "identity"


def point_key(velocity: Velocity) -> str:
    """The key of the group of points of a velocity."""
    return f"{velocity.window}:{text_of(velocity.where)}"


def note_key(velocity: Velocity) -> str:
    """The key of the pair of notes (first, last) of a velocity."""
    return f"{point_key(velocity)}:{','.join(velocity.of)}"


def met_key(velocity: Velocity) -> str:
    """The key of the table of those that were met."""
    return f"{','.join(velocity.of)}:{text_of(velocity.where)}"


def is_windowed(velocity: Velocity) -> bool:
    """Whether a velocity looks at the columns of payments."""
    return velocity.delay is None and velocity.fn not in POINTS and velocity.fn != "is_new"


def plan_layout(kind: str, velocities: Sequence[Velocity]) -> Layout:
    """The slots that these velocities, all of one kind, need."""
    slots = {slot.key: slot for v in velocities for slot in _slots(v)}
    notes = dict.fromkeys(note_key(v) for v in velocities if _is_point(v) and v.of)
    ordered = [Slot("points", "points"), *slots.values()]
    ordered += [Slot("notes", "notes")] if notes else []
    ordered.append(Slot("buckets", "buckets"))
    return Layout(
        kind,
        tuple(ordered),
        {slot.key: place for place, slot in enumerate(ordered)},
        uses_of(velocities),
        tuple(dict.fromkeys(point_key(v) for v in velocities if _is_point(v))),
        tuple(notes),
        _longest({met_key(v): v.window for v in velocities if v.fn == "is_new"}, velocities),
        max([v.window for v in velocities if is_windowed(v)], default=0),
        max([v.reach for v in velocities if v.delay is not None], default=0),
    )


def _slots(v: Velocity) -> list[Slot]:
    if v.delay is not None:
        masks = [Slot(f"label_mask:{v.where.text}", "mask", (), v.where)] if v.where else []
        return [Slot("label_times", "times"), Slot("labels", "label"), *masks]
    if v.fn == "is_new":
        name = met_key(v)
        return [
            Slot(f"ids:{name}", "identity", v.of, v.where),
            Slot(f"lasts:{name}", "times", v.of, v.where),
        ]
    if v.fn in POINTS:
        return []
    columns = [Slot(column_key(v), form_of(v), v.of)] if v.of else []
    masks = [Slot(f"mask:{v.where.text}", "mask", (), v.where)] if v.where else []
    return [Slot("times", "times"), *columns, *masks]


def uses_of(velocities: Sequence[Velocity]) -> dict[str, tuple[Use, ...]]:
    """Who looks how far into each column; what a longer look covers is left out."""
    looks: dict[str, set[Use]] = {}
    for v in velocities:
        if is_windowed(v):
            for slot in _slots(v):
                looks.setdefault(slot.key, set()).add((v.window, v.newest))
    uses: dict[str, tuple[Use, ...]] = {}
    for key, found in looks.items():
        whole = max([width for width, newest in found if newest is None], default=0)
        rest = [use for use in found if use[1] is not None and use[0] > whole]
        uses[key] = (*([(whole, None)] if whole else []), *sorted(rest, key=str))
    return uses


def _longest(widths: dict[str, int], velocities: Sequence[Velocity]) -> dict[str, int]:
    for v in velocities:
        if v.fn == "is_new":
            widths[met_key(v)] = max(widths[met_key(v)], v.window)
    return widths


def _is_point(velocity: Velocity) -> bool:
    return velocity.delay is None and velocity.fn in POINTS
