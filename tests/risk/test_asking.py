"""The law of asking: never asked means that every answer gives that same outcome.

A small book of its own, with the tiers, the three truth values and the score of the real one:
random books, payments and local readings, each held against every reading of a grid.
"""

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import LANGUAGES, PURPOSES, TEXT
from features.text.schema import FLAGS, NO_MEMO, Reading, RedFlag, Span
from features.text.worse import worsen
from risk.asking import (
    SEVERITY,
    TextBounds,
    ask,
    join,
    may_change,
    reach_score,
    settle,
    severest,
    worst,
)
from risk.decision import Outcome
from rules.bounds import EITHER, Bound, Choice, Range, Reach
from rules.model import TIERS, Thresholds, Tier

OUTCOMES: Mapping[Tier, Outcome] = {
    "block": "reject",
    "allow": "approve",
    "reject": "reject",
    "review": "review",
}
KNOWN = ("amount", "age", "count")
GRID = {
    "text.urgency": (0.0, 0.5, 1.0),
    "text.sentiment": (-1.0, 0.0, 1.0),
    "text.crypto": (False, True),
    "text.purpose": ("none", "gift", "rent"),
}
LIMITS = {
    "text.urgency": (0.2, 0.5, 0.9),
    "text.sentiment": (-0.7, 0.0, 0.6),
    "text.crypto": (True,),
    "text.purpose": ("gift", "rent"),
    "score": (20, 35, 50, 65, 80),
}
MOST = 30

Truth = bool | None


def compare(sign: str, one: Any, other: Any) -> bool:
    """One comparison of two known values; flags and texts know equality only."""
    if isinstance(other, str | bool):
        return (one == other) == (sign in (">", ">="))
    return {">": one > other, "<": one < other, ">=": one >= other, "<=": one <= other}[sign]


def both(one: Truth, other: Truth) -> Truth:
    """Kleene's and."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def negate(truth: Truth) -> Truth:
    """Kleene's not."""
    return None if truth is None else not truth


Condition = tuple[Any, ...]


def evaluate(condition: Condition, values: Mapping[str, Any]) -> Truth:
    """Three-valued evaluation over known values."""
    match condition:
        case ("compare", name, sign, limit):
            value = values.get(name)
            return None if value is None else compare(sign, value, limit)
        case ("missing", name):
            return values.get(name) is None
        case ("not", inner):
            return negate(evaluate(inner, values))
        case ("and", one, other):
            return both(evaluate(one, values), evaluate(other, values))
        case ("or", one, other):
            return negate(both(negate(evaluate(one, values)), negate(evaluate(other, values))))
    raise AssertionError(condition)


def reachable(
    condition: Condition, values: Mapping[str, Any], bounds: Mapping[str, Bound]
) -> set[Truth]:
    """Every truth value that some values within the bounds may give, or more."""
    match condition:
        case ("compare", name, sign, limit) if name in bounds:
            bound = bounds[name]
            ends = (bound.low, bound.high) if isinstance(bound, Range) else bound.members
            return {compare(sign, end, limit) for end in ends}
        case ("missing", name) if name in bounds:
            return {False}
        case ("compare" | "missing", *_):
            return {evaluate(condition, values)}
        case ("not", inner):
            return {negate(truth) for truth in reachable(inner, values, bounds)}
        case (kind, one, other):
            ones, others = reachable(one, values, bounds), reachable(other, values, bounds)
            pairs = itertools.product(ones, others)
            if kind == "and":
                return {both(a, b) for a, b in pairs}
            return {negate(both(negate(a), negate(b))) for a, b in pairs}
    raise AssertionError(condition)


@dataclass
class Rule:
    """A rule of the small book."""

    tier: Tier
    condition: Condition
    on_missing: Tier | None

    @property
    def reads_text(self) -> bool:
        """Whether it stands in its condition."""
        return "text." in repr(self.condition)


@dataclass
class SmallBook:
    """Rules and thresholds; evaluates points, and reaches over bounds."""

    rules: list[Rule]
    thresholds: Thresholds

    def reach(self, values: Mapping[str, Any], bounds: Mapping[str, Bound], at: int) -> Reach:
        """A rule is sure in a tier if it can contribute nothing else."""
        sure: set[Tier] = set()
        possible: set[Tier] = set()
        for rule in self.rules:
            tiers = {
                rule.tier if truth else rule.on_missing if truth is None else None
                for truth in reachable(rule.condition, values, bounds)
            }
            said = {tier for tier in tiers if tier is not None}
            possible |= said
            sure |= said if len(tiers) == 1 else set()
        return Reach(frozenset(sure), frozenset(possible))

    def outcome(self, values: Mapping[str, Any], *, text: bool = True) -> Outcome:
        """The verdict over known values, `score` among them."""
        score = values["score"]
        spoken: set[Tier] = set(reach_score(self.thresholds, Range(score, score)).sure)
        for rule in self.rules:
            if text or not rule.reads_text:
                truth = evaluate(rule.condition, values)
                tier = rule.tier if truth else rule.on_missing if truth is None else None
                if tier is not None:
                    spoken.add(tier)
        return next((OUTCOMES[tier] for tier in TIERS if tier in spoken), "approve")


def points_of(text: Mapping[str, Any]) -> int:
    """What text adds to the score: never less than nothing, never more than `MOST`."""
    raw = 20 * text["text.urgency"] + 15 * text["text.crypto"] - 10 * text["text.sentiment"]
    return int(min(MOST, max(0, raw)))


def made_worse(local: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """As `features.text.worse` does it."""
    return {
        "text.urgency": max(local["text.urgency"], answer["text.urgency"]),
        "text.sentiment": min(local["text.sentiment"], answer["text.sentiment"]),
        "text.crypto": local["text.crypto"] or answer["text.crypto"],
        "text.purpose": answer["text.purpose"],
    }


def draw_condition(dice: random.Random, names: list[str], depth: int = 0) -> Condition:
    """A random condition over these names."""
    roll = dice.random()
    if depth > 2 or roll < 0.45:
        name = dice.choice(names)
        limit = dice.choice(LIMITS.get(name, (2, 4, 6, 8)))
        return ("compare", name, dice.choice([">", "<", ">=", "<="]), limit)
    if roll < 0.55:
        return ("not", draw_condition(dice, names, depth + 1))
    if roll < 0.62:
        return ("missing", dice.choice(names))
    parts = [draw_condition(dice, names, depth + 1) for _ in range(2)]
    return (dice.choice(["and", "or"]), *parts)


def draw_book(dice: random.Random) -> SmallBook:
    """A random book; rules that let a payment pass read no text."""
    rules = []
    for _ in range(dice.randint(2, 7)):
        tier = dice.choice(TIERS)
        names = [*KNOWN, "score", *(GRID if tier != "allow" else ())]
        on_missing = dice.choice([None, None, "review"])
        rules.append(Rule(tier, draw_condition(dice, names), on_missing))
    review, reject = sorted(dice.choices([None, 30, 50, 70, 90], k=2), key=lambda x: x or 101)
    return SmallBook(rules, Thresholds(review=review, reject=reject))


WORDS = TextBounds(GRID)


@pytest.mark.parametrize("seed", range(4))
def test_never_asked_means_that_every_answer_gives_the_same_outcome(seed: int) -> None:
    """Random books, payments, local readings; all readings of a grid; brute force."""
    dice = random.Random(seed)
    asked = needed = 0
    for _ in range(120):
        book = draw_book(dice)
        values = {name: dice.randint(0, 10) for name in KNOWN if dice.random() > 0.1}
        base = dice.randint(0, 90)
        local = {name: dice.choice(grid) for name, grid in GRID.items()}

        def outcome(text: dict[str, Any], base: int = base, values: Any = values) -> Outcome:
            score = min(100, base + points_of(text))
            return book.outcome({**values, **text, "score": score})  # noqa: B023 - called at once

        without = book.outcome({**values, "score": base}, text=False)
        standing = severest(without, outcome(local))
        answers = [
            made_worse(local, dict(zip(GRID, combination, strict=True)))
            for combination in itertools.product(*GRID.values())
        ]
        finals = {settle(without, standing, outcome(answer)) for answer in answers}
        score = Range(min(100, base + points_of(local)), min(100, base + MOST))
        bounds = {**WORDS.of({**local, "text.length": 9}), "score": score}
        is_asked = ask(
            book.reach({**values, **local}, bounds, 0),
            score,
            book.thresholds,
            OUTCOMES,
            "approve",
            standing,
        )
        asked += is_asked
        needed += finals != {standing}
        assert is_asked or finals == {standing}
    assert needed <= asked <= 2 * needed


READINGS = st.builds(
    Reading,
    source=st.just("llm"),
    sentiment=st.floats(-1, 1),
    urgency=st.floats(0, 1),
    purpose=st.sampled_from(PURPOSES),
    language=st.sampled_from(LANGUAGES),
    red_flags=st.lists(st.builds(RedFlag, st.sampled_from(FLAGS), st.just(Span(0, 1)))).map(
        tuple
    ),
    lists=st.sampled_from([(), ("sdn",)]),
    length=st.integers(0, 1000),
)


@given(READINGS, READINGS)
def test_no_answer_leaves_the_bounds(local: Reading, answer: Reading) -> None:
    """The bounds hold what a merged reading may be: point, range or choice of each value."""
    before, after = local.values(), worsen(local, answer).values()
    before["text.length"] = after["text.length"] = 1
    bounds = TextBounds([word.name for word in TEXT]).of(before)
    for name, value in after.items():
        match bounds.get(name):
            case Range(low=low, high=high):
                assert low <= float(value) <= high
            case Choice(members=members):
                assert value in members
            case None:
                assert before[name] == value


def test_bounds_are_of_the_values_that_a_book_reads_and_that_may_move() -> None:
    """A flag that is raised stays raised; what is at its worst cannot get worse."""
    local = Reading(
        source="local", length=9, urgency=1.0, red_flags=(RedFlag("crypto", Span(0, 1)),)
    )
    names = ["text.urgency", "text.crypto", "text.romance", "amount"]
    assert {"text.romance": EITHER} == TextBounds(names).of(local.values())
    assert {} == TextBounds(names).of(NO_MEMO.values())


@pytest.mark.parametrize(
    ("sure", "possible", "outcome"),
    [
        ([], [], "approve"),
        ([], ["review"], "review"),
        (["allow"], ["reject", "review"], "approve"),
        (["allow"], ["block"], "reject"),
        (["review"], ["allow"], "review"),
        (["reject"], ["review"], "reject"),
        (["review"], ["reject"], "reject"),
    ],
)
def test_the_first_sure_tier_ends_the_walk(
    sure: list[Tier], possible: list[Tier], outcome: Outcome
) -> None:
    """What stands behind a tier that surely speaks is never heard."""
    assert outcome == worst(Reach(frozenset(sure), frozenset(possible)), OUTCOMES, "approve")


def test_the_score_speaks_surely_from_its_low_end_and_possibly_from_its_high_end() -> None:
    """A threshold that is never reached is never possible."""
    reach = reach_score(Thresholds(review=40, reject=80), Range(45, 80))
    assert Reach(frozenset({"review"}), frozenset({"review", "reject"})) == reach
    assert Reach() == reach_score(Thresholds(), Range(0, 100))
    assert Reach(frozenset({"review"}), frozenset({"block"})) == join(
        Reach(sure=frozenset({"review"})), Reach(possible=frozenset({"block"}))
    )


@given(*[st.sampled_from(list(SEVERITY))] * 2, st.none() | st.sampled_from(list(SEVERITY)))
def test_no_answer_makes_an_outcome_milder(
    without: Outcome, local: Outcome, answered: Outcome | None
) -> None:
    """The outcome is at least that without text and that of the local reading."""
    final = settle(without, local, answered)
    assert SEVERITY[final] == max(
        SEVERITY[outcome] for outcome in (without, local, answered) if outcome is not None
    )
    assert may_change(final, severest(without, local)) == (final != severest(without, local))
