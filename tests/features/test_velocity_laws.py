"""Every function of a velocity equals its definition, over streams as bad as they get."""

import os
import random
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.history import BEGINNING, History
from features.plan import compile_plan
from features.standard import STANDARD
from features.subject import Subject
from features.velocity import DAY, HOUR, MINUTE, Condition, Velocity
from features.windows import MAX_MET

reference = runpy.run_path(str(Path(__file__).with_name("velocity_reference.py")))
Reference, same = reference["Reference"], reference["same"]

APP = Condition(
    "channel == 'app'",
    frozenset({"channel"}),
    lambda values: None if "channel" not in values else values["channel"] == "app",
)
FAR = Condition(
    "ratio > 2",
    frozenset({"ratio"}),
    lambda values: None if "ratio" not in values else values["ratio"] > 2,
)
BUSY = Condition(
    "payer_count > 2 and z < 5",
    frozenset({"payer_count", "z"}),
    lambda values: values.get("payer_count", 0) > 2 and values.get("z", 0) < 5,
)
PLAIN = Condition(
    "not ratio > 2", frozenset({"ratio"}), lambda values: not values.get("ratio", 0) > 2
)


def declare(name: str, fn: Any, by: str, window: int, **more: Any) -> Velocity:
    more["of"] = tuple(more["of"].split()) if "of" in more else ()
    return Velocity(name=name, fn=fn, by=tuple(by.split()), window=window, **more)


VELOCITIES = (
    declare("payer_count", "count", "payer", HOUR),
    declare("past_count", "count", "payer", DAY, include_current=False),
    declare("app_count", "count", "payer", DAY, where=APP),
    declare("far_count", "count", "payer", 14 * DAY, where=FAR, include_current=False),
    declare("busy_count", "count", "merchant", DAY, where=BUSY),
    declare("sum", "sum", "payer", DAY, of="amount"),
    declare("app_sum", "sum", "payer", 7 * DAY, of="amount", where=APP),
    declare("busy_sum", "sum", "payer", DAY, of="amount", where=BUSY),
    declare("level_sum", "sum", "payer", 7 * DAY, of="level"),
    declare("mean", "mean", "payer", 30 * DAY, of="amount"),
    declare("past_mean", "mean", "payer", 7 * DAY, of="amount", include_current=False),
    declare("count_mean", "mean", "device", DAY, of="payer_count"),
    declare("min", "min", "payer", DAY, of="amount"),
    declare("max", "max", "payee", DAY, of="amount", where=APP),
    declare("stddev", "stddev", "payer", 30 * DAY, of="amount", at_least=2),
    declare("level_stddev", "stddev", "payer", 7 * DAY, of="level"),
    declare("median", "median", "payer", 30 * DAY, of="amount", newest=5, at_least=3),
    declare("p90", "percentile", "payer", 7 * DAY, of="amount", q=0.9),
    declare("payees", "distinct", "payer", DAY, of="payee_id merchant_id"),
    declare("app_payers", "distinct", "payee", 7 * DAY, of="payer_id", where=APP),
    declare("is_new", "is_new", "payer", 7 * DAY, of="payee_id merchant_id"),
    declare("app_new", "is_new", "payer", 30 * DAY, of="device_id", where=APP),
    declare("first", "first", "payer", DAY, of="channel"),
    declare("last", "last", "payer", DAY, of="channel merchant_id", where=APP),
    declare("since_first", "since_first", "payer", 7 * DAY, unit="days"),
    declare("past_first", "since_first", "payer", 7 * DAY, include_current=False),
    declare("since_last", "since_last", "payer", 7 * DAY),
    declare("pair_since", "since_last", "payer payee", DAY, where=APP, unit="hours"),
    declare("pair_count", "count", "payer payee", DAY),
    declare("ratio", "ratio_to", "payer", 30 * DAY, of="amount", to="median", plus=1.0),
    declare("ratio_mean", "ratio_to", "payer", DAY, of="amount"),
    declare("ratio_ratio", "ratio_to", "payer", DAY, of="ratio", plus=1.0),
    declare("z", "z_mean", "payer", 30 * DAY, of="amount", plus=1.0, at_least=2),
    declare("z_level", "z_mean", "merchant", 7 * DAY, of="level"),
    declare("z_iqr", "z_median", "payer", 30 * DAY, of="amount", newest=6, plus=1.0),
    declare("app_run", "run_length", "payer", DAY, where=APP),
    declare("app_run_age", "run_age", "payer", DAY, where=APP, unit="hours"),
    declare("known", "count", "merchant", 7 * DAY, delay=DAY),
    declare("genuine", "count", "merchant", 7 * DAY, delay=DAY, label="genuine"),
    declare("frauds", "label_count", "merchant", 7 * DAY, delay=DAY, where=PLAIN),
    declare("rate", "label_rate", "merchant", 30 * DAY, delay=7 * DAY),
    declare("month_frauds", "label_count", "merchant", 30 * DAY, delay=DAY),
    declare("app_fraud_run", "run_length", "merchant", 30 * DAY, delay=DAY, where=APP),
    declare("fraud_run", "run_length", "merchant", 30 * DAY, delay=DAY),
    declare("fraud_run_age", "run_age", "merchant", 30 * DAY, delay=DAY, unit="days"),
    declare("genuine_age", "since_last", "merchant", 30 * DAY, delay=DAY, label="genuine"),
    declare("label_age", "since_last", "payer", 7 * DAY, delay=HOUR, unit="days"),
)
"""Every function, with and without a condition, with the payment and without it."""

START = 1_700_000_000_000_000
STEPS = (0, 0, 1, 1000, MINUTE, 10 * MINUTE, HOUR - 1, HOUR, 6 * HOUR, DAY, 5 * DAY)
LATE = (0, 0, 0, 0, 1, MINUTE, HOUR, DAY - 1, DAY, 7 * DAY, 30 * DAY - 1, 30 * DAY, 40 * DAY)
AMOUNTS = (None, 0, 1, 999, 12_345, 2**31, 2**45)
Row = tuple[int, int, int | None, int, int, int, str | None, float | None]

rows = st.tuples(
    st.sampled_from(STEPS),
    st.sampled_from(LATE),
    st.sampled_from(AMOUNTS),
    st.integers(0, 1),
    st.integers(0, 3),
    st.integers(0, 2),
    st.sampled_from(("app", "web", None)),
    st.sampled_from((None, 0.0, 0.1, -2.5, 1e9)),
)


def payments(table: list[Row]) -> list[tuple[Subject, dict[str, Any]]]:
    """Rows -> payments; the clock moves on and some payments come late."""
    now, made = START, []
    for number, (step, late, minor, payer, payee, shop, channel, level) in enumerate(table):
        now += step
        subject = Subject(
            f"t{number}",
            now - late,
            minor,
            f"P{payer}",
            payee=f"X{payee}" if payee else None,
            device=f"D{shop}",
            merchant=f"M{shop}" if shop else None,
        )
        own: dict[str, Any] = {
            "amount": None if minor is None else minor / 100,
            "payer_id": subject.payer,
            "payee_id": subject.payee,
            "merchant_id": subject.merchant,
            "device_id": subject.device,
            "channel": channel,
            "level": level,
        }
        made.append((subject, {name: v for name, v in own.items() if v is not None}))
    return made


compiled = cache(compile_plan)


def check(velocities: tuple[Velocity, ...], table: list[Row], since: int | None) -> None:
    """Both ways give the same values for every payment."""
    history, definition = (
        History(compiled(velocities), since=since),
        Reference(velocities, since=since),
    )
    for subject, own in payments(table):
        expected = definition.observe(subject, own)
        actual = history.observe(subject, own).values
        assert [] == same(expected, actual), subject.id


@given(st.lists(rows, min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_every_function_equals_its_definition(table: list[Row]) -> None:
    """Late, equal and far too late times, huge, zero and unknown values included."""
    check(VELOCITIES, table, BEGINNING)


@given(st.lists(rows, min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_the_standard_velocities_equal_their_definition(table: list[Row]) -> None:
    """The set of the default book, and unknown until warm."""
    check(STANDARD, table, None)


def random_rows(seed: int, length: int) -> list[Row]:
    """A stream with 30 % of its payments late."""
    r = random.Random(seed)
    busy = seed % 3 == 0
    return [
        (
            r.randrange(200_000_000) if busy else r.choice(STEPS),
            r.choice(LATE) if r.random() < 0.3 else 0,
            r.choice((*AMOUNTS, r.randrange(10**6))),
            r.randrange(2),
            r.randrange(4),
            r.randrange(3),
            r.choice(("app", "web", None)),
            r.choice((None, 0.0, 0.1, -2.5, 1e9, r.random())),
        )
        for _ in range(length)
    ]


@pytest.mark.parametrize("seed", range(int(os.environ.get("RISK_LONG_STREAMS", "2"))))
def test_long_streams_equal_their_definition(seed: int) -> None:
    """Enough payments that columns are trimmed; RISK_LONG_STREAMS=200 for the long run."""
    check(VELOCITIES, random_rows(seed, 160), BEGINNING)


def test_who_pays_too_many_is_not_told_who_is_new() -> None:
    """So many payees are remembered; of a further one nothing is known until some are gone."""
    velocity = declare("is_new", "is_new", "payer", DAY, of="payee_id")
    history = History(compile_plan((velocity,)), since=BEGINNING)

    def pay(number: int, payee: str, at: int) -> Any:
        subject = Subject(f"t{number}", at, 1, "P1")
        return history.observe(subject, {"payee_id": payee}).values.get("is_new")

    answers = [pay(n, f"X{n}", START + n) for n in range(MAX_MET + 2)]
    assert [None, *[True] * (MAX_MET - 1), None, None] == answers
    assert pay(-1, f"X{MAX_MET}", START + MAX_MET + 2) is False
    assert pay(-2, "X0", START + DAY + 10) is True
