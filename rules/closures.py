"""The pieces that compiled conditions are put together from.

A closure takes (values, event time in microseconds UTC) and returns a value, or None for
unknown. None of them raises, whatever the values are.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from math import inf, isfinite
from typing import Final, TypeAlias, TypeVar

from rules.model import Truth
from rules.vocabulary import Scalar

Values: TypeAlias = Mapping[str, Scalar]
Number: TypeAlias = float | int
NumberOf: TypeAlias = Callable[[Values, int], Number | None]
TextOf: TypeAlias = Callable[[Values, int], str | None]
Test: TypeAlias = Callable[[Values, int], Truth]
Getter: TypeAlias = Callable[[Values, int], Scalar | None]

T = TypeVar("T")

COMPARE: Final[Mapping[str, Callable[..., bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
CALCULATE: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def number_named(name: str) -> NumberOf:
    """Get a finite number; a flag or text in its place is unknown."""

    def get(values: Values, at: int) -> Number | None:
        value = values.get(name)
        if (type(value) is float or type(value) is int) and -inf < value < inf:
            return value
        return None

    return get


def flag_named(name: str) -> Test:
    """Get true or false; anything else is unknown."""

    def test(values: Values, at: int) -> Truth:
        value = values.get(name)
        return value if type(value) is bool else None

    return test


def always(value: T) -> Callable[[Values, int], T]:
    """Return a constant."""
    return lambda values, at: value


def every(tests: Sequence[Test]) -> Test:
    """Kleene and."""

    def test(values: Values, at: int) -> Truth:
        whole: Truth = True
        for part in tests:
            truth = part(values, at)
            if truth is False:
                return False
            if truth is None:
                whole = None
        return whole

    return test


def some(tests: Sequence[Test]) -> Test:
    """Kleene or."""

    def test(values: Values, at: int) -> Truth:
        whole: Truth = False
        for part in tests:
            truth = part(values, at)
            if truth:
                return True
            if truth is None:
                whole = None
        return whole

    return test


def negated(part: Test) -> Test:
    """Kleene not."""

    def test(values: Values, at: int) -> Truth:
        truth = part(values, at)
        return None if truth is None else not truth

    return test


def compared(sign: str, left: Getter, right: Getter) -> Test:
    """Two values of one type; unknown if either is."""
    compare = COMPARE[sign]

    def test(values: Values, at: int) -> Truth:
        a = left(values, at)
        if a is None:
            return None
        b = right(values, at)
        return None if b is None else compare(a, b)

    return test


def limited(name: str, sign: str, limit: Number) -> Test:
    """Do what `compared` does for a named number and a constant, the most common test."""
    compare = COMPARE[sign]

    def test(values: Values, at: int) -> Truth:
        value = values.get(name)
        if (type(value) is float or type(value) is int) and -inf < value < inf:
            return compare(value, limit)
        return None

    return test


def calculated(sign: str, left: NumberOf, right: NumberOf) -> NumberOf:
    """Arithmetic in floats; what has no finite result is unknown."""
    calculate = CALCULATE[sign]

    def get(values: Values, at: int) -> Number | None:
        a, b = left(values, at), right(values, at)
        if a is None or b is None:
            return None
        try:
            result = calculate(float(a), float(b))
        except ArithmeticError:
            return None
        return result if isfinite(result) else None

    return get


def applied(function: Callable[..., Number], arguments: Sequence[NumberOf]) -> NumberOf:
    """`abs`, `min` or `max`; unknown if any argument is."""

    def get(values: Values, at: int) -> Number | None:
        known = [argument(values, at) for argument in arguments]
        return None if None in known else function(*known)

    return get


def clock(part: Callable[[int], int]) -> NumberOf:
    """Get a part of the event time."""
    return lambda values, at: part(at)


def absent(value: Getter) -> Test:
    """Whether a value is unknown."""
    return lambda values, at: value(values, at) is None


def among(value: Getter, options: frozenset[Scalar]) -> Test:
    """Whether a value is one of a few constants."""

    def test(values: Values, at: int) -> Truth:
        found = value(values, at)
        return None if found is None else found in options

    return test
