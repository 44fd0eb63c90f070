"""Hits -> outcome. Merging is a maximum over the tiers, so no order ever matters.

    block > allow > reject > review > the book's default

A tier speaks if a live rule of it holds, if a live rule is unknown and its `on_missing` names
the tier, or if the score reached the tier's threshold. Shadow rules, and rules whose rollout
does not cover the payment, are recorded with the outcome that they would have made.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

from rules.model import TIERS, Book, Outcome, Rule, Thresholds, Tier
from rules.rollout import covers
from rules.template import fill
from rules.tree import Matches
from rules.vocabulary import Scalar

RANK: Final[Mapping[str, int]] = {tier: -place for place, tier in enumerate(TIERS)}


class Reason(msgspec.Struct, frozen=True):
    """Why: a code and a sentence with the values in it."""

    code: str
    text: str


class Hit(msgspec.Struct, frozen=True):
    """A rule that holds, and the tier in which it speaks; `points` for one that adds some."""

    rule: str
    tier: Tier | Literal["points"]


class Verdict(msgspec.Struct, frozen=True):
    """The outcome and why. `tier` is None if nothing spoke; reasons are those of the tier.

    `shadow_outcome` is the outcome if the shadow hits had counted, None without any.
    """

    outcome: Outcome
    tier: Tier | None
    reasons: tuple[Reason, ...] = ()
    hits: tuple[Hit, ...] = ()
    shadow: tuple[Hit, ...] = ()
    shadow_outcome: Outcome | None = None
    unknown_rules: tuple[str, ...] = ()


def judge(book: Book, matches: Matches, values: Mapping[str, Scalar], points: int) -> Verdict:
    """Merge what matched. `points` is the score, 0-100; `values` fill the reasons."""
    reached = score_tier(book.thresholds, points)
    missing = [
        rule
        for name in matches.unknown
        if (rule := book.rules[name]).on_missing and _acts(rule, values)
    ]
    if not (matches.hits or missing or reached):  # most payments
        return Verdict(book.default, None, unknown_rules=matches.unknown)
    live: list[Rule] = []
    shadow: list[Rule] = []
    for name in matches.hits:
        rule = book.rules[name]
        (live if _acts(rule, values) else shadow).append(rule)
    spoken = [*(rule.tier for rule in live), *(rule.on_missing for rule in missing), reached]
    tier = highest(spoken)
    reasons = [Reason(r.code, fill(r.text, values)) for r in live if r.tier == tier]
    reasons += [_not_known(r, values) for r in missing if r.on_missing == tier]
    if reached is not None and reached == tier:
        reasons.append(_score_reason(book, reached, points))
    return Verdict(
        outcome=_outcome(book, tier),
        tier=tier,
        reasons=tuple(reasons),
        hits=tuple([Hit(rule.id, rule.tier) for rule in live]),
        shadow=tuple([Hit(rule.id, rule.tier) for rule in shadow]),
        shadow_outcome=_outcome(book, highest([tier, *(r.tier for r in shadow)]))
        if shadow
        else None,
        unknown_rules=matches.unknown,
    )


def highest(tiers: Iterable[Tier | None]) -> Tier | None:
    """Find the tier that decides among those that speak; None speaks never."""
    return max((tier for tier in tiers if tier is not None), key=RANK.__getitem__, default=None)


def score_tier(limits: Thresholds, points: int) -> Tier | None:
    """Tell the tier in which the score speaks, None if it is below both thresholds."""
    if limits.reject is not None and points >= limits.reject:
        return "reject"
    if limits.review is not None and points >= limits.review:
        return "review"
    return None


def _acts(rule: Rule, values: Mapping[str, Scalar]) -> bool:
    return rule.mode == "live" and covers(rule, values)


def _outcome(book: Book, tier: Tier | None) -> Outcome:
    return book.default if tier is None else book.outcomes[tier]


def _score_reason(book: Book, tier: Tier, points: int) -> Reason:
    limit = book.thresholds.reject if tier == "reject" else book.thresholds.review
    return Reason(f"SCORE-{tier.upper()}", f"Score {points} is at or over {limit}")


def _not_known(rule: Rule, values: Mapping[str, Scalar]) -> Reason:
    absent = ", ".join(sorted(name for name in rule.reads if name not in values))
    return Reason(rule.code, f"{rule.title}: cannot be told, unknown is {absent or 'a value'}")
