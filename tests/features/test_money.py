"""Money: exact, in minor units, or refused."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.money import EXPONENTS, MAX_MINOR, Rates, exponent, minor_units

currencies = st.sampled_from(sorted(EXPONENTS))
rates = st.decimals("0.000001", "100000", places=6).map(lambda rate: format(rate, "f"))


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("JPY", 0), ("EUR", 2), ("KWD", 3), ("CLF", 4), ("XAU", None), ("DEM", None), ("", None)],
)
def test_a_currency_has_its_own_decimals(currency: str, expected: int | None) -> None:
    """As ISO 4217 says; gold and currencies of the past have none."""
    assert expected == exponent(currency)


@given(st.integers(0, MAX_MINOR), currencies)
def test_decimal_text_is_read_exactly(minor: int, currency: str) -> None:
    """Every amount written with its currency's decimals is read as it was."""
    text = format(Decimal(minor).scaleb(-EXPONENTS[currency], Context(prec=30)), "f")
    assert minor == minor_units(text, currency)


@pytest.mark.parametrize(
    "text", ["1.001", "-1", "1e2", "", ".", "01", "1_0", "٣", "1.", "9" * 17]
)
def test_text_that_is_no_amount_is_refused_unquoted(text: str) -> None:
    """The mistake says what is expected."""
    with pytest.raises(ValueError, match=r"must be|at most 2 decimals"):
        minor_units(text, "EUR")


def test_an_amount_that_no_float_holds_is_refused() -> None:
    """2**53 minor units is the most."""
    assert MAX_MINOR == minor_units("90071992547409.92", "EUR")
    with pytest.raises(ValueError, match="minor units"):
        minor_units("90071992547409.93", "EUR")


@given(st.integers(0, 10**12), currencies, currencies, rates)
def test_conversion_is_exact_and_rounded_half_to_even(
    minor: int, base: str, currency: str, rate: str
) -> None:
    """The result is the exact product, rounded once."""
    rows = [(currency, 0, rate)]
    factor = Fraction(rate) * 10 ** EXPONENTS[base] / Fraction(10 ** EXPONENTS[currency])
    expected = minor if currency == base else round(minor * factor)
    assert (expected if expected <= MAX_MINOR else None) == Rates.from_rows(base, rows).to_base(
        minor, currency, 0
    )


@pytest.mark.parametrize(("minor", "expected"), [(1, 0), (3, 2), (5, 2), (7, 4)])
def test_a_half_goes_to_the_even_neighbour(minor: int, expected: int) -> None:
    """0.5, 1.5, 2.5 and 3.5 cents become 0, 2, 2 and 4, as decimal arithmetic has it."""
    rates = Rates.from_rows("EUR", [("USD", 0, "0.5")])
    half = Decimal(minor) / 2
    assert expected == int(half.quantize(Decimal(1), ROUND_HALF_EVEN))
    assert expected == rates.to_base(minor, "USD", 0)


@given(st.permutations([("USD", 10, "2"), ("USD", 20, "3"), ("GBP", 5, "4"), ("USD", 30, "5")]))
def test_the_rate_of_the_day_counts(rows: list[tuple[str, int, str]]) -> None:
    """A rate holds from its instant to the next one; before the first one nothing is known."""
    rates = Rates.from_rows("EUR", rows)
    found = [rates.to_base(1, "USD", at) for at in (9, 10, 19, 20, 29, 30, 10**18)]
    assert [None, 2, 2, 3, 3, 5, 5] == found


def test_the_base_needs_no_rate_and_others_do() -> None:
    """Without a rate the amount is unknown, never 1:1."""
    rates = Rates.from_rows("EUR", [])
    assert (7, None) == (rates.to_base(7, "EUR", 0), rates.to_base(7, "USD", 0))


@pytest.mark.parametrize(
    "row", [("XAU", 0, "1"), ("USD", 0, "0.00"), ("USD", 0, "-1"), ("USD", 0, "1e3")]
)
def test_a_row_that_is_no_rate_is_named(row: tuple[str, int, str]) -> None:
    """The number of the row is said."""
    with pytest.raises(ValueError, match="rate 2"):
        Rates.from_rows("EUR", [("USD", 0, "1.1"), row])


def test_a_base_that_is_no_currency_is_refused() -> None:
    """A book in gold cannot be counted."""
    with pytest.raises(ValueError, match="base currency"):
        Rates.from_rows("XAU", [])
