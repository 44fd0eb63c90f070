"""Labels: each has a defined end, and none is read before it was known or before its delay."""

import runpy
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from features.history import BEGINNING, History
from features.labels import Label
from features.plan import compile_plan
from features.subject import Subject
from features.velocity import DAY, HOUR, Velocity

state = runpy.run_path(str(Path(__file__).with_name("test_history_state.py")))
VELOCITIES, PLAN, events, streams = (
    state[name] for name in ("VELOCITIES", "PLAN", "events", "streams")
)
Reference, same = state["laws"]["Reference"], state["laws"]["same"]

FRAUDS = Velocity(name="frauds", fn="label_count", by=("merchant",), window=30 * DAY, delay=DAY)


@given(streams)
@settings(max_examples=60, deadline=None)
def test_labelled_values_equal_their_definition(table: list[Any]) -> None:
    """With labels in any order: early, late, repeated, reversed, of unknown payments."""
    history, definition = History(PLAN, since=BEGINNING), Reference(VELOCITIES, since=BEGINNING)
    clock, waiting = BEGINNING, list[Label]()
    held = dict[str, tuple[int, bool]]()
    passed = dict[str, int]()

    def tell(label: Label) -> None:
        is_known = label.payment in passed and passed[label.payment] > clock - 37 * DAY
        weight = (label.known_at, label.is_fraud)
        if is_known and weight >= held.get(label.payment, (BEGINNING, False)):
            held[label.payment] = weight
            definition.label(label.payment, is_fraud=label.is_fraud)

    for event in events(table):
        if isinstance(event, Label):
            history.learn(event)
            if event.known_at > clock:
                waiting.append(event)
            else:
                tell(event)
            continue
        subject, own = event
        clock = max(clock, subject.at)
        ready = sorted(
            [label for label in waiting if label.known_at <= clock],
            key=lambda label: (label.known_at, label.is_fraud, label.payment),
        )
        waiting = [label for label in waiting if label not in ready]
        for label in ready:
            tell(label)
        expected = definition.observe(subject, own)
        passed[subject.id] = subject.at
        assert [] == same(expected, history.observe(subject, own).values), subject.id


def shop(payments: dict[str, int]) -> History:
    """A history of payments (id -> time) at one shop."""
    history = History(compile_plan((FRAUDS,)), since=BEGINNING)
    for name, at in payments.items():
        history.observe(Subject(name, at, 100, "P1", merchant="M1"), {})
    return history


def frauds(history: History, at: int) -> Any:
    """How many frauds a payment at this time sees."""
    probe = Subject(f"probe {at}", at, 100, "P1", merchant="M1")
    return history.observe(probe, {}).values["frauds"]


def test_a_label_is_not_read_before_its_payment_is_as_old_as_the_delay() -> None:
    """One microsecond less than the delay is too young, however early the label came."""
    history = shop({"t1": 10 * DAY})
    assert history.learn(Label("t1", True, 10 * DAY)) == "taken"
    assert frauds(history, 11 * DAY - 1) == 0
    assert frauds(history, 11 * DAY) == 1


def test_a_label_is_not_read_before_it_was_known() -> None:
    """A label from the future waits for a payment of its time, and goes before that payment."""
    history = shop({"t1": 10 * DAY})
    assert history.learn(Label("t1", True, 15 * DAY)) == "waiting"
    assert frauds(history, 15 * DAY - 1) == 0
    assert frauds(history, 15 * DAY) == 1


def test_a_late_label_corrects_what_counted_as_genuine() -> None:
    """It is read from then on, as long as a window holds the payment."""
    history = shop({"t1": 10 * DAY})
    assert frauds(history, 20 * DAY) == 0
    assert history.learn(Label("t1", True, 20 * DAY)) == "late"
    assert frauds(history, 20 * DAY) == 1
    assert frauds(history, 41 * DAY) == 0


def test_a_repeated_label_changes_nothing() -> None:
    """The same verdict twice counts once."""
    history = shop({"t1": 10 * DAY, "t2": 12 * DAY})
    assert history.learn(Label("t1", True, 11 * DAY)) == "late"
    assert history.learn(Label("t1", True, 12 * DAY)) == "repeated"
    assert frauds(history, 12 * DAY) == 1


def test_the_verdict_known_last_holds() -> None:
    """A reversed label replaces the one before; one that was known earlier does not."""
    history = shop({"t1": 10 * DAY, "t2": 12 * DAY})
    assert history.learn(Label("t1", True, 10 * DAY)) == "late"
    assert history.learn(Label("t1", False, 12 * DAY)) == "reversed"
    assert frauds(history, 12 * DAY) == 0
    assert history.learn(Label("t1", True, 11 * DAY + HOUR)) == "stale"
    assert frauds(history, 12 * DAY) == 0


def test_a_label_of_an_unknown_payment_changes_nothing() -> None:
    """Never seen, or so long ago that no window holds it."""
    history = shop({"t1": 10 * DAY, "t2": 41 * DAY})
    assert history.learn(Label("nobody", True, 11 * DAY)) == "unknown"
    assert history.learn(Label("t1", True, 41 * DAY)) == "unknown"
    assert frauds(history, 41 * DAY) == 0


def test_without_labelled_velocities_no_label_is_kept() -> None:
    """A book that does not look at labels costs nothing for them."""
    history = History(compile_plan(()), since=BEGINNING)
    assert history.learn(Label("t1", True, DAY)) == "unknown"


def test_of_payments_of_one_moment_the_right_one_is_labelled() -> None:
    """Equal times at one shop: the label finds its own payment."""
    run = Velocity(name="run", fn="run_length", by=("merchant",), window=30 * DAY, delay=DAY)
    for fraud, expected in (("t1", 0), ("t2", 0), ("t3", 1)):
        history = History(compile_plan((run,)), since=BEGINNING)
        for name in ("t1", "t2", "t3"):
            history.observe(Subject(name, 10 * DAY, 100, "P1", merchant="M1"), {})
        history.learn(Label(fraud, True, 10 * DAY))
        later = Subject("t4", 12 * DAY, 100, "P1", merchant="M1")
        assert history.observe(later, {}).values["run"] == expected


def test_a_verdict_that_is_told_again_later_holds_from_then_on() -> None:
    """Fraud on day 11 and again on day 13: genuine on day 12 does not reverse it any more."""
    history = shop({"t1": 10 * DAY, "t2": 14 * DAY})
    told = [(True, 11 * DAY), (True, 13 * DAY), (False, 12 * DAY)]
    ends = [history.learn(Label("t1", *one)) for one in told]
    assert ends == ["late", "repeated", "stale"]
    assert frauds(history, 15 * DAY) == 1


def test_of_two_verdicts_of_one_moment_fraud_holds() -> None:
    """Whichever comes first."""
    for told in ((True, False), (False, True)):
        history = shop({"t1": 10 * DAY, "t2": 14 * DAY})
        for is_fraud in told:
            history.learn(Label("t1", is_fraud, 11 * DAY))
        assert frauds(history, 15 * DAY) == 1


def test_what_became_of_a_label_that_waited_is_told_once() -> None:
    """It is known when a payment of its time has come."""
    history = shop({"t1": 10 * DAY})
    assert history.learn(Label("t1", True, 10 * DAY + HOUR)) == "waiting"
    assert history.learn(Label("nobody", True, 12 * DAY)) == "waiting"
    assert history.settled() == []
    frauds(history, 13 * DAY)
    assert history.settled() == ["late", "unknown"]
    assert history.settled() == []


ONES = [Label(f"t{n}", fraud, 10 * DAY + at * HOUR) for n in (1, 2) for fraud, at in (
    (True, 1), (False, 2), (True, 3), (False, 3))]  # fmt: skip


@given(st.permutations(ONES), st.lists(st.integers(0, 40), min_size=8, max_size=8))
@settings(max_examples=60, deadline=None)
def test_it_does_not_matter_when_labels_are_taken_in(
    order: list[Label], when: list[int]
) -> None:
    """Between any later payments, in any order: the same labels leave the same state."""
    history, at_once = (
        shop({"t1": 10 * DAY, "t2": 10 * DAY}),
        shop({"t1": 10 * DAY, "t2": 10 * DAY}),
    )
    for label in ONES:
        at_once.learn(label)
    for hour in range(41):
        for label in (one for one, at in zip(order, when, strict=True) if at == hour):
            history.learn(label)
        for one in (history, at_once):
            one.observe(
                Subject(f"p{hour}", 10 * DAY + hour * HOUR, 100, "P1", merchant="M1"), {}
            )
    assert dict_of(history) == dict_of(at_once)


def dict_of(history: History) -> dict[tuple[str, str], bytes]:
    """All that a checkpoint would hold."""
    return {(kind, key): stored for kind, key, stored in history.changed() if stored}


def test_labelled_payments_that_are_stored_may_go_from_memory() -> None:
    """Their label finds them all the same; what changed since it was stored stays."""
    store: dict[tuple[str, str], bytes] = {}
    plan = compile_plan((FRAUDS,))
    history = History(plan, since=BEGINNING, loader=lambda *name: store.get(name))
    for name, at in {"t1": 10 * DAY, "t2": 11 * DAY, "t3": 12 * DAY}.items():
        history.observe(Subject(name, at, 100, "P1", merchant="M1"), {})
    surplus = history.surplus(1)
    assert [key for kind, key in surplus if kind == "payment"] == ["t1", "t2", "t3"]
    assert not any(history.forget(*one) for one in surplus)
    store.update({(kind, key): stored for kind, key, stored in history.changed()})
    assert all(history.forget(*one) for one in surplus)
    assert history.surplus(1) == []
    assert history.learn(Label("t1", True, 10 * DAY)) == "late"
    assert frauds(history, 13 * DAY) == 1


def test_payments_beyond_every_window_go_from_the_store_too() -> None:
    """A spell of time at once, also after a restart; a late one is found in its old spell."""
    store: dict[tuple[str, str], bytes] = {}

    def write(history: History) -> None:
        for kind, key, stored in history.changed():
            store[kind, key] = stored
            if not stored:
                del store[kind, key]

    plan = compile_plan((FRAUDS,))
    first = shop({"t1": 10 * DAY, "t2": 11 * DAY})
    write(first)
    again = History(plan, since=BEGINNING, loader=lambda *name: store.get(name))
    again.resume(first.origin())
    for kind, key in (("history", "clock"), ("spell", str(11 * DAY // (600 * 10**6)))):
        assert again.load(kind, key, store[kind, key])
    again.observe(Subject("t3", 10 * DAY, 100, "P1", merchant="M1"), {})
    write(again)
    kept = {key for kind, key in store if kind == "payment"}
    assert kept == {"t1", "t2", "t3"}
    again.observe(Subject("t4", 42 * DAY, 100, "P1", merchant="M1"), {})
    write(again)
    assert {key for kind, key in store if kind == "payment"} == {"t2", "t4"}
