"""History survives: saved and restored at any point, it gives what it would have given."""

import runpy
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from features.history import BEGINNING, EAGER, History
from features.labels import Label
from features.plan import Plan, compile_plan
from features.subject import Subject
from features.velocity import DAY, HOUR, Velocity

laws = runpy.run_path(str(Path(__file__).with_name("test_velocity_laws.py")))
VELOCITIES, payments, rows = laws["VELOCITIES"], laws["payments"], laws["rows"]
PLAN: Plan = compile_plan(VELOCITIES)
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


def restore(plan: Plan, store: Store, since: dict[str, int], *, is_lazy: bool) -> History:
    """A history that goes on from what was written."""
    history = History(
        plan, since=BEGINNING, loader=lambda kind, key: store.get((kind, key))
    )
    history.restore_since(since)
    for (kind, key), stored in store.items():
        if kind in EAGER or not is_lazy:
            assert history.load(kind, key, stored)
    return history


def whole(history: History, store: Store) -> Store:
    """All states, stored or in memory."""
    save(history, store)
    return store


@given(streams, st.integers(0, 60), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_restored_history_goes_on_as_if_nothing_had_been(
    table: list[Any], cut: int, is_lazy: bool
) -> None:
    """Save and restore at any point changes no value and no state: a fold of a + b is a fold of
    b over the fold of a."""
    log = events(table)
    unbroken = History(PLAN, since=BEGINNING)
    expected = fold(unbroken, log)
    first, store = History(PLAN, since=BEGINNING), Store()
    actual = fold(first, log[:cut])
    save(first, store)
    second = restore(PLAN, store, first.since(), is_lazy=is_lazy)
    actual += fold(second, log[cut:])
    assert expected == actual
    assert whole(unbroken, {}) == whole(second, store)


@given(streams, st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_a_checkpoint_written_between_payments_is_of_the_moment_it_began(
    table: list[Any], cut: int
) -> None:
    """States are written in slices while payments go on; none of the later ones shows."""
    log = events(table)
    history = History(PLAN, since=BEGINNING)
    fold(history, log[:cut])
    slices = history.changed()
    store: Store = {}
    for event in [*log[cut:], *[None] * 1000]:
        kind, key, stored = next(slices, ("", "", b""))
        if stored:
            store[kind, key] = stored
        if event is not None:
            fold(history, [event])
    expected = History(PLAN, since=BEGINNING)
    fold(expected, log[:cut])
    assert whole(expected, {}) == store


def test_a_state_that_another_plan_wrote_is_refused() -> None:
    """The columns differ, so the entity starts anew and its velocities are unknown until warm."""
    one = Velocity(name="count", fn="count", by=("payer",), window=DAY)
    other = Velocity(name="sum", fn="sum", of=("amount",), by=("payer",), window=DAY)
    history, store = History(compile_plan((one,)), since=BEGINNING), Store()
    subject = Subject("t1", 5 * DAY, 100, "P1")
    history.observe(subject, {"amount": 1.0})
    save(history, store)
    changed = History(
        compile_plan((one, other)), loader=lambda kind, key: store.get((kind, key))
    )
    changed.restore_since(history.since())
    assert not changed.load("payer", "P1", store["payer", "P1"])
    assert {} == changed.observe(Subject("t2", 6 * DAY - 1, 100, "P1"), {}).values
    later = Subject("t3", 7 * DAY, 100, "P1")
    assert {"count": 1, "sum": 1.0} == changed.observe(later, {"amount": 1.0}).values


def test_an_entity_is_forgotten_only_after_it_was_written() -> None:
    """What is not on disk stays in memory."""
    history = History(PLAN, since=BEGINNING)
    history.observe(Subject("t1", DAY, 100, "P1"), {})
    assert not history.forget("payer", "P1")
    save(history, {})
    assert history.forget("payer", "P1")
    assert history.sizes()["payer"] == 0


def test_looking_again_changes_nothing() -> None:
    """`recall` gives values as if the payment came once more, and takes nothing in."""
    history = History(PLAN, since=BEGINNING)
    subject, own = Subject("t1", DAY, 100, "P1"), {"amount": 1.0}
    history.observe(subject, own)
    before = whole(history, {})
    again = history.recall(subject, own)
    assert again.values["payer_count"] == 2
    assert [("history", "clock", before["history", "clock"])] == list(history.changed())
    assert again == history.recall(subject, own)
