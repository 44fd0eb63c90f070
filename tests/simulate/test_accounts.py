"""Account numbers: of the right form, at banks that do not exist."""

from hypothesis import given
from hypothesis import strategies as some

from risk.simulate.accounts import account
from risk.simulate.people import COUNTRIES

WITHOUT_IBAN = {"AU", "US", "TH", "MA", "HK", "CN"}


@given(some.integers(0, 2**64 - 1), some.sampled_from(range(len(COUNTRIES))))
def test_an_account_number_has_valid_check_digits(key, country) -> None:
    """ISO 13616: moved to the end and read as digits, an IBAN is 1 modulo 97."""
    number = account(key, country)
    assert number[:2] == COUNTRIES[country]
    if COUNTRIES[country] not in WITHOUT_IBAN:
        spelt = "".join(str(int(sign, 36)) for sign in number[4:] + number[:4])
        assert 1 == int(spelt) % 97
