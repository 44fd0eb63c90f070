"""Examples hold what was known when a payment passed, and nothing that came later."""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from features.plan import compile_plan
from features.subject import Subject
from features.velocity import DAY, Velocity
from risk.train.examples import NEVER, Examples, Split
from risk.train.gather import Passed, Verdict, gather

DELAY = 3 * DAY
NAMES = ("amount", "frauds", "rate")


def velocities(delay: int = DELAY) -> tuple[Velocity, ...]:
    """Frauds and their share at a shop in ten days, labels at least `delay` old."""
    shared: dict[str, Any] = {"by": ("merchant",), "window": 10 * DAY, "delay": delay}
    return (
        Velocity(name="frauds", fn="label_count", **shared),
        Velocity(name="rate", fn="label_rate", **shared),
    )


def log_of(
    rows: list[tuple[int, int, int, bool]], known_after: int = DELAY
) -> Iterator[Passed]:
    """Payments given as (hours since the last, payer, shop, fraud)."""
    at = 0
    for number, (pause, payer, shop, fraud) in enumerate(rows):
        at += pause * DAY // 24
        subject = Subject(f"p{number}", at, 100, f"c{payer}", merchant=f"m{shop}")
        verdict = Verdict(subject.id, True, at + known_after, "odd") if fraud else None
        yield Passed(subject, {"amount": 1.0}, verdict)


def examples_of(log: Iterator[Passed], delay: int = DELAY, **more: Any) -> Examples:
    return gather(log, compile_plan(velocities(delay)), NAMES, 0, 400 * DAY, **more)


def reads_the_future(rows: list[tuple[int, int, int, bool]], delay: int, early: int) -> bool:
    """Whether some value of a payment changes with verdicts that are not yet known then.

    Verdicts are known after `DELAY`; the examples under test read them `early` sooner.
    """
    whole = examples_of(log_of(rows, DELAY - early), delay)
    for place, at in enumerate(whole.at.tolist()):
        hidden = [
            (pause, payer, shop, fraud and when + DELAY <= at)
            for (pause, payer, shop, fraud), when in zip(rows, whole.at.tolist(), strict=True)
        ]
        told = examples_of(log_of(hidden, DELAY - early), delay)
        if not np.array_equal(whole.values[place], told.values[place], equal_nan=True):
            return True
    return False


ROWS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 2), st.integers(0, 1), st.booleans()),
    min_size=1,
    max_size=14,
)


@given(ROWS)
@settings(max_examples=40)
def test_no_value_changes_with_what_becomes_known_later(
    rows: list[tuple[int, int, int, bool]],
) -> None:
    """Hide every verdict that is not known yet: the payment's values stay as they were."""
    assert not reads_the_future(rows, DELAY, early=0)


def test_a_planted_leak_of_a_day_is_caught() -> None:
    """A velocity and verdicts that are a day early change a value that should not know."""
    rows = [(0, 0, 0, True), (60, 1, 0, False)]
    assert reads_the_future(rows, DELAY - DAY, early=DAY)


def test_a_velocity_with_a_shorter_delay_alone_leaks_nothing() -> None:
    """What counts is when a verdict became known, whatever a declaration promises itself."""
    rows = [(0, 0, 0, True), (60, 1, 0, False)]
    assert not reads_the_future(rows, DELAY - DAY, early=0)


@given(ROWS)
@settings(max_examples=50)
def test_verdicts_apart_from_the_log_give_the_same_examples(
    rows: list[tuple[int, int, int, bool]],
) -> None:
    """A column of the file and a file of labels with the same times are one thing."""
    inside = examples_of(log_of(rows))
    verdicts = [passed.verdict for passed in log_of(rows) if passed.verdict]
    bare = (msgspec.structs.replace(passed, verdict=None) for passed in log_of(rows))
    apart = examples_of(bare, verdicts=reversed(verdicts))
    assert np.array_equal(inside.values, apart.values, equal_nan=True)
    assert inside.fraud.tolist() == apart.fraud.tolist()
    assert inside.known_at.tolist() == apart.known_at.tolist()


def test_the_last_verdict_is_the_truth_and_the_first_says_when_it_was_known() -> None:
    """A withdrawn report is no fraud; a payment nobody spoke of is known never."""
    said = [Verdict("p0", False, 9), Verdict("p0", True, 5), Verdict("p1", True, 7)]
    found = examples_of(log_of([(1, 0, 0, False)] * 3), verdicts=said)
    assert [False, True, False] == found.fraud.tolist()
    assert [5, 7, NEVER] == found.known_at.tolist()
    assert ("genuine", "fraud") == found.kind_names


def test_examples_lie_in_their_span_and_what_came_before_still_counts() -> None:
    """The log is folded from its start; only the span is kept."""
    rows = [(0, 0, 0, True), (96, 1, 0, False), (96, 2, 0, False)]
    plan = compile_plan(velocities())
    found = gather(log_of(rows), plan, NAMES, 4 * DAY, 8 * DAY)
    assert [4 * DAY] == found.at.tolist()
    assert [[1.0, 1.0, 1.0]] == found.values.tolist()


def test_a_split_tests_no_payer_of_whom_a_fraud_is_known() -> None:
    """On each test day those whose fraud was known before that day are left out."""
    three = [(0, 1, 0, False), (0, 2, 0, False)]
    rows = [
        (0, 0, 0, True),
        (24, 1, 0, True),
        (72, 0, 0, False),
        *three,
        (24, 0, 0, False),
        *three,
    ]
    found = examples_of(log_of(rows))
    kept = Split(0, train_days=1, delay_days=3, test_days=4).test(found)
    assert [4, 4, 5] == (kept.at // DAY).tolist()
    assert [1, 2, 2] == kept.payers.tolist()


def test_training_takes_a_fraud_that_nobody_knows_of_for_genuine() -> None:
    """What is reported after the test began cannot have been learned."""
    found = examples_of(log_of([(1, 0, 0, True)], known_after=30 * DAY))
    split = Split(0, train_days=7, delay_days=7)
    assert [False] == split.training(found).fraud.tolist()
    assert [True] == found.fraud.tolist()
