"""Arithmetic for generated code: NaN is unknown, and nothing raises.

The same results as the closures of the oracle, which say unknown by None. Comparisons with NaN
are false by themselves, so most of the generated code needs no test for unknown at all.
"""

from collections.abc import Callable, Mapping
from math import inf, nan
from typing import Final

from rules.calendar import age_days, hour, weekday
from rules.closures import CALCULATE
from rules.model import Truth
from rules.textual import fold_again


def _calculation(sign: str) -> Callable[[float, float], float]:
    calculate = CALCULATE[sign]

    def calculated(left: float, right: float) -> float:
        try:
            result = calculate(float(left), float(right))
        except ArithmeticError:
            return nan
        return result if -inf < result < inf else nan

    return calculated


def _least(*numbers: float) -> float:
    return nan if any([number != number for number in numbers]) else min(numbers)


def _greatest(*numbers: float) -> float:
    return nan if any([number != number for number in numbers]) else max(numbers)


def _age(since: str | None, at: int) -> float:
    days = None if since is None else age_days(since, at)
    return nan if days is None else days


def _holds_any(text: str, ends: Mapping[str, int], at: int) -> bool:
    return any([part in text and at < end for part, end in ends.items()])


def _same(left: Truth, right: Truth) -> Truth:
    return None if left is None or right is None else left is right


def _opposite(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _every(*truths: Truth) -> Truth:
    return False if False in truths else None if None in truths else True


def _some(*truths: Truth) -> Truth:
    return True if True in truths else None if None in truths else False


CALCULATIONS: Final[Mapping[str, str]] = {"+": "plus", "-": "minus", "*": "times", "/": "over"}
"""Sign -> the name of its function in `FUNCTIONS`."""

FUNCTIONS: Final[Mapping[str, object]] = {
    **{name: _calculation(sign) for sign, name in CALCULATIONS.items()},
    "abs": abs,
    "min": _least,
    "max": _greatest,
    "hour": hour,
    "weekday": weekday,
    "age": _age,
    "holds_any": _holds_any,
    "same": _same,
    "opposite": _opposite,
    "every": _every,
    "some": _some,
    "fold": fold_again,
    "float": float,
    "int": int,
    "str": str,
    "tuple": tuple,
    "nan": nan,
}
"""All that generated code may call, by the names it uses."""
