"""A trained scorer: boosted trees, read from a card and a text, as points 0-100."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from risk.score.model_card import BadScorer, ModelCard, mistakes, read_card
from risk.score.paths import Paths
from risk.score.points import MAX_POINTS, points_of, share_out
from risk.score.scorer import Scalar, Score
from risk.score.trees import NoTrees, Trees
from rules.bounds import Bounds, Range

UNKNOWN: Final = float("nan")
TELLING: Final = 5
"""So many points above the average payment a score says what it is made of. Below that
there is nothing to explain, and it is where nearly all payments are."""


class Booster:
    """A scorer (`risk.score.scorer.Scorer`) made by `risk train`. One thread only."""

    def __init__(self, card: ModelCard, trees: str, hash_: str) -> None:
        """Raises `NoTrees` for trees that cannot be read, `BadScorer` for another card's."""
        self.card = card
        self.name, self.version, self.hash = card.name, card.version, hash_
        self._features = tuple(feature.name for feature in card.features)
        self._trees = Trees(trees)
        if self._trees.width != len(self._features):
            raise BadScorer(
                f"{card.trees}: reads {self._trees.width} values, the card names "
                f"{len(self._features)}"
            )
        self._paths = Paths(trees, self._trees.width)
        self._base = points_of(self._paths.base, card.cuts)

    @property
    def base(self) -> float:
        """The raw score of the average payment in training."""
        return self._paths.base

    @property
    def names(self) -> tuple[str, ...]:
        """Every value that it reads."""
        return tuple(dict.fromkeys([*self._features, *self.card.text.points]))

    def raw(self, values: Mapping[str, Scalar]) -> float:
        """The log odds of fraud as the trees see them; the text has no part in it."""
        return self._trees.raw(self._row(values))

    def score(self, values: Mapping[str, Scalar]) -> Score:
        """Score one payment; above `TELLING` with what each value added to the base."""
        row = self._row(values)
        raw = self._trees.raw(row)
        points = points_of(raw, self.card.cuts)
        said = self.card.text.of(values) if self.card.text.points else []
        if not said and points < self._base + TELLING:
            return Score(points)
        total = min(MAX_POINTS, points + sum(map(itemgetter(1), said)))
        made_of = self._parts(row, points) if points >= self._base + TELLING else []
        return Score(total, (*made_of, *said))

    def reach(self, score: Score, bounds: Bounds) -> Range:
        """See `risk.score.scorer.Scorer`: flags can be raised, as far as the card lets them."""
        text = self.card.text
        said = sum([points for name, points in score.contributions if name in text.points])
        raised = [points for name, points in text.points.items() if name in bounds]
        most = min(text.most - said, sum(raised))
        return Range(score.points, min(MAX_POINTS, score.points + most))

    def without(self, names: frozenset[str]) -> "Booster":
        """Itself: trees read nothing from text, and text adds for known flags only."""
        return self

    def score_many(self, rows: Sequence[Mapping[str, Scalar]]) -> list[Score]:
        """Score payments, each as `score` does."""
        return [self.score(values) for values in rows]

    def interval(self, values: Mapping[str, Scalar]) -> tuple[int, int]:
        """The lowest and the highest points that any text could make of these values."""
        points = points_of(self.raw(values), self.card.cuts)
        return points, min(MAX_POINTS, points + self.card.text.reach)

    def why(self, values: Mapping[str, Scalar]) -> list[tuple[str, float]]:
        """Exact TreeSHAP values in log odds, the largest first. Dear; for people who ask."""
        *added, _ = self._trees.shap(self._row(values))
        return sorted(zip(self._features, added, strict=True), key=_size)

    def paths(self, values: Mapping[str, Scalar]) -> list[tuple[str, float]]:
        """Path contributions in log odds, the largest first; with the base they are `raw`."""
        added = self._paths.contributions(self._trees.leaves(self._row(values)))
        return sorted(zip(self._features, added, strict=True), key=_size)

    def _parts(self, row: list[Any], points: int) -> list[tuple[str, int]]:
        added = self._paths.contributions(self._trees.leaves(row))
        parts = zip(self._features, share_out(points - self._base, added), strict=True)
        return sorted([part for part in parts if part[1]], key=_size)

    def _row(self, values: Mapping[str, Scalar]) -> list[Any]:
        get = values.get
        return [get(name, UNKNOWN) for name in self._features]


def _size(part: tuple[str, float]) -> float:
    return -abs(part[1])


def load_booster(path: Path, provided: Mapping[str, str]) -> Booster:
    """Read a scorer by its card; `provided` are the values of the book with their versions.

    Raises `BadScorer` with every reason why it cannot be used.
    """
    card, trees, hash_ = read_card(path)
    found = mistakes(card, provided)
    if found:
        raise BadScorer("\n".join(f"{path}: {mistake}" for mistake in found))
    try:
        return Booster(card, trees, hash_)
    except NoTrees as error:
        raise BadScorer(f"{path}: {card.trees}: {error}") from None
