"""Random benches that read text: rules in all tiers, rules with points, a scorecard."""

from collections.abc import Sequence
from random import Random

import msgspec

from features.catalogue import TEXT
from risk.assembly import assemble
from risk.decide import Bench
from risk.score.card import Bands, Choices, Line, Scorecard, Switch
from risk.vocabulary import vocabulary
from rules.condition import (
    Among,
    And,
    Arithmetic,
    Compare,
    Constant,
    Missing,
    Named,
    Node,
    Not,
    Or,
    names,
)
from rules.model import TIERS, Book, Llm, Place, PointRule, Rollout, Rule, Thresholds

KNOWN = ("amount", "payer_count_1h", "payer_gap_seconds")
GRID = {
    "text.urgency": (0.0, 0.5, 1.0),
    "text.sentiment": (-1.0, 0.0, 1.0),
    "text.crypto": (False, True),
    "text.purpose": ("other", "gift", "rent"),
}
LIMITS = {
    "text.urgency": (0.2, 0.5, 0.9),
    "text.sentiment": (-0.7, 0.0, 0.6),
    "score": (20, 35, 50, 65, 80),
}
SIGNS = ("<", "<=", ">", ">=", "==", "!=")


def draw_condition(dice: Random, words: Sequence[str], depth: int = 0) -> Node:
    """A random condition over these names."""
    roll = dice.random()
    if depth > 2 or roll < 0.5:
        return _leaf(dice, dice.choice(words))
    if roll < 0.6:
        return Not(draw_condition(dice, words, depth + 1))
    terms = tuple([draw_condition(dice, words, depth + 1) for _ in range(2)])
    return And(terms) if roll < 0.85 else Or(terms)


def _leaf(dice: Random, name: str) -> Node:
    if name == "text.crypto":
        return Named(name, "flag")
    if name == "text.purpose":
        if dice.random() < 0.5:
            return Among(Named(name, "text"), ("gift", "rent"), "text")
        return Compare("!=", Named(name, "text"), Constant("gift"), "text")
    value = Named(name, "number")
    if dice.random() < 0.1:
        return Missing(value)
    limit: Node = Constant(dice.choice(LIMITS.get(name, (2, 4, 6, 8))))
    if dice.random() < 0.15:
        limit = Arithmetic("*", limit, Named(dice.choice(KNOWN), "number"))
    return Compare(dice.choice(SIGNS), value, limit, "number")  # type: ignore[arg-type]


def _written(dice: Random, number: int, condition: Node) -> dict[str, object]:
    return {
        "id": f"R-{number}",
        "title": "title",
        "owner": "us",
        "severity": "low",
        "condition": condition,
        "code": "R1",
        "text": (),
        "reads": names(condition),
        "shows": frozenset(),
        "place": Place("a.rules.yaml", 1),
        "mode": dice.choice(["live"] * 5 + ["shadow"]),
        "rollout": Rollout(50, dice.choice(["payer_id", "text.purpose"]))
        if dice.random() < 0.1
        else None,
    }


def _rule(dice: Random, number: int) -> Rule:
    tier = dice.choice(TIERS)
    words = [*KNOWN, "score", *(GRID if tier != "allow" else ())]
    written = _written(dice, number, draw_condition(dice, words))
    on_missing = dice.choice([None, None, "review"])
    return Rule(tier=tier, on_missing=on_missing, **written)  # type: ignore[arg-type]


def _point_rule(dice: Random, number: int) -> PointRule:
    points = dice.choice([-12, 5, 15])
    words = [*KNOWN, *(GRID if points > 0 else ())]
    written = _written(dice, number, draw_condition(dice, words))
    return PointRule(points=points, **written)  # type: ignore[arg-type]


def draw_card(dice: Random) -> Scorecard:
    """A card whose lines from text may fall as well as rise, and never take points."""
    lines: list[Line] = [
        Bands("amount", (2, 5, 8), tuple(dice.choices([-10, 0, 10, 20], k=4)), 5)
    ]
    if dice.random() < 0.6:
        urgency = tuple(dice.choices([0, 5, 15], k=3))
        lines.append(Bands("text.urgency", (0.4, 0.8), urgency))
    if dice.random() < 0.6:
        lines.append(Switch("text.crypto", dice.choice([0, 12]), dice.choice([0, 6])))
    if dice.random() < 0.6:
        lines.append(Choices("text.purpose", {"gift": 9, "rent": 0}, dice.choice([0, 4])))
    base = dice.randint(-10, 60)
    return Scorecard(name="c", version="1", hash="c", base=base, lines=tuple(lines))


def draw_bench(dice: Random, llm: Llm | None = None) -> Bench:
    """A random book, badly written perhaps, with a random card."""
    rules = {rule.id: rule for rule in [_rule(dice, n) for n in range(dice.randint(1, 7))]}
    added = [_point_rule(dice, 100 + n) for n in range(dice.randint(0, 3))]
    review, reject = sorted(dice.choices([None, 30, 50, 70, 90], k=2), key=lambda x: x or 101)
    outcomes = {
        "block": "reject",
        "allow": "approve",
        "reject": dice.choice(["reject", "reject", "review"]),
        "review": dice.choice(["review", "review", "reject"]),
    }
    book = Book(
        name="random",
        version="1",
        hash=f"{dice.getrandbits(64):x}",
        owner="us",
        currency="EUR",
        on_malformed="review",
        default="approve",
        outcomes=outcomes,  # type: ignore[arg-type]
        thresholds=Thresholds(review=review, reject=reject, rules=20),
        llm=llm or Llm(),
        rates=(),
        words=vocabulary(),
        attributes={},
        lists={},
        rules=rules,
        point_rules={rule.id: rule for rule in added},
        examples=(),
        names=tuple(sorted(frozenset().union(*[r.reads for r in (*rules.values(), *added)]))),
    )
    return assemble(book, draw_card(dice))


def draw_values(dice: Random) -> dict[str, str | float | int | bool]:
    """What a payment and its history may say; some of it is unknown."""
    known: dict[str, str | float | int | bool] = {
        name: dice.randint(0, 10) for name in KNOWN if dice.random() > 0.15
    }
    return {**known, "payer_id": f"p{dice.randint(0, 9)}"}


def draw_reading(dice: Random) -> dict[str, str | float | int | bool]:
    """The values of a reading, from the grid."""
    return {
        **{value.name: False for value in TEXT if value.type == "flag"},
        "text.length": 9,
        "text.language": "en",
        "text.entities": 0,
        **{name: dice.choice(choices) for name, choices in GRID.items()},
    }


def worse(
    local: dict[str, str | float | int | bool], answer: dict[str, str | float | int | bool]
) -> dict[str, str | float | int | bool]:
    """The local values made worse, as `features.text.worse` does it."""
    purpose = answer["text.purpose"]
    return {
        **local,
        "text.urgency": max(local["text.urgency"], answer["text.urgency"]),  # type: ignore[type-var]
        "text.sentiment": min(local["text.sentiment"], answer["text.sentiment"]),  # type: ignore[type-var]
        "text.crypto": local["text.crypto"] or answer["text.crypto"],
        "text.purpose": local["text.purpose"] if purpose == "other" else purpose,
    }


def held(bench: Bench, at_deadline: str) -> Bench:
    """The bench with another word for what nobody read."""
    book = msgspec.structs.replace(bench.book, llm=Llm(at_deadline=at_deadline))  # type: ignore[arg-type]
    return assemble(book, bench.scorer)
