"""Books made without files: of conditions only, over a few words, parameters and lists."""

from collections.abc import Sequence

import msgspec

from rules.condition import Node, names
from rules.model import FOREVER, Book, Listing, Param, Place, Rule, Thresholds
from rules.vocabulary import Word

PARAMS = {"p": 3, "q": -0.5, "t": " B", "on": True}
LISTS = {
    "l": Listing("l", "watch", {"a": FOREVER, "b": 5, "straße": FOREVER}, {}),
    "lasting": Listing("lasting", "block", {"a": FOREVER, "b": FOREVER}, {}),
    "exact": Listing("exact", "allow", {"Ann": FOREVER, "a": 5}, {}),
}
WORDS = {
    **{name: Word(type="number") for name in ("x", "y", "z.count")},
    **{name: Word(type="text") for name in ("s", "t", "since")},
    **{name: Word(type="flag") for name in ("f", "g", "text.h")},
}


def one_rule(name: str, condition: Node, **more: object) -> Rule:
    """A rule of which only the condition matters."""
    rule = Rule(
        id=name,
        title="title",
        owner="us",
        severity="low",
        tier="review",
        condition=condition,
        code="R1",
        text=(),
        params={key: Param(value) for key, value in PARAMS.items()},
        reads=names(condition),
        shows=frozenset(),
        place=Place("a.rules.yaml", 1),
    )
    return msgspec.structs.replace(rule, **more)


def book_of(rules: Sequence[Rule]) -> Book:
    """A book of rules, which are sorted by id as the loader sorts them."""
    return Book(
        name="random",
        version="1",
        hash="",
        owner="us",
        currency="EUR",
        on_malformed="review",
        default="approve",
        outcomes={},
        thresholds=Thresholds(),
        rates=(),
        words=WORDS,
        attributes={},
        lists=LISTS,
        rules={rule.id: rule for rule in rules},
        examples=(),
        names=tuple(sorted(WORDS)),
    )
