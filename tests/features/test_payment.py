"""The values of a payment's own fields."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import PAYMENT
from features.fields import instant, microseconds
from features.payment import payment_values
from features.transaction import Device, Merchant, Payee, Payer, Transaction

BARE = Transaction(
    id="t", at=0, kind="card", amount_minor=1299, currency="EUR", payer=Payer("a")
)


def meet(payer: str | None, payee: str | None, device: str | None) -> Transaction:
    """Make a payment between countries."""
    return Transaction(
        id="t",
        at=0,
        kind="transfer",
        amount_minor=1,
        currency="EUR",
        payer=Payer("a", country=payer),
        payee=Payee("p", country=payee),
        device=Device("d", country=device),
    )


def test_what_is_not_known_is_absent() -> None:
    """A bare payment without a rate has only the values that it must have."""
    expected = {"currency", "kind", "status", "payer_id", "hour", "weekday"}
    assert expected == set(payment_values(BARE, None, 2))


def test_every_value_of_the_catalogue_is_made() -> None:
    """A payment with all fields has all values, and its attributes under their own names."""
    full = Transaction(
        id="t",
        at=0,
        kind="card",
        amount_minor=1,
        currency="EUR",
        payer=Payer("a", "account", "DE"),
        channel="web",
        payee=Payee("p", "name", "account", "NL"),
        merchant=Merchant("m", "5411"),
        device=Device("d", "1.2.3.4", "DE"),
        memo="memo",
        attributes={"tries": 3},
    )
    values = payment_values(full, 1, 2)
    assert {*(value.name for value in PAYMENT), "attributes.tries"} == set(values)
    assert 3 == values["attributes.tries"]


@given(st.integers(0, 2**53), st.integers(0, 4))
def test_the_amount_is_the_float_that_the_literal_is(minor: int, exponent: int) -> None:
    """What an analyst writes as a decimal equals the value, to the last bit."""
    literal = float(Decimal(minor).scaleb(-exponent))
    assert literal == payment_values(BARE, minor, exponent)["amount"]


@given(st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_hour_and_weekday_are_those_of_the_calendar(time: datetime) -> None:
    """In UTC, Monday is 0; the way to microseconds and back loses nothing."""
    at = microseconds(time)
    values = payment_values(
        Transaction(
            id="t", at=at, kind="card", amount_minor=1, currency="EUR", payer=Payer("a")
        ),
        1,
        2,
    )
    assert time == instant(at)
    assert (time.hour, time.weekday()) == (values["hour"], values["weekday"])


@pytest.mark.parametrize(
    ("payer", "payee", "device", "expected"),
    [
        ("DE", "DE", "DE", False),
        ("DE", "NL", "DE", True),
        ("DE", "DE", "NL", True),
        ("DE", "NL", None, True),
        ("DE", None, "DE", False),
        ("DE", None, None, None),
        (None, "NL", "DE", None),
    ],
)
def test_foreign_is_another_country_than_the_payers(
    payer: str | None, payee: str | None, device: str | None, expected: bool | None
) -> None:
    """Unknown if there is nothing to compare."""
    assert expected is payment_values(meet(payer, payee, device), 1, 2).get("is_foreign")
