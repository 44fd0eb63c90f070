"""Rules that add points: they run first, on all values but the score, and are bounded.

The score that every other rule reads is the scorer's plus what these rules add, 0-100. Together
they add or take at most `score: {rules: N}` points of the book.
"""

from collections.abc import Mapping

import msgspec

from rules.model import Book, PointRule
from rules.rollout import covers
from rules.tree import Matches
from rules.vocabulary import Scalar


class Added(msgspec.Struct, frozen=True):
    """Points that one rule adds."""

    rule: str
    points: int


class Points(msgspec.Struct, frozen=True):
    """What the rules add: `total` within the bound, and which rules; shadow ones add nothing.

    `trial` is the total if the shadow rules had counted, None without any.
    """

    total: int = 0
    live: tuple[Added, ...] = ()
    shadow: tuple[Added, ...] = ()
    trial: int | None = None
    unknown: tuple[str, ...] = ()


NO_POINTS = Points()


def point_book(book: Book) -> Book:
    """The book as the evaluator of its rules with points wants it."""
    return msgspec.structs.replace(book, rules=book.point_rules)


def add_points(book: Book, matches: Matches, values: Mapping[str, Scalar]) -> Points:
    """Add up the rules that hold; `matches` come from an evaluator of the `point_book`."""
    if not matches.hits and not matches.unknown:
        return NO_POINTS
    live: list[Added] = []
    shadow: list[Added] = []
    for name in matches.hits:
        rule = book.point_rules[name]
        (live if _acts(rule, values) else shadow).append(Added(name, rule.points))
    total = sum([added.points for added in live])
    trial = total + sum([added.points for added in shadow]) if shadow else None
    return Points(
        total=_bounded(book, total),
        live=tuple(live),
        shadow=tuple(shadow),
        trial=None if trial is None else _bounded(book, trial),
        unknown=matches.unknown,
    )


def _acts(rule: PointRule, values: Mapping[str, Scalar]) -> bool:
    return rule.mode == "live" and covers(rule, values)


def _bounded(book: Book, points: int) -> int:
    limit = book.thresholds.rules
    return max(-limit, min(limit, points))
