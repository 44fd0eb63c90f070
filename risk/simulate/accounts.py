"""Account numbers of the right form at banks that do not exist."""

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


def _as_digits(text: str) -> str:
    return "".join(str(int(sign, 36)) for sign in text)


_BANKS = [_FORMS.get(country, ("", 0)) for country in COUNTRIES]
_SPELT = [
    (_as_digits(bank), f"{_as_digits(code)}00")
    for (bank, _), code in zip(_BANKS, COUNTRIES, strict=True)
]


def account(key: int, country: int) -> str:
    """The account number of that key: an IBAN where the country has them."""
    bank, digits = _BANKS[country]
    code = COUNTRIES[country]
    if not digits:
        return f"{code}-9999-{key % 10**9:09d}"
    number = f"{key % 10**digits:0{digits}d}"
    spelt, tail = _SPELT[country]
    return f"{code}{98 - int(f'{spelt}{number}{tail}') % 97:02d}{bank}{number}"
