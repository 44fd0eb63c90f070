"""Hot keys: bounded, marked, and wrong only by as much as they say."""

import runpy
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from features.buckets import SAMPLE, width_of
from features.history import BEGINNING, History
from features.hot import HOT, RAW
from features.plan import compile_plan
from features.subject import Subject
from features.velocity import DAY, HOUR, MINUTE, Velocity

laws = runpy.run_path(str(Path(__file__).with_name("test_velocity_laws.py")))
Reference, same, payments, rows = (
    laws[name] for name in ("Reference", "same", "payments", "rows")
)
declare, APP, START = laws["declare"], laws["APP"], laws["START"]

WIDE = ("count", "app_count", "sum", "app_sum", "min", "max", "mean", "level_sum", "far_new")
VELOCITIES = (
    declare("count", "count", "payer", DAY),
    declare("app_count", "count", "payer", 7 * DAY, where=APP),
    declare("past_count", "count", "payer", 60 * DAY, include_current=False),
    declare("sum", "sum", "payer", 7 * DAY, of="amount"),
    declare("min", "min", "payer", DAY, of="amount"),
    declare("max", "max", "payer", DAY, of="amount", where=APP),
    declare("mean", "mean", "payer", 30 * DAY, of="amount"),
    declare("stddev", "stddev", "payer", 7 * DAY, of="amount"),
    declare("z", "z_mean", "payer", 7 * DAY, of="level", plus=1.0),
    declare("ratio", "ratio_to", "payer", 7 * DAY, of="amount", plus=1.0),
    declare("payees", "distinct", "payer", 7 * DAY, of="payee_id merchant_id"),
)
EXACT = (
    declare("hour_count", "count", "payer", HOUR),
    declare("hour_sum", "sum", "payer", HOUR, of="amount", where=APP),
    declare("median_3", "median", "payer", 30 * DAY, of="amount", newest=3),
    declare("since_last", "since_last", "payer", 7 * DAY),
    declare("is_new", "is_new", "payer", 7 * DAY, of="payee_id merchant_id"),
    declare("all_payees", "distinct", "payer", 30 * DAY, of="payee_id"),
    declare("frauds", "label_count", "payer", 30 * DAY, delay=DAY),
)


def widened(v: Velocity, clock: int) -> Velocity:
    """The velocity with the window that its buckets make of it."""
    width = width_of(v.window)
    begin = (clock - v.window + 1) // width * width
    return declare(
        v.name,
        v.fn,
        " ".join(v.by),
        clock - begin + 1,
        of=" ".join(v.of),
        where=v.where,
        include_current=v.include_current,
        plus=v.plus,
    )


@given(st.lists(rows, min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_a_hot_key_counts_at_most_one_bucket_too_much(table: list[Any]) -> None:
    """A count lies between that of its window and that of the window and one bucket."""
    counts = [v for v in VELOCITIES if v.fn == "count"]
    history = History(compile_plan(VELOCITIES, hot=0), since=BEGINNING)
    definition = Reference(VELOCITIES, since=BEGINNING)
    clocks: dict[str, int] = {}
    for subject, own in payments(table):
        clocks[subject.payer] = clock = max(clocks.get(subject.payer, 0), subject.at)
        lowest = definition.observe(subject, own)
        wide = Reference([widened(v, clock) for v in counts], since=BEGINNING)
        wide.log = definition.log[:-1]
        highest = wide.observe(subject, own)
        found = history.observe(subject, own)
        if len(clocks) == 1 and len(definition.log) > 1:
            for v in counts:
                assert lowest[v.name] <= found.values[v.name] <= highest[v.name], v.name


@given(st.lists(rows, min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_what_needs_no_bucket_stays_exact(table: list[Any]) -> None:
    """An hour, the newest few, points, those met, labels, different values that fit."""
    history = History(compile_plan(EXACT, hot=3), since=BEGINNING)
    definition = Reference(EXACT, since=BEGINNING)
    for subject, own in payments(table):
        expected, actual = definition.observe(subject, own), history.observe(subject, own)
        assert [] == same(expected, actual.values), subject.id
        assert {} == dict(actual.marks)


def stream(count: int, step: int) -> list[Any]:
    """Payments of one payer to ever new payees, evenly spaced."""
    return [
        (
            Subject(f"t{n}", START + n * step, 100 + n % 7, "P1", payee=f"X{n}"),
            {"amount": (100 + n % 7) / 100, "payee_id": f"X{n}", "channel": "app"},
        )
        for n in range(count)
    ]


def test_a_key_is_hot_from_its_513th_payment_on() -> None:
    """From then on what comes from buckets is marked."""
    history = History(compile_plan(VELOCITIES), since=BEGINNING)
    marks = [dict(history.observe(*event).marks) for event in stream(HOT + 2, MINUTE)]
    assert [{}] * (HOT + 1) == marks[: HOT + 1]
    assert {"count": "approximate", "mean": "approximate"}.items() <= marks[-1].items()
    assert "payees" not in marks[-1]


def test_sums_of_a_hot_key_follow_its_buckets() -> None:
    """Evenly spaced payments: the count of a day is right to one bucket, the rest fits it."""
    history = History(compile_plan(VELOCITIES), since=BEGINNING)
    found = [history.observe(*event).values for event in stream(3000, MINUTE)][-1]
    assert 1440 <= found["count"] <= 1445
    assert found["app_count"] == 3000
    assert found["past_count"] == 2999
    assert (1.0, 1.06) == (found["min"], found["max"])
    assert abs(found["mean"] - 1.03) < 0.001
    assert abs(found["stddev"] - 0.02) < 0.001
    assert abs(found["sum"] - 3000 * found["mean"]) < 1e-6
    assert abs(found["ratio"] - 1.03 / 2.03) < 0.02


def test_the_number_of_different_values_becomes_an_estimate_that_says_so() -> None:
    """Exact up to the sample, then within a few percent."""
    history = History(compile_plan(VELOCITIES), since=BEGINNING)
    found = [history.observe(*event) for event in stream(3 * SAMPLE, MINUTE)]
    exact, last = found[SAMPLE - 1], found[-1]
    assert (exact.values["payees"], exact.marks.get("payees")) == (SAMPLE, None)
    assert last.marks["payees"] == "approximate"
    assert abs(last.values["payees"] / (3 * SAMPLE) - 1) < 0.1


def test_an_hour_with_too_many_payments_is_saturated() -> None:
    """Only the newest are counted, and the value says so."""
    history = History(compile_plan(EXACT), since=BEGINNING)
    found = [history.observe(*event) for event in stream(RAW + 10, 1000)][-1]
    assert found.values["hour_count"] == RAW
    assert found.marks["hour_count"] == "saturated"


def test_values_by_others_than_the_payer_are_partial_when_workers_share_the_log() -> None:
    """A worker sees only its own partitions; pairs with the payer are whole."""
    velocities = (
        declare("payer", "count", "payer", DAY),
        declare("merchant", "count", "merchant", DAY),
        declare("pair", "count", "payer merchant", DAY),
    )
    history = History(compile_plan(velocities), since=BEGINNING, is_shared=True)
    found = history.observe(Subject("t1", START, 100, "P1", merchant="M1"), {})
    assert {"merchant": "partial"} == dict(found.marks)
