"""What a payee is called, and its account: made up, from the lists in `names/`."""

from functools import cache

from risk.simulate.people import COUNTRIES
from risk.simulate.sections import read
from risk.simulate.stream import fold_one

_SPOKEN = {
    "DE": "de", "AT": "de", "CH": "de", "LU": "fr", "FR": "fr", "BE": "fr", "MA": "fr",
    "ES": "es", "IT": "it", "PL": "pl", "CZ": "pl", "NL": "nl",
}  # fmt: skip
_ACCOUNTS = {
    # letters and digits after the check digits; bank codes of nines are nobody's
    "GB": ("ZZZZ", 14), "IE": ("ZZZZ", 14), "NL": ("ZZZZ", 10), "RO": ("ZZZZ", 16),
    "DE": ("99999999", 10), "AT": ("99999", 11), "FR": ("9999999999", 13), "BE": ("999", 9),
    "ES": ("99999999", 12), "IT": ("Z9999999999", 12), "PL": ("99999999", 16),
    "PT": ("99999999", 13), "GR": ("9999999", 16), "CH": ("99999", 12), "SE": ("999", 17),
    "LT": ("99999", 11), "CY": ("99999999", 16), "EE": ("99", 14), "HR": ("9999999", 10),
    "DK": ("9999", 10), "CZ": ("9999", 16), "LU": ("999", 13), "TR": ("99999", 17), "AE": ("999", 16),
}  # fmt: skip


@cache
def words(language: str, section: str) -> tuple[str, ...]:
    """One list of `names/`."""
    return tuple(text for _, text in read("names", language)[section])


def spoken(country: int) -> str:
    """The language of a country, English where we have none."""
    return _SPOKEN.get(COUNTRIES[country], "en")


def _choose(key: int, language: str, section: str) -> str:
    entries = words(language, section)
    return entries[(fold_one(key, hash_of(section)) >> 32) * len(entries) >> 32]


@cache
def hash_of(text: str) -> int:
    """A number for a word, the same on every machine."""
    return int.from_bytes(text.encode()[:8].ljust(8, b"\0"), "big")


def person(key: int, language: str) -> str:
    """First and last name."""
    return f"{_choose(key, language, 'first')} {_choose(key, language, 'last')}"


def company(key: int, language: str) -> str:
    """A firm: its owner or a brand, its trade, its legal form."""
    trade = _choose(key, language, "trade")
    owner = _choose(key, language, "last" if key & 1 else "brand")
    return f"{owner} {trade} {_choose(key, language, 'form')}"


def creditor(key: int, language: str, what: int) -> str:
    """Who collects debits: what it supplies is chosen by its use."""
    kinds = words(language, "creditor")
    groups = {18: kinds[:3], 19: kinds[3:5], 20: kinds[-3:-2], 21: kinds[-2:-1], 22: kinds[-1:]}
    kind = groups.get(what, kinds)
    return f"{_choose(key, language, 'brand')} {kind[key % len(kind)]}"


def descriptor(key: int, language: str, online: bool) -> str:
    """What a card statement shows: capitals, at most 25 characters."""
    brand = _choose(key, language, "brand").upper()
    if online:
        return f"{brand.replace(' ', '')}*{key % 10**6:06d}"[:25]
    return f"{brand} {key % 1000:03d} {_choose(key, language, 'town').upper()}"[:25].rstrip()


def account(key: int, country: int) -> str:
    """An account number of the country's form at a bank that does not exist."""
    code = COUNTRIES[country]
    bank, digits = _ACCOUNTS.get(code, ("", 0))
    if not digits:
        return f"{code}-9999-{key % 10**9:09d}"
    number = f"{bank}{key % 10**digits:0{digits}d}"
    spelt = "".join(str(int(sign, 36)) for sign in f"{number}{code}00")
    return f"{code}{98 - int(spelt) % 97:02d}{number}"
