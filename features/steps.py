"""The two kinds of generated steps: one reads what came before, one takes a payment in.

Reading the past comes first for every kind of entity, so that whatever a condition says of the
payment by its past is known when the payment is taken in and its condition kept.
"""

from collections.abc import Callable, Sequence
from typing import Final

from features.layout import Layout, Slot, State, is_windowed, note_key, point_key
from features.reads import read_labels, read_met, read_points, read_windows
from features.source import Source, Step
from features.velocity import POINTS, Velocity

TRIM: Final = 8
"""So many stale entries may stay: a deletion moves all of a column."""


def past_step(
    layout: Layout, velocities: Sequence[Velocity], scale: int, hot: Step | None = None
) -> Step:
    """Read the velocities that do not include the payment at hand; nothing is changed.

    `hot` is the step of a hot key.
    """
    source = Source(layout, scale)
    source.unpack(hot)
    source.put("now = s0[0]")
    source.put("if at > now: now = at")
    windowed = [v for v in velocities if is_windowed(v)]
    if windowed:
        source.find([v.window for v in windowed], may_be_empty=True)
        read_windows(source, windowed, is_past=True)
    read_points(source, [v for v in velocities if v.fn in POINTS and v.delay is None])
    read_labels(source, [v for v in velocities if v.delay is not None])
    read_met(source, [v for v in velocities if v.fn == "is_new"])
    return source.compiled()


def fold_step(
    layout: Layout,
    velocities: Sequence[Velocity],
    slots: Sequence[Slot],
    points: Sequence[Velocity],
    scale: int,
    hot: Step | None = None,
    grows: tuple[int, Callable[[State], None]] | None = None,
) -> Step:
    """Take a payment into these slots and points, then read the velocities that include it.

    The step whose slots hold the points moves the clock: it is the first of its kind. `hot` is
    the step of a hot key; the last step of a kind says with how many payments one `grows` hot.
    """
    source = Source(layout, scale)
    source.unpack(hot)
    source.put("now = s0[0]")
    keys = {slot.key for slot in slots}
    if "points" in keys:
        _move_clock(source)
    columns = [slot for slot in slots if slot.key in layout.uses]
    _append(source, columns)
    _mark_points(source, points)
    _meet(source, slots)
    windowed = [v for v in velocities if is_windowed(v)]
    widths = {v.window for v in windowed}
    widths |= {width for slot in columns for width, _ in layout.uses[slot.key]}
    if widths:
        source.find(widths, may_be_empty=False)
    read_windows(source, windowed, is_past=False)
    read_points(source, [v for v in velocities if v.fn in POINTS])
    if "labels" in keys:
        _enter_label(source, [slot for slot in slots if slot.key.startswith("label_mask:")])
    _trim(source, columns)
    if grows is not None and layout.horizon:
        source.put(
            f"if len({source.slot('times')}) > {grows[0]}: {source.constant(grows[1])}(state)"
        )
    return source.compiled()


def _move_clock(source: Source) -> None:
    source.put("back = 0")
    source.put("if at >= now: s0[0] = now = at")
    if source.layout.horizon:
        times = source.slot("times")
        source.put(f"elif at > now - {source.layout.horizon}:")
        source.put(f"back = len({times}) - bisect_right({times}, at)", 2)
    source.put("else: back = -1")


def _append(source: Source, columns: Sequence[Slot]) -> None:
    """Put the payment into the columns: at the end, or where a late one belongs."""
    if not columns:
        return
    entries = [(source.slot(slot.key), _entry(source, slot)) for slot in columns]
    source.put("if back == 0:")
    for column, entry in entries:
        source.put(f"{column}.append({entry})", 2)
    source.put("elif back > 0:")
    for column, entry in entries:
        source.put(f"late({column}, back, {entry})", 2)


def _entry(source: Source, slot: Slot) -> str:
    if slot.form == "times":
        return "at"
    if slot.form == "money":
        column, place = source.slot(slot.key), source.layout.places[slot.key]
        source.put(f'if not -2147483648 <= minor < 2147483648 and {column}.typecode == "i":')
        source.put(f'{column} = state[{place}] = array("q", {column})', 2)
        return "minor"
    if slot.form == "identity":
        return source.identity(slot.of)
    if slot.where is not None:
        return source.truth(slot.where)
    value = source.value(slot.of)
    return f"(NAN if {value} is None else {value})"


def _mark_points(source: Source, points: Sequence[Velocity]) -> None:
    """Update first and last of each group of points, and the notes beside them."""
    for key in dict.fromkeys(point_key(v) for v in points):
        v = next(v for v in points if point_key(v) == key)
        place = 1 + 2 * source.layout.points.index(key)
        first, last = f"s0[{place}]", f"s0[{place + 1}]"
        noted = {note_key(n): n.of for n in points if n.of and point_key(n) == key}
        values = [source.value(of) for of in noted.values()]
        slots = [source.layout.notes.index(name) for name in noted]
        truth = f"{source.truth(v.where)} and " if v.where else ""
        source.put(f"if {truth}at > now - {v.window}:")
        source.put(f"if {last} <= at - {v.window} or at < {first}:", 2)
        source.put(f"{first} = at", 3)
        for slot, value in zip(slots, values, strict=True):
            source.put(f"{source.slot('notes')}[{2 * slot}] = {value}", 3)
        source.put(f"if at >= {last}:", 2)
        source.put(f"{last} = at", 3)
        for slot, value in zip(slots, values, strict=True):
            source.put(f"{source.slot('notes')}[{2 * slot + 1}] = {value}", 3)


def _meet(source: Source, slots: Sequence[Slot]) -> None:
    """Remember in the tables of those that were met."""
    for slot in slots:
        if not slot.key.startswith("ids:"):
            continue
        one, name = source.identity(slot.of), slot.key.removeprefix("ids:")
        reach = source.layout.met[name]
        truth = f" and {source.truth(slot.where)}" if slot.where else ""
        source.put(f"if {one}{truth} and at > now - {reach}:")
        ids, lasts = source.slot(slot.key), source.slot(f"lasts:{name}")
        source.put(f"meet({ids}, {lasts}, {one}, at, now - {reach})", 2)


def _enter_label(source: Source, masks: Sequence[Slot]) -> None:
    """Enter the payment among the labelled ones: genuine until somebody says otherwise."""
    times, labels = source.slot("label_times"), source.slot("labels")
    entries = [
        (source.slot(slot.key), source.truth(slot.where)) for slot in masks if slot.where
    ]
    source.put(f"if at > now - {source.layout.label_reach}:")
    source.put(f"a = bisect_right({times}, at)", 2)
    source.put(f"{times}.insert(a, at); {labels}.insert(a, 0)", 2)
    for mask, entry in entries:
        source.put(f"{mask}.insert(a, {entry})", 2)
    source.put(f"a = bisect_right({times}, now - {source.layout.label_reach})")
    source.put(f"if a > {TRIM}:")
    for name in [times, labels, *[mask for mask, _ in entries]]:
        source.put(f"del {name}[:a]", 2)


def _trim(source: Source, columns: Sequence[Slot]) -> None:
    """Drop what no velocity can see any more, each column to its own reach."""
    for slot in columns:
        column = source.slot(slot.key)
        needs = [source.window(width, newest) for width, newest in source.layout.uses[slot.key]]
        need = needs[0] if len(needs) == 1 else f"min({', '.join(needs)})"
        source.put(f"a = len({column}) + {need}")
        source.put(f"if a > {TRIM}: del {column}[:a]")
