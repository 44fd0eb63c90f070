"""A scorecard: points for each value, added up and capped to 0-100."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from math import inf
from typing import TypeAlias

import msgspec

from risk.score.scorer import Scalar, Score
from rules.wording import fold


class Bands(msgspec.Struct, frozen=True):
    """A number: `points[i]` below `bounds[i]` and not below the bound before it.

    `bounds` ascend; the last points stand for all from the last bound on.
    """

    name: str
    bounds: tuple[float, ...]
    points: tuple[int, ...]
    unknown: int = 0

    def of(self, values: Mapping[str, Scalar]) -> int:
        """Points of the value; those for unknown if it is no finite number."""
        value = values.get(self.name)
        if (type(value) is float or type(value) is int) and -inf < value < inf:
            return self.points[bisect_right(self.bounds, value)]
        return self.unknown


class Choices(msgspec.Struct, frozen=True):
    """A text: points by its folded form, `others` for any other text."""

    name: str
    points: Mapping[str, int]
    others: int = 0
    unknown: int = 0

    def of(self, values: Mapping[str, Scalar]) -> int:
        """Points of the value; those for unknown if it is no text."""
        value = values.get(self.name)
        if type(value) is str:
            return self.points.get(fold(value), self.others)
        return self.unknown


class Switch(msgspec.Struct, frozen=True):
    """A flag: points for true and for false."""

    name: str
    true: int
    false: int = 0
    unknown: int = 0

    def of(self, values: Mapping[str, Scalar]) -> int:
        """Points of the value; those for unknown if it is no flag."""
        value = values.get(self.name)
        if value is True:
            return self.true
        return self.false if value is False else self.unknown


Line: TypeAlias = Bands | Choices | Switch


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """A scorer (`risk.score.scorer.Scorer`) that an analyst can read."""

    name: str
    version: str
    hash: str
    base: int
    lines: tuple[Line, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every value that has a line."""
        return tuple(line.name for line in self.lines)

    def score(self, values: Mapping[str, Scalar]) -> Score:
        """Add up the points; lines that add none are not listed."""
        total = self.base
        contributions = []
        for line in self.lines:
            points = line.of(values)
            if points:
                total += points
                contributions.append((line.name, points))
        return Score(min(100, max(0, total)), tuple(contributions))

    def score_many(self, rows: Sequence[Mapping[str, Scalar]]) -> list[Score]:
        """Score payments, each as `score` does."""
        return [self.score(values) for values in rows]
