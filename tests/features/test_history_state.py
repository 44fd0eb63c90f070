"""History survives: saved and restored at any point, it gives what it would have given."""

import runpy
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from features.history import BEGINNING, EAGER, History, Origin
from features.labels import Label
from features.plan import Plan, compile_plan
from features.subject import Subject
from features.velocity import DAY, HOUR, ONLY_PAST, Velocity

laws = runpy.run_path(str(Path(__file__).with_name("test_velocity_laws.py")))
VELOCITIES, payments, rows = laws["VELOCITIES"], laws["payments"], laws["rows"]
PLAN: Plan = compile_plan(VELOCITIES)
HOT_PLAN: Plan = compile_plan(VELOCITIES, hot=3)
Store = dict[tuple[str, str], bytes]

verdicts = st.tuples(st.integers(0, 29), st.booleans(), st.sampled_from((0, HOUR, 8 * DAY)))
streams = st.lists(st.tuples(rows, st.lists(verdicts, max_size=2)), min_size=1, max_size=30)


def events(table: list[Any]) -> list[Any]:
    """Payments, each followed by labels of any payment, known at once or later."""
    found: list[Any] = []
    for (subject, own), (_, labels) in zip(
        payments([row for row, _ in table]), table, strict=True
    ):
        found.append((subject, own))
        found += [
            Label(f"t{number}", is_fraud, subject.at + later)
            for number, is_fraud, later in labels
        ]
    return found


def fold(history: History, log: list[Any]) -> list[Any]:
    """What each payment and each label came to."""
    return [
        history.learn(event) if isinstance(event, Label) else history.observe(*event).values
        for event in log
    ]


def save(history: History, store: Store) -> None:
    """Write what changed."""
    for kind, key, stored in history.changed():
        store[kind, key] = stored
        if not stored:
            del store[kind, key]


def restore(plan: Plan, store: Store, origin: Origin, *, is_lazy: bool) -> History:
    """A history that goes on from what was written."""
    history = History(plan, since=BEGINNING, loader=lambda kind, key: store.get((kind, key)))
    history.resume(origin)
    for (kind, key), stored in store.items():
        if kind in EAGER or not is_lazy:
            assert history.load(kind, key, stored)
    return history


def whole(history: History, store: Store) -> Store:
    """All states, stored or in memory."""
    save(history, store)
    return store


def current(store: Store) -> Store:
    """Without payments that no label can reach any more: when they go is of no account."""
    clock = msgspec.msgpack.decode(store["history", "clock"])
    return {
        name: stored
        for name, stored in store.items()
        if name[0] != "payment" or msgspec.msgpack.decode(stored)[0] > clock - 37 * DAY
    }


@given(st.booleans(), streams, st.integers(0, 60), st.booleans())
@settings(max_examples=80, deadline=None)
def test_a_restored_history_goes_on_as_if_nothing_had_been(
    is_hot: bool, table: list[Any], cut: int, is_lazy: bool
) -> None:
    """Saved at any point: a fold of a + b is a fold of b over the fold of a, in every byte."""
    plan = HOT_PLAN if is_hot else PLAN
    log = events(table)
    unbroken = History(plan, since=BEGINNING)
    expected = fold(unbroken, log)
    first, store = History(plan, since=BEGINNING), Store()
    actual = fold(first, log[:cut])
    save(first, store)
    second = restore(plan, store, first.origin(), is_lazy=is_lazy)
    actual += fold(second, log[cut:])
    assert expected == actual
    assert current(whole(unbroken, {})) == current(whole(second, store))


@given(st.booleans(), streams, st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_a_checkpoint_written_between_payments_is_of_the_moment_it_began(
    is_hot: bool, table: list[Any], cut: int
) -> None:
    """States are written in slices while payments go on; none of the later ones shows."""
    plan = HOT_PLAN if is_hot else PLAN
    log = events(table)
    history = History(plan, since=BEGINNING)
    fold(history, log[:cut])
    slices = history.changed()
    store: Store = {}
    for event in [*log[cut:], *[None] * 1000]:
        kind, key, stored = next(slices, ("", "", b""))
        if stored:
            store[kind, key] = stored
        if event is not None:
            fold(history, [event])
    expected = History(plan, since=BEGINNING)
    fold(expected, log[:cut])
    assert whole(expected, {}) == store


@given(streams, st.integers(1, 60), st.sets(st.integers(0, len(VELOCITIES) - 1)))
@settings(max_examples=40, deadline=None)
def test_a_velocity_that_joins_or_leaves_a_book_takes_nothing_from_the_others(
    table: list[Any], cut: int, chosen: set[int]
) -> None:
    """The columns of the others are carried over; the new one is unknown until it is warm."""
    log = events(table)
    unbroken = History(PLAN, since=BEGINNING)
    expected = fold(unbroken, log)
    free = [v for v in VELOCITIES if not v.reads & {other.name for other in VELOCITIES}]
    before = [v for place, v in enumerate(free) if place in chosen]
    older = History(compile_plan(before), since=BEGINNING)
    fold(older, log[:cut])
    store: Store = {}
    save(older, store)
    newer = restore(compile_plan(free), store, older.origin(), is_lazy=False)
    actual = fold(newer, log[cut:])
    for was, now in zip(expected[cut:], actual, strict=True):
        if isinstance(was, dict):
            kept = {v.name: was[v.name] for v in before if v.name in was and not v.delay}
            assert kept == {name: now.get(name) for name in kept}


def test_a_state_of_an_unknown_shape_is_refused() -> None:
    """Without its origin a stored entity cannot be read: it starts anew."""
    one = Velocity(name="count", fn="count", by=("payer",), window=DAY)
    other = Velocity(name="sum", fn="sum", of=("amount",), by=("payer",), window=DAY)
    history, store = History(compile_plan((one,)), since=BEGINNING), Store()
    history.observe(Subject("t1", 5 * DAY, 100, "P1"), {})
    save(history, store)
    foreign = History(compile_plan((other,)))
    assert not foreign.load("payer", "P1", store["payer", "P1"])
    assert not foreign.load("ship", "P1", store["payer", "P1"])
    known = History(compile_plan((other,)))
    known.resume(history.origin())
    assert known.load("payer", "P1", store["payer", "P1"])


def test_a_new_velocity_is_unknown_until_the_log_has_covered_its_window() -> None:
    """To the microsecond, counted from the first payment after it was declared."""
    one = Velocity(name="count", fn="count", by=("payer",), window=DAY)
    other = Velocity(name="sum", fn="sum", of=("amount",), by=("payer",), window=DAY)
    history = History(compile_plan((one,)), since=BEGINNING)
    history.observe(Subject("t1", 5 * DAY, 100, "P1"), {})
    joined = History(compile_plan((one, other)))
    joined.resume(history.origin())
    values = [
        joined.observe(Subject(f"t{at}", at, 100, "P1"), {}).values
        for at in (6 * DAY, 7 * DAY - 1, 7 * DAY)
    ]
    assert [{"count": 1}, {"count": 2}, {"count": 2, "sum": 2.0}] == values


def test_an_entity_is_forgotten_only_after_it_was_written() -> None:
    """What is not on disk stays in memory."""
    history = History(PLAN, since=BEGINNING)
    history.observe(Subject("t1", DAY, 100, "P1"), {})
    assert not history.forget("payer", "P1")
    save(history, {})
    assert history.forget("payer", "P1")
    assert history.sizes()["payer"] == 0


def test_an_entity_that_changes_before_its_turn_is_written_as_it_was_and_once_more() -> None:
    """Its state of the moment the writing began comes first, the new one the next time."""
    count = Velocity(name="count", fn="count", by=("payer",), window=DAY)
    history, earlier = [History(compile_plan((count,)), since=BEGINNING) for _ in range(2)]
    first, second = [Subject(f"t{n}", DAY + n, 100, "P1") for n in range(2)]
    for one in (history, earlier):
        one.observe(first, {})
    slices = history.changed()
    written = [next(slices)]
    history.observe(second, {})
    written += slices
    assert list(earlier.changed()) == written
    earlier.observe(second, {})
    assert list(earlier.changed()) == list(history.changed())


@given(st.lists(rows, min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_looking_again_gives_the_values_again_and_changes_nothing(table: list[Any]) -> None:
    """But for what only the first look could tell, and for what the first look made of life."""
    history = History(PLAN, since=BEGINNING)
    once = {v.name for v in VELOCITIES if v.fn in ONLY_PAST | {"first", "since_first"}}
    for subject, own in payments(table):
        first = history.observe(subject, own).values
        before = whole(history, {})
        again = history.recall(subject, own).values
        assert {"history": before["history", "clock"]} == {
            kind: stored for kind, _, stored in history.changed()
        }
        late = {v.name for v in VELOCITIES if v.name not in again} - set(first)
        for name in set(first) - once - late:
            assert first[name] == again.get(name), name
