"""A scorecard: points for each value, added up and capped to 0-100."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from sys import intern
from typing import Final, TypeAlias

import msgspec

from risk.score.scorer import Scalar, Score
from rules.bounds import EITHER, Bound, Bounds, Choice, Range
from rules.source import GET, Kind, compile_function
from rules.wording import fold


class Bands(msgspec.Struct, frozen=True):
    """A number: `points[i]` below `bounds[i]` and not below the bound before it.

    `bounds` ascend; the last points stand for all from the last bound on. `unknown` are the
    points of a value that is no finite number.
    """

    name: str
    bounds: tuple[float, ...]
    points: tuple[int, ...]
    unknown: int = 0


class Choices(msgspec.Struct, frozen=True):
    """A text: points by its folded form, `others` for any other text."""

    name: str
    points: Mapping[str, int]
    others: int = 0
    unknown: int = 0


class Switch(msgspec.Struct, frozen=True):
    """A flag: points for true and for false."""

    name: str
    true: int
    false: int = 0
    unknown: int = 0


Line: TypeAlias = Bands | Choices | Switch

Added: TypeAlias = tuple[str, int] | None
"""A value and the points that it adds; None if it adds none."""

HEAD: Final = """\
def added(values):
    get = values.get
    found = []
"""
LINE: Final = """\
    value = get(name{n})
{typed}\
    entry = {chosen}
    if entry is not None:
        found.append(entry)
"""
FOOT: Final = """\
    return tuple(found)
"""
CHOSEN: Final[Mapping[Kind, str]] = {
    "number": "points{n}[bisect(bounds{n}, value)] if value == value else unknown{n}",
    "folded": "points{n}.get(value, others{n}) if value is not None else unknown{n}",
    "flag": "true{n} if value is True else false{n} if value is False else unknown{n}",
}


class Scorecard:
    """A scorer (`risk.score.scorer.Scorer`) that an analyst can read.

    Its lines become one generated function, as the rules of a book do (`rules.native`).
    """

    def __init__(
        self,
        *,
        name: str,
        version: str,
        hash: str,  # noqa: A002 # the seam's word
        base: int,
        lines: tuple[Line, ...],
    ) -> None:
        self.name = name
        self.version = version
        self.hash = hash
        self.base = base
        self.lines = lines
        self.names = tuple([line.name for line in lines])
        self._by_name = {line.name: line for line in lines}
        self._either = {
            line.name: (min(line.true, line.false), max(line.true, line.false))
            for line in lines
            if isinstance(line, Switch)
        }
        self._added = _compile(lines)

    def score(self, values: Mapping[str, Scalar]) -> Score:
        """Add up the points; lines that add none are not listed."""
        contributions = self._added(values)
        total = self.base + sum([points for _, points in contributions])
        return Score(min(100, max(0, total)), contributions)

    def reach(self, score: Score, bounds: Bounds) -> Range:
        """See `risk.score.scorer.Scorer`: each line lies between the ends that it can reach."""
        said = dict(score.contributions)
        low = high = self.base + sum(said.values())
        for name, bound in bounds.items():
            ends = self._either.get(name) if bound is EITHER else self._ends(name, bound)
            if ends is not None:
                own = said.get(name, 0)
                low += ends[0] - own
                high += ends[1] - own
        return Range(min(100, max(0, low)), min(100, max(0, high)))

    def _ends(self, name: str, bound: Bound) -> tuple[int, int] | None:
        line = self._by_name.get(name)
        if line is None:
            return None
        reached = _reached(line, bound)
        return min(reached), max(reached)

    def without(self, names: frozenset[str]) -> "Scorecard":
        """The card without the lines of these values."""
        return Scorecard(
            name=self.name,
            version=self.version,
            hash=self.hash,
            base=self.base,
            lines=tuple([line for line in self.lines if line.name not in names]),
        )

    def score_many(self, rows: Sequence[Mapping[str, Scalar]]) -> list[Score]:
        """Score payments, each as `score` does."""
        return [self.score(values) for values in rows]


def _reached(line: Line, bound: Bound) -> Sequence[int]:
    """The points that a line can give within a bound; never none."""
    if isinstance(line, Bands):
        assert isinstance(bound, Range)  # noqa: S101 # a bound fits the type of its value
        first, last = (bisect_right(line.bounds, end) for end in (bound.low, bound.high))
        return line.points[first : last + 1]
    members = bound.members if isinstance(bound, Choice) else ()
    if isinstance(line, Choices):
        return [line.points.get(fold(str(member)), line.others) for member in members]
    return [line.true if member else line.false for member in members]


def _compile(
    lines: Iterable[Line],
) -> Callable[[Mapping[str, Scalar]], tuple[tuple[str, int], ...]]:
    """Values -> what each line adds, in the order of the lines."""
    source = HEAD
    constants: dict[str, object] = {"bisect": bisect_right}
    for n, line in enumerate(lines):
        kind, own = _parts(line)
        constants |= {f"{key}{n}": value for key, value in own.items()}
        source += LINE.format(
            n=n, typed=GET[kind].format(slot="value"), chosen=CHOSEN[kind].format(n=n)
        )
    added: Callable[[Mapping[str, Scalar]], tuple[tuple[str, int], ...]]
    added = compile_function(source + FOOT, "added", constants)
    return added


def _parts(line: Line) -> tuple[Kind, dict[str, object]]:
    """Give the kind of a line's value, and what its source names."""

    def add(points: int) -> Added:
        return (line.name, points) if points else None

    own: dict[str, object] = {"name": intern(line.name), "unknown": add(line.unknown)}
    if isinstance(line, Bands):
        bands = tuple(map(add, line.points))
        return "number", {**own, "bounds": line.bounds, "points": bands}
    if isinstance(line, Choices):
        by_text = {text: add(number) for text, number in line.points.items()}
        return "folded", {**own, "points": by_text, "others": add(line.others)}
    return "flag", {**own, "true": add(line.true), "false": add(line.false)}
