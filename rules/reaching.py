"""Masks of rules -> the tiers and the points that a book can reach while values move."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from rules.bounds import FALSE, TRUE, UNKNOWN, Bounds, Mask, Range, Reach, movable
from rules.closures import Values
from rules.condition import names
from rules.model import Book, Dossier, Listing, Tier
from rules.possible import Possible
from rules.reach import Found
from rules.rollout import covers
from rules.verdict import Verdict


class Masks(Protocol):
    """The rules that can be anything but false: `rules.reach` and `rules.possible`."""

    def possible(self, values: Values, bounds: Bounds, at: int) -> Found:
        """Values by name, bounds of those that move, microseconds UTC. Total, pure."""
        ...


Make = Callable[[Sequence[Dossier], Mapping[str, Listing], frozenset[str]], Masks]


class BookReach:
    """The live rules of a book over bounds; `make` compiles those that can move. Immutable.

    What the others say does not depend on bounds: it is taken from a verdict on the values.
    """

    def __init__(self, book: Book, make: Make = Possible) -> None:
        moving = movable(book)
        rules = [rule for rule in book.rules.values() if rule.mode == "live"]
        points = [rule for rule in book.point_rules.values() if rule.mode == "live"]
        self._limit = book.thresholds.rules
        self._rules = make([r for r in rules if _moves(r, moving)], book.lists, moving)
        self._points = make(points, book.lists, moving)
        self._adds = any([_moves(rule, moving) for rule in points])
        self._still = {rule.id: rule for rule in rules if not _moves(rule, moving)}

    def reach(self, values: Values, bounds: Bounds, at: int, verdict: Verdict) -> Reach:
        """In which tiers rules surely and possibly speak; `on_missing` and rollout count.

        `verdict` is that on `values` as they are.
        """
        sure = self._spoken(values, verdict)
        possible = set(sure)
        for rule, mask in self._rules.possible(values, bounds, at):
            acts = _acts(rule, values, bounds)
            if acts & TRUE:
                tiers, is_silent = _said(rule.tier, rule.on_missing, mask)
                possible |= tiers
                if acts == TRUE and not is_silent and len(tiers) == 1:
                    sure |= tiers
        return Reach(frozenset(sure), frozenset(possible))

    def possible(self, values: Values, bounds: Bounds, at: int) -> Found:
        """The rules that can move and can be anything but false."""
        return self._rules.possible(values, bounds, at)

    def speakers(
        self, values: Values, bounds: Bounds, at: int
    ) -> Iterator[tuple[str, frozenset[Tier]]]:
        """Which rules that can move may speak, and in which tiers."""
        for rule, mask in self._rules.possible(values, bounds, at):
            tiers, _ = _said(rule.tier, rule.on_missing, mask)
            if tiers and _acts(rule, values, bounds) & TRUE:
                yield rule.id, frozenset(tiers)

    def points(self, values: Values, bounds: Bounds, at: int, as_they_are: int) -> Range:
        """What the rules with points add together, within the book's limit.

        `as_they_are` is what they add for `values`.
        """
        if not self._adds:
            return Range(as_they_are, as_they_are)
        low = high = 0
        for rule, mask in self._points.possible(values, bounds, at):
            acts = _acts(rule, values, bounds)
            if acts & TRUE and mask & TRUE:
                is_sure = acts == TRUE and mask == TRUE
                low += rule.points if is_sure else min(0, rule.points)
                high += rule.points if is_sure else max(0, rule.points)
        return Range(self._bounded(low), self._bounded(high))

    def _spoken(self, values: Values, verdict: Verdict) -> set[Tier]:
        """The tiers in which rules speak that do not move."""
        still = self._still
        spoken = {still[hit.rule].tier for hit in verdict.hits if hit.rule in still}
        for name in verdict.unknown_rules:
            rule = still.get(name)
            if rule is not None and rule.on_missing is not None and covers(rule, values):
                spoken.add(rule.on_missing)
        return spoken

    def _bounded(self, points: int) -> int:
        return max(-self._limit, min(self._limit, points))


def _moves(rule: Dossier, moving: frozenset[str]) -> bool:
    by = rule.rollout.by if rule.rollout is not None else ""
    return by in moving or not moving.isdisjoint(names(rule.condition))


def _said(tier: Tier, on_missing: Tier | None, mask: Mask) -> tuple[set[Tier], bool]:
    """In which tiers a rule with this mask may speak, and whether it may say nothing."""
    said: set[Tier] = {tier} if mask & TRUE else set()
    if mask & UNKNOWN and on_missing is not None:
        said.add(on_missing)
    is_silent = bool(mask & FALSE) or bool(mask & UNKNOWN and on_missing is None)
    return said, is_silent


def _acts(rule: Dossier, values: Values, bounds: Bounds) -> Mask:
    """Whether the rollout covers the payment; open if it goes by a value that moves."""
    if rule.rollout is None:
        return TRUE
    if rule.rollout.by in bounds:
        return TRUE | FALSE
    return TRUE if covers(rule, values) else FALSE
