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
from rules.model import Book, Dossier, Tier
from rules.points import point_book
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
        self._rules = _Rules(book, book.rules)
        self._points = _Rules(point_book(book), book.point_rules)

    def judge(self, frame: pl.DataFrame) -> Judgement:
        """Judge every row; columns are values by name, `at`, and `reused` (see `frame`)."""
        added = self._points.on(frame)
        score = self._score(score_frame(self._scorer, frame), added.live)
        found = self._rules.on(frame.with_columns(score.cast(pl.Float64)))
        spoken = [
            _level(found.live[rule.id], rule.tier, rule.id)
            for rule in self._book.rules.values()
            if rule.id in found.live.columns
        ]
        unknown = [
            _level(found.unknown[rule.id], rule.on_missing, f"? {rule.id}")
            for rule in self._book.rules.values()
            if rule.id in found.unknown.columns and rule.on_missing
        ]
        silent = _highest([self._reached(score), *unknown])
        level = _highest([silent, *spoken])
        return Judgement(
            self._outcome(level, frame["reused"]),
            level,
            silent,
            score,
            pl.concat([found.live, added.live], how="horizontal"),
            pl.concat([found.shadow, added.shadow], how="horizontal"),
        )

    def _score(self, scored: pl.Series, live: pl.DataFrame) -> pl.Series:
        """The scorer's points and those of the rules, bounded as `rules.points` does."""
        rules, limit = self._book.point_rules, self._book.thresholds.rules
        terms = [pl.lit(0, pl.Int64)]
        terms += [pl.col(name).cast(pl.Int64) * rules[name].points for name in live.columns]
        total = pl.sum_horizontal(terms).clip(-limit, limit)
        table = pl.concat([scored.to_frame(), live], how="horizontal")
        return table.select((pl.col(SCORE) + total).clip(0, 100).alias(SCORE)).to_series()

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


class _Found(msgspec.Struct, frozen=True):
    """Columns by rule: fired and acts, fired on trial, and unknown where it would act."""

    live: pl.DataFrame
    shadow: pl.DataFrame
    unknown: pl.DataFrame


class _Rules:
    """Some rules of a book, compiled."""

    def __init__(self, book: Book, rules: Mapping[str, Dossier]) -> None:
        self._rules = [rule for rule in rules.values() if rule.mode != "off"]
        self._vector = Vector(book) if self._rules else None

    def on(self, table: pl.DataFrame) -> _Found:
        """Evaluate them; a rollout that does not cover a row makes its rule one on trial."""
        live, shadow, unknown = [], [], []
        masks = self._vector.masks(table) if self._vector else pl.DataFrame()
        for rule in self._rules:
            hit, acts = masks[rule.id].fill_null(value=False), _acts(rule, table)
            if rule.mode == "live":
                live.append((hit & acts).alias(rule.id))
                unknown.append((masks[rule.id].is_null() & acts).alias(rule.id))
            if rule.mode == "shadow" or rule.rollout is not None:
                shadow.append((hit & ~acts).alias(rule.id))
        return _Found(pl.DataFrame(live), pl.DataFrame(shadow), pl.DataFrame(unknown))


def _acts(rule: Dossier, table: pl.DataFrame) -> pl.Series:
    """Where the rule may act; a rollout is asked once for each different value."""
    if rule.mode != "live" or rule.rollout is None:
        return pl.repeat(rule.mode == "live", n=table.height, eager=True)
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
