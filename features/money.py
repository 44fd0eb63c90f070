"""Money in integer minor units: exponents, decimal text and dated rates, all exact.

This is the door to the library `iso4217`, the published list of currencies.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from iso4217 import Currency

MAX_MINOR: Final = 2**53
"""Amounts above this (90 million millions of EUR) are refused: a float would not hold them."""

EXPONENTS: Final[Mapping[str, int]] = {
    currency.code: currency.exponent
    for currency in Currency
    if isinstance(currency.exponent, int)
}
"""Currencies in use -> decimals. Gold, test codes and the like have none and are left out."""

_DECIMAL: Final = re.compile(r"(0|[1-9][0-9]{0,15})(?:\.([0-9]{1,4}))?")
_RATE: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")


def exponent(currency: str) -> int | None:
    """Decimals of a currency (JPY 0, EUR 2, KWD 3); None for a code no payment can have."""
    return EXPONENTS.get(currency)


def minor_units(text: str, currency: str) -> int:
    """`12.34`, EUR -> 1234, exactly; `currency` must be known.

    Raises ValueError, without quoting the text, for anything but plain digits with at most the
    currency's decimals, or for more than `MAX_MINOR`.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError('must be a plain decimal number >= 0 such as "12.34"')
    decimals = EXPONENTS[currency]
    fraction = match[2] or ""
    if len(fraction) > decimals:
        raise ValueError(f"this currency has at most {decimals} decimals")
    minor = int(match[1] + fraction.ljust(decimals, "0"))
    if minor > MAX_MINOR:
        raise ValueError(f"must be at most {MAX_MINOR} minor units")
    return minor


RateRow: TypeAlias = tuple[str, int, str]
"""A currency, the instant from which the rate holds (microseconds UTC), and the rate as decimal
text: one unit of the currency is this many units of the base currency."""


Rate: TypeAlias = tuple[int, int, int]
"""From which instant, and the factor between minor units: numerator, denominator."""


class Rates:
    """Dated exchange rates into one base currency."""

    def __init__(self, base: str, rates: Mapping[str, tuple[Rate, ...]]) -> None:
        self._base = base
        self._rates = rates

    @classmethod
    def from_rows(cls, base: str, rows: Sequence[RateRow]) -> "Rates":
        """Take rows in any order; of two for the same instant the last counts.

        Raises ValueError that names the row (counted from 1) if a currency is not known or a
        rate is not a decimal number > 0.
        """
        if base not in EXPONENTS:
            raise ValueError("the base currency is not a currency of ISO 4217")
        dated: dict[str, dict[int, Rate]] = {}
        for number, (currency, start, text) in enumerate(rows, 1):
            if currency not in EXPONENTS or not _RATE.fullmatch(text) or not text.strip("0."):
                raise ValueError(f"rate {number}: needs a currency of ISO 4217 and a rate > 0")
            whole, _, fraction = text.partition(".")
            numerator = int(whole + fraction) * 10 ** EXPONENTS[base]
            denominator = 10 ** (len(fraction) + EXPONENTS[currency])
            dated.setdefault(currency, {})[start] = (start, numerator, denominator)
        return cls(base, {name: tuple(sorted(of.values())) for name, of in dated.items()})

    def to_base(self, minor: int, currency: str, at: int) -> int | None:
        """Minor units of `currency` (>= 0) -> minor units of the base, rounded half to even.

        None if no rate is known at `at` (microseconds UTC), or above `MAX_MINOR`.
        """
        if currency == self._base:
            return minor
        rates = self._rates.get(currency, ())
        index = bisect_right(rates, at, key=_start)
        if not index:
            return None
        _, numerator, denominator = rates[index - 1]
        quotient, rest = divmod(minor * numerator, denominator)
        if 2 * rest > denominator or (2 * rest == denominator and quotient % 2):
            quotient += 1
        return quotient if quotient <= MAX_MINOR else None


def _start(rate: Rate) -> int:
    return rate[0]
