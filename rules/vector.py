"""The evaluator `vector`: whole tables at once, for backtests and sweeps.

A table has a column for each value (numbers, strings or Booleans; null or absent = unknown) and
`at`, the event time in microseconds UTC. Polars is met here and in `rules.columns` only.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import polars as pl

from rules.calendar import start
from rules.columns import AT, FOLDED, STARTED, ZERO, Tabulator
from rules.condition import Named, Type
from rules.model import Book, Rule
from rules.tree import NOTHING, Matches
from rules.vocabulary import Scalar, Vocabulary
from rules.wording import fold

DTYPES: Final[Mapping[Type, type[pl.DataType]]] = {
    "number": pl.Float64,
    "text": pl.String,
    "flag": pl.Boolean,
}


class Vector:
    """Compiles the rules of a book that are not off. Immutable; safe to share.

    Raises `rules.columns.Unfit` if a constant is beyond what a table holds exactly.
    """

    def __init__(self, book: Book) -> None:
        tabulator = Tabulator(book.lists)
        self._rules = [
            _rule(tabulator, rule) for rule in book.rules.values() if rule.mode != "off"
        ]
        self._folded = sorted(tabulator.folded)
        self._started = sorted(tabulator.started)
        texts = {Named(name, "text") for name in (*self._folded, *self._started)}
        self._named = sorted(tabulator.named | texts, key=lambda value: value.name)

    def masks(self, table: pl.DataFrame) -> pl.DataFrame:
        """Evaluate a table: a Boolean column for each rule, null where it is unknown."""
        known = table.select(AT.cast(pl.Int64), *[_column(table, v) for v in self._named])
        further = [
            pl.zeros(table.height, dtype=pl.Float64, eager=True).alias(ZERO.meta.output_name())
        ]
        further += [_mapped(known[name], fold, pl.String, FOLDED) for name in self._folded]
        further += [_mapped(known[name], start, pl.Int64, STARTED) for name in self._started]
        return known.lazy().with_columns(further).select(self._rules).collect()

    def matches(self, table: pl.DataFrame) -> list[Matches]:
        """Evaluate a table: the same as other evaluators say of each row."""
        if not self._rules:
            return [NOTHING] * table.height
        masks = self.masks(table)
        return [
            Matches(
                tuple([rule for rule, truth in row.items() if truth]),
                tuple([rule for rule, truth in row.items() if truth is None]),
            )
            for row in masks.iter_rows(named=True)
        ]


def tabulate(
    payments: Sequence[tuple[Mapping[str, Scalar], int]], words: Vocabulary
) -> pl.DataFrame:
    """Make a table of (values, event time); what has not its word's type is unknown."""
    columns = {
        name: pl.Series(
            name,
            [_fitting(values.get(name), word.type) for values, _ in payments],
            dtype=DTYPES[word.type],
        )
        for name, word in words.items()
    }
    ats = pl.Series("at", [at for _, at in payments], dtype=pl.Int64)
    return pl.DataFrame({**columns, "at": ats})


def _fitting(value: Scalar | None, type_: Type) -> Scalar | None:
    if type_ == "number":
        return float(value) if type(value) is int or type(value) is float else None
    return value if type(value) is {"text": str, "flag": bool}[type_] else None


def _rule(tabulator: Tabulator, rule: Rule) -> pl.Expr:
    tabulator.use({name: param.value for name, param in rule.params.items()})
    truth = tabulator.test(rule.condition)
    holds = AT.is_between(rule.window.start, rule.window.end, closed="left")
    return pl.when(holds).then(truth).otherwise(statement=False).alias(rule.id)


def _column(table: pl.DataFrame, value: Named) -> pl.Expr:
    """Take a value's column as the type the conditions expect; any other is unknown."""
    dtype = DTYPES[value.type]
    given = table.schema.get(value.name)
    column = pl.col(value.name)
    if value.type == "number" and given is not None and given.is_numeric():
        number = column.cast(dtype)
        return pl.when(number.is_finite()).then(number).alias(value.name)
    return column if given == dtype else pl.lit(None, dtype=dtype).alias(value.name)


def _mapped(
    texts: pl.Series,
    function: Callable[[str], Scalar | None],
    dtype: type[pl.DataType],
    prefix: str,
) -> pl.Series:
    """Apply a function to each different text, once."""
    different = texts.drop_nulls().unique()
    found = pl.Series([function(text) for text in different], dtype=dtype)
    mapped = texts.replace_strict(different, found, default=None, return_dtype=dtype)
    return mapped.alias(prefix + texts.name)
