"""Interval arithmetic with unknown in it: what a number can be while values move.

A span is (lowest, highest, whether it may be unknown); None is surely unknown. Arithmetic gives
at least all results that the same arithmetic has on numbers within the spans: rounding keeps
order, so the ends of a span stay its ends.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, isfinite
from typing import Final, TypeAlias

from rules.bounds import FALSE, TRUE, UNKNOWN, Mask
from rules.closures import CALCULATE, Number
from rules.condition import Comparator
from rules.vocabulary import Scalar

Span: TypeAlias = tuple[Number, Number, bool] | None
ANYTHING: Final[Span] = (-inf, inf, True)


def point(number: Number | None) -> Span:
    """What is known exactly, or surely unknown."""
    return None if number is None else (number, number, False)


def calculated(sign: str, left: Span, right: Span) -> Span:
    """`+ - * /` of two spans; what may have no finite result may be unknown."""
    if left is None or right is None:
        return None
    if sign == "/" and right[0] <= 0 <= right[1]:
        return None if right[0] == right[1] else ANYTHING
    calculate = CALCULATE[sign]
    try:
        ends = [calculate(float(a), float(b)) for a in left[:2] for b in right[:2]]
    except ArithmeticError:
        ends = [inf]
    if not all(map(isfinite, ends)):
        is_exact = left[0] == left[1] and right[0] == right[1]
        return None if is_exact else ANYTHING
    return min(ends), max(ends), left[2] or right[2]


def applied(function: str, arguments: Sequence[Span]) -> Span:
    """`abs`, `min` or `max` of spans; surely unknown if any of them is."""
    known = [span for span in arguments if span is not None]
    if len(known) < len(arguments):
        return None
    if function == "abs":
        return _distance(known[0])
    choose: Callable[..., Number] = min if function == "min" else max
    low, high = choose([span[0] for span in known]), choose([span[1] for span in known])
    return low, high, any(span[2] for span in known)


def _distance(span: tuple[Number, Number, bool]) -> Span:
    low, high, may_be_unknown = span
    ends = sorted([abs(low), abs(high)])
    return (0 if low <= 0 <= high else ends[0]), ends[1], may_be_unknown


def _less(a: Span, b: Span) -> Mask:
    assert a is not None and b is not None  # noqa: S101, PT018 # `compared` has looked
    return (TRUE if a[0] < b[1] else 0) | (FALSE if a[1] >= b[0] else 0)


def _equal(a: Span, b: Span) -> Mask:
    assert a is not None and b is not None  # noqa: S101, PT018 # `compared` has looked
    can_meet = a[0] <= b[1] and b[0] <= a[1]
    is_one = a[0] == a[1] == b[0] == b[1]
    return (TRUE if can_meet else 0) | (0 if is_one else FALSE)


def _not(mask: Mask) -> Mask:
    return (mask & TRUE) << 1 | (mask & FALSE) >> 1


_COMPARE: Final[Mapping[Comparator, Callable[[Span, Span], Mask]]] = {
    "<": _less,
    ">": lambda a, b: _less(b, a),
    "<=": lambda a, b: _not(_less(b, a)),
    ">=": lambda a, b: _not(_less(a, b)),
    "==": _equal,
    "!=": lambda a, b: _not(_equal(a, b)),
}


def compared(sign: Comparator, left: Span, right: Span) -> Mask:
    """A comparison of two spans."""
    if left is None or right is None:
        return UNKNOWN
    unknown = UNKNOWN if left[2] or right[2] else 0
    return _COMPARE[sign](left, right) | unknown


def among(span: Span, options: Iterable[Scalar]) -> Mask:
    """Whether a number is one of a few constants."""
    if span is None:
        return UNKNOWN
    low, high, may_be_unknown = span
    can_be = any(low <= option <= high for option in options)  # type: ignore[operator] # numbers
    is_one = can_be and low == high
    mask = (TRUE if can_be else 0) | (0 if is_one else FALSE)
    return mask | (UNKNOWN if may_be_unknown else 0)
