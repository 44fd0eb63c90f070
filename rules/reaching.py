"""Masks of rules -> the tiers and the points that a book can reach while values move."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from rules.bounds import FALSE, TRUE, UNKNOWN, Bounds, Mask, Range, Reach, movable
from rules.closures import Values
from rules.model import Book, Dossier, Listing, Tier
from rules.possible import Possible
from rules.reach import Found
from rules.rollout import covers


class Masks(Protocol):
    """The rules that can be anything but false: `rules.reach` and `rules.possible`."""

    def possible(self, values: Values, bounds: Bounds, at: int) -> Found:
        """Values by name, bounds of those that move, microseconds UTC. Total, pure."""
        ...


Make = Callable[[Sequence[Dossier], Mapping[str, Listing], frozenset[str]], Masks]


class BookReach:
    """The live rules of a book over bounds; `make` compiles them. Immutable."""

    def __init__(self, book: Book, make: Make = Possible) -> None:
        moving = movable(book)
        self._limit = book.thresholds.rules
        self._rules = make(_live(book.rules), book.lists, moving)
        self._points = make(_live(book.point_rules), book.lists, moving)

    def reach(self, values: Values, bounds: Bounds, at: int) -> Reach:
        """In which tiers rules surely and possibly speak; `on_missing` and rollout count."""
        sure: set[Tier] = set()
        possible: set[Tier] = set()
        for rule, mask in self._rules.possible(values, bounds, at):
            acts = _acts(rule, values, bounds)
            if acts & TRUE:
                tiers, is_silent = _said(rule.tier, rule.on_missing, mask)
                possible |= tiers
                if acts == TRUE and not is_silent and len(tiers) == 1:
                    sure |= tiers
        return Reach(frozenset(sure), frozenset(possible))

    def speakers(
        self, values: Values, bounds: Bounds, at: int
    ) -> Iterator[tuple[str, frozenset[Tier]]]:
        """Which rules may speak, and in which tiers."""
        for rule, mask in self._rules.possible(values, bounds, at):
            tiers, _ = _said(rule.tier, rule.on_missing, mask)
            if tiers and _acts(rule, values, bounds) & TRUE:
                yield rule.id, frozenset(tiers)

    def points(self, values: Values, bounds: Bounds, at: int) -> Range:
        """What the rules with points add together, within the book's limit."""
        low = high = 0
        for rule, mask in self._points.possible(values, bounds, at):
            acts = _acts(rule, values, bounds)
            if acts & TRUE and mask & TRUE:
                is_sure = acts == TRUE and mask == TRUE
                low += rule.points if is_sure else min(0, rule.points)
                high += rule.points if is_sure else max(0, rule.points)
        return Range(self._bounded(low), self._bounded(high))

    def _bounded(self, points: int) -> int:
        return max(-self._limit, min(self._limit, points))


def _live(rules: Mapping[str, Dossier]) -> list[Dossier]:
    return [rule for rule in rules.values() if rule.mode == "live"]


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
