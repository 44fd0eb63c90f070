"""Declarations: every mistake is told at once, and a right one describes itself."""

import runpy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from features.catalogue import HISTORY, PAYMENT, Value
from features.declared import mistakes
from features.plan import compile_plan
from features.standard import STANDARD
from features.velocity import DAY, HOUR, MINUTE, Condition, Velocity, describe

laws = runpy.run_path(str(Path(__file__).with_name("test_velocity_laws.py")))
WORDS = {value.name: value for value in PAYMENT}
LEVEL = Value(name="level", type="number", source="payment", meaning="a number")


def with_(**more: Any) -> list[str]:
    """The paths of the mistakes of a velocity that is right but for these fields."""
    right: dict[str, Any] = {
        "name": "v",
        "fn": "sum",
        "of": ("amount",),
        "by": ("payer",),
        "window": DAY,
    }
    return [mistake.path for mistake in mistakes([Velocity(**right | more)], WORDS)]


def test_the_standard_velocities_are_the_values_of_the_catalogue() -> None:
    """Name, type, bounds, meaning and unit, but that different values are not called payees."""
    expected = [
        msgspec.structs.replace(value, example="", unit="values")
        if value.unit == "payees"
        else value
        for value in HISTORY
    ]
    assert expected == [describe(v, WORDS) for v in STANDARD]
    assert [] == mistakes(STANDARD, WORDS)


def test_a_set_of_every_function_has_no_mistake() -> None:
    """What the laws are proven for can be declared."""
    assert [] == mistakes(laws["VELOCITIES"], WORDS | {"level": LEVEL})


UNKNOWN = Condition("colour == 1", frozenset({"colour"}), lambda values: None)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", {"name": "a b"}),
        ("by", {"by": ()}),
        ("by", {"by": ("payer", "payer")}),
        ("window", {"window": MINUTE - 1}),
        ("window", {"window": 180 * DAY + 1}),
        ("of", {"of": ()}),
        ("of", {"fn": "count"}),
        ("of", {"of": ("colour",)}),
        ("of", {"of": ("channel",)}),
        ("where", {"where": UNKNOWN}),
        ("where", {"fn": "run_length", "of": ()}),
        ("include_current", {"fn": "last", "include_current": True}),
        ("delay", {"delay": DAY}),
        ("delay", {"fn": "label_rate", "of": ()}),
        ("delay", {"fn": "count", "of": (), "label": "fraud"}),
        ("delay", {"fn": "count", "of": (), "delay": 0}),
        ("include_current", {"fn": "count", "of": (), "delay": DAY, "include_current": True}),
        ("q", {"fn": "percentile", "q": 1.0}),
        ("plus", {"plus": 1.0}),
        ("at_least", {"at_least": 0}),
        ("newest", {"newest": 0}),
        ("newest", {"fn": "count", "of": (), "delay": DAY, "newest": 5}),
    ],
)
def test_each_mistake_names_its_field(field: str, wrong: dict[str, Any]) -> None:
    """The path leads to the line of the book."""
    name = wrong.get("name", "v")
    assert [f"{name}.{field}"] == with_(**wrong)


def test_a_name_stands_for_one_thing() -> None:
    """Neither two velocities nor a velocity and a value of the payment share a name."""
    v = Velocity(name="v", fn="count", by=("payer",), window=HOUR)
    amount = msgspec.structs.replace(v, name="amount")
    assert ["v.name", "amount.name"] == [m.path for m in mistakes([v, v, amount], WORDS)]


def test_a_velocity_that_reads_itself_is_a_circle() -> None:
    """By its condition, or by comparing a value that the payment gets only later."""
    own = Condition("v > 1", frozenset({"v"}), lambda values: None)
    circle = Velocity(name="v", fn="count", by=("payer",), window=HOUR, where=own)
    assert ["v.of"] == [m.path for m in mistakes([circle], WORDS)]
    count = Velocity(name="n", fn="count", by=("payer",), window=HOUR)
    ratio = Velocity(name="r", fn="ratio_to", of=("n",), by=("payer",), window=DAY)
    assert ["r.of"] == [m.path for m in mistakes([count, ratio], WORDS)]


def test_the_past_may_be_judged_by_the_same_value_of_earlier_payments() -> None:
    """A velocity over earlier payments may read itself as it was for them."""
    own = Condition("v < 3", frozenset({"v"}), lambda values: values.get("v", 0) < 3)
    v = Velocity(
        name="v", fn="count", by=("payer",), window=HOUR, where=own, include_current=False
    )
    assert [] == mistakes([v], WORDS)
    assert len(compile_plan([v]).stages) == 2


@pytest.mark.parametrize(
    ("velocity", "expected"),
    [
        (
            Velocity(name="v", fn="sum", of=("amount",), by=("payer", "payee"), window=DAY),
            "sum of amount by payer and payee in 24h, this one included",
        ),
        (
            Velocity(name="v", fn="since_last", by=("device",), window=90 * MINUTE),
            "since last by device in 90m",
        ),
        (
            Velocity(
                name="v",
                fn="count",
                by=("merchant",),
                window=30 * DAY,
                delay=7 * DAY,
                label="genuine",
                where=UNKNOWN,
            ),
            "count of payments found genuine by merchant in 30d where colour == 1, labels at "
            "least 7d old",
        ),
        (
            Velocity(
                name="v", fn="median", of=("amount",), by=("payer",), window=1500, newest=9
            ),
            "median of amount by payer in 0.0015s (the newest 9), earlier payments only",
        ),
    ],
)
def test_a_velocity_says_what_it_is(velocity: Velocity, expected: str) -> None:
    """Without words of its own the declaration is the meaning."""
    assert expected == describe(velocity, WORDS).meaning
