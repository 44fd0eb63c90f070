"""The seam between the decision and whatever scores: a card today, trees tomorrow."""

from collections.abc import Mapping
from typing import Protocol, TypeAlias

import msgspec

from rules.bounds import Bounds, Range

Scalar: TypeAlias = str | float | int | bool


class Score(msgspec.Struct, frozen=True, gc=False):
    """Points 0-100, and how many of them each value added (may be negative)."""

    points: int
    contributions: tuple[tuple[str, int], ...] = ()


class Scorer(Protocol):
    """Known values -> a score. Pure, total; an absent value is unknown."""

    @property
    def name(self) -> str:
        """Which scorer it is."""
        ...

    @property
    def version(self) -> str:
        """Its author's version."""
        ...

    @property
    def hash(self) -> str:
        """A hash of all that its answers depend on."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Every value that it reads."""
        ...

    def score(self, values: Mapping[str, Scalar]) -> Score:
        """Score one payment by the values that are known."""
        ...

    def reach(self, score: Score, bounds: Bounds) -> Range:
        """Where the points can lie while values from text move within bounds.

        `score` is the answer for the values as they are.
        """
        ...

    def without(self, names: frozenset[str]) -> "Scorer":
        """The scorer without what these values add, known or not."""
        ...
