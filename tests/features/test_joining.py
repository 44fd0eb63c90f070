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
from features.plan import Plan, compile_plan
from features.subject import Subject
from features.velocity import DAY, HOUR, Velocity
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


def test_two_histories_that_saw_nothing_are_joined_to_one_that_saw_nothing() -> None:
    """No clock, no state, and nothing is known to be complete."""
    empty = Kept({})
    origin = History(PLAN).origin()
    joining = Joining(PLAN, empty, empty, (origin, origin))
    assert list(joining.rows()) == []
    assert joining.origin().since == {}


def test_states_of_a_shape_that_nobody_told_of_are_left_out() -> None:
    """The other side's state stands alone then."""
    anew: Store = {}
    built = History(PLAN)
    fold(built, [(Subject("t1", DAY, 100, "P1"), {})])
    save(built, anew)
    strange = {("payer", "P1"): b"x" * 64, ("payer", "P2"): b"x" * 64}
    origins = (History(OLD).origin(), built.origin())
    rows = {
        (kind, key): stored
        for kind, key, stored in Joining(PLAN, Kept(strange), Kept(anew), origins).rows()
    }
    assert rows["payer", "P1"] == anew["payer", "P1"]
    assert ("payer", "P2") not in rows


def backfilled(plan: Plan, log: list[Any], young: int) -> History:
    """A history of all of the log, joined with one that was built from place `young` on."""
    before, anew = Store(), Store()
    old, built = History(plan, since=BEGINNING), History(plan)
    fold(old, log)
    save(old, before)
    fold(built, log[young:])
    save(built, anew)
    joining = Joining(plan, Kept(before), Kept(anew), (old.origin(), built.origin()))
    rows = {(kind, key): stored for kind, key, stored in joining.rows()}
    history: History = restore(plan, rows, joining.origin(), is_lazy=True)
    return history


def test_windows_of_a_hot_key_are_the_built_ones_and_cold_as_long_as_those_are() -> None:
    """Buckets of two plans do not add up; what was last and first is kept all the same."""
    by = {"by": ("payer",), "window": 7 * DAY}
    count = Velocity(name="n", fn="count", **by)  # type: ignore[arg-type]
    since = Velocity(name="s", fn="since_first", **by)  # type: ignore[arg-type]
    plan = compile_plan([count, since], hot=3)
    log = [(Subject(f"t{hour}", hour * HOUR, 100, "P1"), {}) for hour in range(20)]
    history = backfilled(plan, log, 10)
    found = history.observe(Subject("t20", 20 * HOUR, 100, "P1"), {}).values
    assert found == {"s": 20 * 3600.0}


def test_of_a_kind_without_windows_the_earlier_first_counts() -> None:
    """As long as its life goes on: a pause as long as the window begins a new one."""
    by = {"by": ("payer",), "fn": "since_first", "unit": "days"}
    plan = compile_plan([Velocity(name="age", window=30 * DAY, **by)])  # type: ignore[arg-type]
    log = [(Subject(f"t{day}", day * DAY, 100, "P1"), {}) for day in range(10)]
    history = backfilled(plan, log, 5)
    assert history.observe(Subject("t10", 10 * DAY, 100, "P1"), {}).values == {"age": 10.0}
