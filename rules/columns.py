"""Conditions -> Polars expressions. Null is unknown: Polars' own logic is Kleene's."""

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final

import polars as pl

from rules.calendar import DAY_US, HOUR_US, start
from rules.condition import (
    AgeDays,
    Among,
    And,
    Apply,
    Arithmetic,
    Clock,
    Compare,
    Constant,
    ContainsAny,
    Listed,
    Missing,
    Named,
    Node,
    Not,
    Or,
    Parameter,
    StartsWith,
    Type,
)
from rules.model import ALWAYS, FOREVER, Listing
from rules.vocabulary import Scalar
from rules.wording import fold

AT: Final = pl.col("at")
ZERO: Final = pl.col("zero:")
"""A whole column of zeros. To divide by a constant, Polars multiplies by its reciprocal, which
is another number; a constant plus this column is no constant to it."""

FOLDED: Final = "folded:"
STARTED: Final = "started:"
LARGEST: Final = 2**53
"""Whole numbers above are not exact as 64-bit floats."""

COMPARE: Final[Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
CALCULATE: Final[Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
CLOCKS: Final = {"hour": AT // HOUR_US % 24, "weekday": (AT // DAY_US + 3) % 7}


class Unfit(ValueError):
    """A book holds a constant that a table cannot hold exactly."""


class Tabulator:
    """Makes expressions with the parameters and lists given, and notes what they read.

    Text is read from the columns `folded:NAME`, for `age_days` from `started:NAME`
    (microseconds UTC); see `rules.vector`.
    """

    def __init__(self, lists: Mapping[str, Listing]) -> None:
        self.named: set[Named] = set()
        self.folded: set[str] = set()
        self.started: set[str] = set()
        self._lists = lists
        self._params: Mapping[str, Scalar] = {}

    def use(self, params: Mapping[str, Scalar]) -> None:
        """Take the parameters of the conditions that follow."""
        self._params = params

    def test(self, node: Node) -> pl.Expr:
        """Make a Boolean expression, null where the condition is unknown."""
        match node:
            case And(terms=terms) | Or(terms=terms):
                joined = operator.and_ if isinstance(node, And) else operator.or_
                return reduce(joined, [self.test(term) for term in terms])
            case Not(term=term):
                return ~self.test(term)
            case Compare(operator=sign, left=left, right=right, type=type_):
                return COMPARE[sign](self._value(left, type_), self._value(right, type_))
            case Missing(value=value):
                return self._named(value).is_null()
            case Named():
                return self._named(node)
            case _:
                return self._membership(node)

    def _membership(self, node: Node) -> pl.Expr:
        match node:
            case Among(value=value, options=options, type=type_):
                found = self._value(value, type_)
                return reduce(operator.or_, [found == self._literal(o) for o in options])
            case Listed(value=value, list=name):
                listing = self._lists[name]
                text = self._text(value, exact=listing.kind == "allow")
                return _listed(text, listing.ends)
            case ContainsAny(value=value, list=name):
                return _containing(self._text(value), self._lists[name].ends)
            case StartsWith(value=value, prefix=prefix):
                return self._text(value).str.starts_with(prefix)
            case _:
                return self._literal(self._fixed(node))

    def _value(self, node: Node, type_: Type) -> pl.Expr:
        if type_ == "number":
            return self._number(node)
        return self.test(node) if type_ == "flag" else self._text(node)

    def _number(self, node: Node) -> pl.Expr:
        match node:
            case Named():
                return self._named(node)
            case Arithmetic(operator=sign, left=left, right=right):
                divisor = self._number(right) + ZERO if sign == "/" else self._number(right)
                return _finite(CALCULATE[sign](self._number(left), divisor))
            case Apply(function=function, arguments=arguments):
                return _applied(function, [self._number(argument) for argument in arguments])
            case Clock(part=part):
                return CLOCKS[part].cast(pl.Float64)
            case AgeDays(since=since):
                return (AT - self._start(since)).cast(pl.Float64) / (float(DAY_US) + ZERO)
            case _:
                return self._literal(self._fixed(node))

    def _text(self, node: Node, *, exact: bool = False) -> pl.Expr:
        if not isinstance(node, Named):
            text = self._fixed(node)
            return pl.lit(text if exact else fold(text))
        if exact:
            return self._named(node)
        self.folded.add(node.name)
        return pl.col(FOLDED + node.name)

    def _start(self, node: Node) -> pl.Expr:
        if isinstance(node, Named):
            self.started.add(node.name)
            return pl.col(STARTED + node.name)
        return pl.lit(start(self._fixed(node)), dtype=pl.Int64)

    def _named(self, node: Named) -> pl.Expr:
        self.named.add(node)
        return pl.col(node.name)

    def _fixed(self, node: Node) -> Any:
        if isinstance(node, Parameter):
            return self._params[node.name]
        assert isinstance(node, Constant)  # noqa: S101 # every other node has its case
        return node.value

    def _literal(self, value: Scalar) -> pl.Expr:
        if isinstance(value, bool | str):
            return pl.lit(value)
        if isinstance(value, int) and abs(value) > LARGEST:
            raise Unfit(f"a table cannot hold {value} exactly")
        return pl.lit(float(value))


def _finite(number: pl.Expr) -> pl.Expr:
    return pl.when(number.is_finite()).then(number)


def _applied(function: str, arguments: list[pl.Expr]) -> pl.Expr:
    if function == "abs":
        return arguments[0].abs()
    choose = pl.min_horizontal if function == "min" else pl.max_horizontal
    known = reduce(operator.and_, [argument.is_not_null() for argument in arguments])
    return pl.when(known).then(choose(*arguments))


def _listed(text: pl.Expr, ends: Mapping[str, int]) -> pl.Expr:
    if all(end == FOREVER for end in ends.values()):
        return text.is_in(list(ends))
    end = text.replace_strict(
        list(ends), list(ends.values()), default=ALWAYS, return_dtype=pl.Int64
    )
    return pl.when(text.is_not_null()).then(end > AT)


def _containing(text: pl.Expr, ends: Mapping[str, int]) -> pl.Expr:
    lasting = [part for part, end in ends.items() if end == FOREVER]
    found = text.str.contains_any(lasting) if lasting else text != text
    for part, end in ends.items():
        if end != FOREVER:
            found |= text.str.contains(part, literal=True) & (end > AT)
    return found
