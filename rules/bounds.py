"""Values that are not known exactly: what they lie between, and what a condition can be then.

A *mask* is the set of truth values that a condition can take while values move within their
bounds: `TRUE`, `FALSE` and `UNKNOWN` or-ed together. Masks only over-approximate: two mentions
of one value are taken as independent.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

import msgspec

from rules.model import Book, Tier, Truth
from rules.vocabulary import Scalar

Mask: TypeAlias = int
TRUE: Final = 1
FALSE: Final = 2
UNKNOWN: Final = 4


class Range(msgspec.Struct, frozen=True, gc=False):
    """A number that is not known but lies in `low` <= x <= `high`."""

    low: float
    high: float


class Choice(msgspec.Struct, frozen=True, gc=False):
    """A text or a flag that is not known but is one of these."""

    members: tuple[Scalar, ...]


Bound: TypeAlias = Range | Choice
Bounds: TypeAlias = Mapping[str, Bound]
"""By name. A value in it counts as known, whatever the values beside it say of that name."""

EITHER: Final = Choice((False, True))


class Reach(msgspec.Struct, frozen=True, gc=False):
    """The tiers in which a book speaks for every value within bounds, and for some of them.

    A tier that is sure is possible too; whoever evaluates may leave it out of `possible`.
    """

    sure: frozenset[Tier] = frozenset()
    possible: frozenset[Tier] = frozenset()


def movable(book: Book) -> frozenset[str]:
    """The values of a book that may have bounds: those read in a memo, and the score."""
    return frozenset(
        name
        for name, word in book.words.items()
        if name == "score" or (word.from_text and not word.from_payment)
    )


def mask_of(truth: Truth) -> Mask:
    """The mask of what is certain."""
    return UNKNOWN if truth is None else TRUE if truth else FALSE


def _both(one: Truth, other: Truth) -> Truth:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _either(one: Truth, other: Truth) -> Truth:
    if one is True or other is True:
        return True
    return None if one is None or other is None else False


def _same(one: Truth, other: Truth) -> Truth:
    return None if one is None or other is None else one is other


def _members(mask: Mask) -> list[Truth]:
    return [truth for truth in (True, False, None) if mask & mask_of(truth)]


def mask_of_all(truths: Iterable[Truth]) -> Mask:
    """The mask of what is one of these."""
    mask = 0
    for truth in truths:
        mask |= mask_of(truth)
    return mask


def _table(joined: Callable[[Truth, Truth], Truth]) -> tuple[tuple[Mask, ...], ...]:
    return tuple(
        tuple(
            mask_of_all(joined(a, b) for a in _members(one) for b in _members(other))
            for other in range(8)
        )
        for one in range(8)
    )


AND: Final = _table(_both)
OR: Final = _table(_either)
SAME: Final = _table(_same)
"""Kleene's connectives on masks: the table's row is one operand, its column the other."""

NOT: Final = tuple(
    mask & UNKNOWN | (mask & TRUE) << 1 | (mask & FALSE) >> 1 for mask in range(8)
)
