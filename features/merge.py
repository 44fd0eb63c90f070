"""Two states of one entity in one: carried over from long ago, and built anew from the log.

The carried one may reach further back, but knows nothing of velocities that were declared
since; the built one knows all of them, as far as the log reaches. Both have taken the newest
payments, so their columns agree at the right end, and of each the longer one holds more.
"""

from array import array
from collections.abc import Sequence

from features.layout import Layout, State
from features.windows import MAX_MET, NONE


def merge(layout: Layout, carried: State, built: State) -> tuple[State, bool]:
    """Join two states of the same layout; tell whether the windows of both are in it.

    They are not if a late payment was too late for one of them, or the key is hot: then the
    windows are the built ones.
    """
    state = list(built)
    state[0] = _points(carried[0], built[0])
    _join_notes(layout, state, carried, built)
    _join_met(layout, state, carried, built)
    is_whole = _join_labels(layout, state, carried, built)
    return state, _join_windows(layout, state, carried, built) and is_whole


def _points(carried: "array[int]", built: "array[int]") -> "array[int]":
    """The earlier first and the later last of each group; NONE is before every time."""
    joined = array("q", [max(carried[0], built[0])])
    for place in range(1, len(built), 2):
        firsts = [one[place] for one in (carried, built) if one[place] != NONE]
        joined.append(min(firsts, default=NONE))
        joined.append(max(carried[place + 1], built[place + 1]))
    return joined


def _join_notes(layout: Layout, state: State, carried: State, built: State) -> None:
    """The values at the first and the last of a group: from whom the time is."""
    if "notes" not in layout.places:
        return
    place, notes = layout.places["notes"], list[object]()
    for number, name in enumerate(layout.notes):
        group = name.rsplit(":", 1)[0]
        first = 1 + 2 * layout.points.index(group)
        for side in (0, 1):
            is_carried = carried[0][first + side] == state[0][first + side]
            source = carried if is_carried else built
            value = source[place][2 * number + side]
            notes.append(built[place][2 * number + side] if value is None else value)
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
    if not layout.uses:
        return True
    times = layout.places["times"]
    if not _agree(carried[times], built[times]):
        return False
    for key in layout.uses:
        place = layout.places[key]
        if len(carried[place]) > len(built[place]):
            state[place] = carried[place]
    return True


def _join_labels(layout: Layout, state: State, carried: State, built: State) -> bool:
    if not layout.label_reach:
        return True
    times = layout.places["label_times"]
    if not _agree(carried[times], built[times]):
        return False
    more = len(carried[times]) - len(built[times])
    if more > 0:
        for key, place in layout.places.items():
            if key.startswith("label"):
                state[place] = carried[place][:more] + built[place]
    return True


def _agree(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether the shorter of two columns is the end of the longer one."""
    size = min(len(one), len(other))
    return one[len(one) - size :] == other[len(other) - size :]
