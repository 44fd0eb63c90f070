"""A book over a whole frame: outcome, tier, score and rules of every row.

It is what `rules.verdict.judge` says of each row, without the texts of the reasons; a property
test holds the two together.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import polars as pl

from risk.backtest.points import SCORE, score_frame
from risk.score.scorer import Scorer
from rules.model import Book, Rule, Tier
from rules.rollout import covers
from rules.vector import Vector

LEVELS: Final[Mapping[str, int]] = {"review": 1, "reject": 2, "allow": 3, "block": 4}
"""The tier that decides is the greatest that speaks; 0: nothing speaks."""

OUTCOMES: Final = ("approve", "review", "reject")


class Judgement(msgspec.Struct, frozen=True):
    """What a book says of the rows of a frame, in their order.

    `rules` has a column for each rule: true where it fired and acts; `shadow` likewise for
    those on trial. `level` is the tier that decided (`LEVELS`), `silent` the one that score and
    unknown values alone would have reached.
    """

    outcome: pl.Series
    level: pl.Series
    silent: pl.Series
    score: pl.Series
    rules: pl.DataFrame
    shadow: pl.DataFrame


class TableJudge:
    """Judges frames by a book and a scorer.

    Raises `rules.columns.Unfit` if a constant of the book is beyond what a table holds.
    """

    def __init__(self, book: Book, scorer: Scorer) -> None:
        self._book = book
        self._scorer = scorer
        self._vector = Vector(book)
        self._live = [rule for rule in book.rules.values() if rule.mode == "live"]
        self._trial = [rule for rule in book.rules.values() if rule.mode == "shadow"]

    def judge(self, frame: pl.DataFrame) -> Judgement:
        """Judge every row; columns are values by name, `at`, and `reused` (see `frame`)."""
        score = score_frame(self._scorer, frame)
        table = frame.with_columns(score.cast(pl.Float64))
        masks = self._vector.masks(table)
        acting = {rule.id: _acts(rule, table) for rule in self._live}
        hits = {rule.id: masks[rule.id].fill_null(value=False) for rule in self._live}
        spoken = [
            _level(hits[rule.id] & acting[rule.id], rule.tier, rule.id) for rule in self._live
        ]
        unknown = [
            _level(masks[rule.id].is_null() & acting[rule.id], rule.on_missing, f"? {rule.id}")
            for rule in self._live
            if rule.on_missing
        ]
        silent = _highest([self._reached(score), *unknown])
        level = _highest([silent, *spoken])
        live = [(hits[rule.id] & acting[rule.id]).alias(rule.id) for rule in self._live]
        trial = [masks[rule.id].fill_null(value=False) for rule in self._trial]
        control = [(hits[r.id] & ~acting[r.id]).alias(r.id) for r in self._live if r.rollout]
        return Judgement(
            self._outcome(level, frame["reused"]),
            level,
            silent,
            score,
            pl.DataFrame(live),
            pl.DataFrame([*trial, *control]),
        )

    def _reached(self, score: pl.Series) -> pl.Series:
        limits = self._book.thresholds
        found = pl.lit(0, pl.Int8)
        for limit, level in ((limits.review, 1), (limits.reject, 2)):
            if limit is not None:
                found = (
                    pl.when(pl.col(SCORE) >= limit)
                    .then(pl.lit(level, pl.Int8))
                    .otherwise(found)
                )
        return score.to_frame().select(found.alias("by score")).to_series()

    def _outcome(self, level: pl.Series, reused: pl.Series) -> pl.Series:
        by_level: list[str] = [self._book.default] * (len(LEVELS) + 1)
        for tier, number in LEVELS.items():
            by_level[number] = self._book.outcomes[tier]  # type: ignore[index] # the four tiers
        outcome = level.replace_strict(
            range(len(by_level)), by_level, return_dtype=pl.String
        ).alias("outcome")
        looked_at = reused & (outcome == "approve")
        return (
            outcome.to_frame()
            .select(
                pl.when(looked_at).then(pl.lit("review")).otherwise(outcome).alias("outcome")
            )
            .to_series()
        )


def _acts(rule: Rule, table: pl.DataFrame) -> pl.Series:
    """Where the rollout covers the row: asked once for each different value."""
    if rule.rollout is None:
        return pl.repeat(value=True, n=table.height, eager=True)
    name = rule.rollout.by
    if name not in table.columns:
        return pl.repeat(value=False, n=table.height, eager=True)
    different = table[name].drop_nulls().unique()
    covered = pl.Series([covers(rule, {name: value}) for value in different], dtype=pl.Boolean)
    return table[name].replace_strict(
        different, covered, default=False, return_dtype=pl.Boolean
    )


def _highest(levels: Sequence[pl.Series]) -> pl.Series:
    return pl.DataFrame(levels).max_horizontal().alias("level")


def _level(mask: pl.Series, tier: Tier, name: str) -> pl.Series:
    return (mask.cast(pl.Int8) * LEVELS[tier]).alias(name)
