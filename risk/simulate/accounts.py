"""Account numbers of the right form at banks that do not exist."""

from typing import NamedTuple

from risk.simulate.people import COUNTRIES

_FORMS = {
    # what stands for the bank, then how many digits; bank codes of nines are nobody's
    "GB": ("ZZZZ", 14), "IE": ("ZZZZ", 14), "NL": ("ZZZZ", 10), "RO": ("ZZZZ", 16),
    "DE": ("99999999", 10), "AT": ("99999", 11), "FR": ("9999999999", 13), "BE": ("999", 9),
    "ES": ("99999999", 12), "IT": ("Z9999999999", 12), "PL": ("99999999", 16),
    "PT": ("99999999", 13), "GR": ("9999999", 16), "CH": ("99999", 12), "SE": ("999", 17),
    "LT": ("99999", 11), "CY": ("99999999", 16), "EE": ("99", 14), "HR": ("9999999", 10),
    "DK": ("9999", 10), "CZ": ("9999", 16), "LU": ("999", 13), "TR": ("99999", 17),
    "AE": ("999", 16),
}  # fmt: skip


def _spelt(text: str) -> int:
    return int("".join(str(int(sign, 36)) for sign in text))


class _Bank(NamedTuple):
    """Country code, bank, digits after it; what both add to the number that is checked."""

    code: str
    bank: str
    digits: int
    before: int
    after: int


def _bank(code: str) -> _Bank:
    bank, digits = _FORMS.get(code, ("0", 0))
    return _Bank(code, bank, digits, _spelt(bank) * 10**digits, _spelt(f"{code}00"))


_BANKS = [_bank(code) for code in COUNTRIES]


def account(key: int, country: int) -> str:
    """The account number of that key: an IBAN where the country has them."""
    code, bank, digits, before, after = _BANKS[country]
    if not digits:
        return f"{code}-9999-{key % 10**9:09d}"
    number = key % 10**digits
    check = 98 - ((before + number) * 10**6 + after) % 97
    return f"{code}{check:02d}{bank}{str(number).zfill(digits)}"
