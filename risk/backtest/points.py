"""A scorer over a whole frame: the same points as row by row."""

from typing import Final

import polars as pl

from risk.score.card import Bands, Choices, Line, Scorecard, Switch
from risk.score.scorer import Scorer
from rules.wording import fold

SCORE: Final = "score"


def score_frame(scorer: Scorer, frame: pl.DataFrame) -> pl.Series:
    """Points 0-100 of every row; a scorer that is no card is asked row by row."""
    if not isinstance(scorer, Scorecard):
        return pl.Series(
            SCORE, [scorer.score(values).points for values in rows_of(frame, scorer.names)]
        )
    folded = {
        line.name: _folded(frame[line.name])
        for line in scorer.lines
        if isinstance(line, Choices)
    }
    known = frame.with_columns([series.alias(f"folded:{n}") for n, series in folded.items()])
    total = pl.lit(scorer.base, pl.Int64) + pl.sum_horizontal(
        [_added(line) for line in scorer.lines]
    )
    return known.select(total.clip(0, 100).alias(SCORE)).to_series()


def rows_of(frame: pl.DataFrame, names: tuple[str, ...]) -> list[dict[str, str | float | bool]]:
    """The known values of every row, by name."""
    present = [name for name in names if name in frame.columns]
    return [
        {name: value for name, value in row.items() if value is not None}
        for row in frame.select(present).iter_rows(named=True)
    ]


def _folded(texts: pl.Series) -> pl.Series:
    different = texts.drop_nulls().unique()
    folded = pl.Series([fold(text) for text in different], dtype=pl.String)
    return texts.replace_strict(different, folded, default=None, return_dtype=pl.String)


def _added(line: Line) -> pl.Expr:
    match line:
        case Bands(name=name, bounds=bounds, points=points, unknown=unknown):
            value = pl.col(name)
            found = pl.lit(points[-1], pl.Int64)
            for bound, below in reversed(list(zip(bounds, points[:-1], strict=True))):
                found = pl.when(value < bound).then(below).otherwise(found)
            is_known = value.is_finite().fill_null(value=False)
            return pl.when(is_known).then(found).otherwise(unknown).alias(name)
        case Switch(name=name, true=true, false=false, unknown=unknown):
            chosen = pl.when(pl.col(name)).then(true).otherwise(false)
            return pl.when(pl.col(name).is_null()).then(unknown).otherwise(chosen).alias(name)
        case Choices(name=name, points=points, others=others, unknown=unknown):
            text = pl.col(f"folded:{name}")
            chosen = text.replace_strict(
                list(points), list(points.values()), default=others, return_dtype=pl.Int64
            )
            return pl.when(text.is_null()).then(unknown).otherwise(chosen).alias(name)
