"""Two states of one entity in one: carried over from long ago, and built anew from the log.

The carried one may reach further back, but knows nothing of velocities that were declared
since; the built one knows all of them, as far as the log reaches. Both have taken the newest
payments; of older ones each may lack some.
"""

from array import array
from collections.abc import Container, Sequence
from typing import Any

from features.layout import Layout, State
from features.windows import MAX_MET, NONE


def merge(
    layout: Layout, carried: State, built: State, notes: Container[str]
) -> tuple[State, bool]:
    """Join two states of the same layout; tell whether the windows of both are in it.

    `notes` are those that the carried one has always had.
    They are not if the key is hot: then the windows are the built ones.
    """
    state = list(built)
    state[0] = _points(layout, carried[0], built[0])
    _join_notes(layout, state, carried, built, notes)
    _join_met(layout, state, carried, built)
    _join_labels(layout, state, carried, built)
    return state, _join_windows(layout, state, carried, built)


def _points(layout: Layout, carried: "array[int]", built: "array[int]") -> "array[int]":
    """The later last of each group, and the earlier first of those whose life goes on."""
    joined = array("q", [max(carried[0], built[0])])
    for number, name in enumerate(layout.points):
        place, window = 1 + 2 * number, int(name.partition(":")[0])
        last = max(carried[place + 1], built[place + 1])
        alive = [one for one in (carried, built) if one[place + 1] > max(NONE, last - window)]
        joined.append(min([one[place] for one in alive], default=NONE))
        joined.append(last)
    return joined


def _join_notes(
    layout: Layout, state: State, carried: State, built: State, known: Container[str]
) -> None:
    """The values at the first and the last of a group: of the payment whose time it is."""
    if "notes" not in layout.places:
        return
    place, notes = layout.places["notes"], list[object]()
    for number, name in enumerate(layout.notes):
        first = 1 + 2 * layout.points.index(name.rsplit(":", 1)[0])
        sides = [carried, built] if name in known else [built]
        for end in (0, 1):
            at = state[0][first + end]
            found = [one[place][2 * number + end] for one in sides if one[0][first + end] == at]
            notes.append(found[0] if found else None)
    state[place] = notes


def _join_met(layout: Layout, state: State, carried: State, built: State) -> None:
    """All that were met by either, and when last; beyond what is kept, those met last."""
    for name in layout.met:
        ids, lasts = layout.places[f"ids:{name}"], layout.places[f"lasts:{name}"]
        met: dict[int, int] = dict(zip(carried[ids], carried[lasts], strict=True))
        for one, last in zip(built[ids], built[lasts], strict=True):
            met[one] = max(last, met.get(one, NONE))
        kept = sorted(sorted(met, key=lambda one: met[one])[-MAX_MET:])
        state[ids], state[lasts] = array("q", kept), array("q", [met[one] for one in kept])


def _join_windows(layout: Layout, state: State, carried: State, built: State) -> bool:
    if carried[-1] is not None or built[-1] is not None:
        return False
    if layout.uses:
        _join_columns(layout, state, carried, built, "times", list(layout.uses))
    return True


def _join_labels(layout: Layout, state: State, carried: State, built: State) -> None:
    if layout.label_reach:
        keys = [key for key in layout.places if key.startswith("label")]
        _join_columns(layout, state, carried, built, "label_times", keys)


def _join_columns(
    layout: Layout, state: State, carried: State, built: State, times: str, keys: list[str]
) -> None:
    """Columns that belong to the same times; each may reach back less far than these."""
    pairs = _pair(carried[layout.places[times]], built[layout.places[times]])
    for place in [layout.places[key] for key in keys]:
        state[place] = _joined(carried[place], built[place], pairs)


def _pair(carried: Sequence[int], built: Sequence[int]) -> list[tuple[int, int]]:
    """The payments of both, the newest first: their places from the right end, 0 for none.

    Of equal times both know the newest ones, and one of them perhaps more before these.
    """
    pairs: list[tuple[int, int]] = []
    one = other = 1
    while one <= len(carried) or other <= len(built):
        at = max(
            column[-place]
            for column, place in ((carried, one), (built, other))
            if place <= len(column)
        )
        is_carried = one <= len(carried) and carried[-one] == at
        is_built = other <= len(built) and built[-other] == at
        pairs.append((one * is_carried, other * is_built))
        one, other = one + is_carried, other + is_built
    return pairs


def _joined(carried: Any, built: Any, pairs: Sequence[tuple[int, int]]) -> Any:
    """One column: what the built state holds, else the carried one, as far as either does."""
    values = []
    for one, other in pairs:
        if 0 < other <= len(built):
            values.append(built[-other])
        elif 0 < one <= len(carried):
            values.append(carried[-one])
        else:
            break
    values.reverse()
    if isinstance(built, bytearray):
        return bytearray(values)
    wide = carried if carried.typecode == "q" else built
    return array(wide.typecode, values)
