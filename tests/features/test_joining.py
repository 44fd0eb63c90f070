"""A velocity declared today and built from the log; the others go on from what is kept."""

import runpy
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from features.history import BEGINNING, History
from features.joining import Joining
from features.labels import Label
from features.plan import compile_plan
from features.warmth import TOLD_AT_ONCE

state = runpy.run_path(str(Path(__file__).with_name("test_history_state.py")))
VELOCITIES, PLAN, events, streams, fold, save, restore = (
    state[name]
    for name in ("VELOCITIES", "PLAN", "events", "streams", "fold", "save", "restore")
)
same = state["laws"]["same"]
OLD = compile_plan([v for number, v in enumerate(VELOCITIES) if number % 3 or not v.of])
Store = dict[tuple[str, str], bytes]


class Kept:
    """Stored states in memory."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def states(self, kinds: Iterable[str]) -> Iterator[tuple[str, str, bytes]]:
        for (kind, key), stored in self.store.items():
            if kind in kinds:
                yield kind, key, stored

    def load(self, kind: str, key: str) -> bytes | None:
        return self.store.get((kind, key))


def joined(table: list[Any], begin: int, changed: int, stop: int) -> History:
    """The log as far as it was kept, behind a checkpoint of the older plan."""
    log = events(table)
    before: Store = {}
    old = History(OLD, since=BEGINNING)
    fold(old, log[:changed])
    save(old, before)
    carried = restore(PLAN, before, old.origin(), is_lazy=True)
    carried._origin = None
    fold(carried, log[changed:stop])
    save(carried, before)
    built, anew = History(PLAN), Store()
    fold(built, log[begin:stop])
    save(built, anew)
    joining = Joining(PLAN, Kept(before), Kept(anew), (carried.origin(), built.origin()))
    rows = {(kind, key): stored for kind, key, stored in joining.rows()}
    history: History = restore(PLAN, rows, joining.origin(), is_lazy=False)
    history._origin = None
    return history


@given(streams, st.data())
@settings(max_examples=40, deadline=None)
def test_what_is_known_of_a_joined_history_is_right(table: list[Any], data: Any) -> None:
    """It may know less than one that saw all; what it says, that one says, too."""
    log = events(table)
    stop = data.draw(st.integers(0, len(log)))
    changed = data.draw(st.integers(0, stop))
    begin = data.draw(st.integers(0, changed))
    times = [0 if isinstance(event, Label) else event[0].at for event in log]
    first = next((at for at in times[begin:stop] if at), 0)
    assume(first >= max(times[:begin], default=0))  # a log whose first payment is not late
    history, ever = joined(table, begin, changed, stop), History(PLAN, since=BEGINNING)
    fold(ever, log[:stop])
    names = {v.name for v in VELOCITIES}
    early = {v.name for v in VELOCITIES if v.fn in TOLD_AT_ONCE and v not in OLD.velocities}
    early |= {v.name for v in VELOCITIES if v.reads & names}  # of what was unknown then
    for event in log[stop:]:
        if isinstance(event, Label):
            history.learn(event)
            ever.learn(event)
            continue
        expected, found = ever.observe(*event).values, history.observe(*event).values
        known = {name: expected.get(name) for name in found if name not in early}
        assert [] == same(known, {name: found[name] for name in known})


def test_a_new_velocity_is_warm_at_once() -> None:
    """With as much of the log as its window; and an old one forgets nothing."""
    from features.subject import Subject
    from features.velocity import DAY, Velocity

    by = {"by": ("payer",), "fn": "count"}
    month = Velocity(name="month", window=30 * DAY, **by)  # type: ignore[arg-type]
    week = Velocity(name="week", window=7 * DAY, **by)  # type: ignore[arg-type]
    log = [(Subject(f"t{day}", day * DAY, 100, "P1"), {}) for day in range(40)]
    older, newer = compile_plan([month]), compile_plan([month, week])
    before, anew = Store(), Store()
    old = History(older, since=BEGINNING)
    fold(old, log)
    save(old, before)
    built = History(newer)
    fold(built, log[30:])
    save(built, anew)
    carried = restore(newer, before, old.origin(), is_lazy=True)
    joining = Joining(newer, Kept(before), Kept(anew), (carried.origin(), built.origin()))
    rows = {(kind, key): stored for kind, key, stored in joining.rows()}
    history = restore(newer, rows, joining.origin(), is_lazy=True)
    found = history.observe(Subject("t40", 40 * DAY, 100, "P1"), {}).values
    assert found == {"month": 30, "week": 7}
