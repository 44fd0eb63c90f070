"""What people, firms and shops are called: made up, from the lists in `names/`.

Each name is chosen by the bits of a key, so that the same key has the same name for ever.
"""

from functools import cache

from risk.simulate.people import COUNTRIES
from risk.simulate.sections import read

_SPOKEN = {
    "DE": "de", "AT": "de", "CH": "de", "LU": "fr", "FR": "fr", "BE": "fr", "MA": "fr",
    "ES": "es", "IT": "it", "PL": "pl", "CZ": "pl", "NL": "nl",
}  # fmt: skip
SPOKEN = tuple(_SPOKEN.get(country, "en") for country in COUNTRIES)
"""The language of each country; English where we have no other."""
_EXCHANGES = (
    "Coinhaven", "Bitquay", "Ledgerly", "Satoshi Park", "Orbit Exchange", "Tokenwell",
    "Blockharbour", "Nexcoin", "Krypta",
)  # fmt: skip
_DESCRIPTOR = 25
OFFICES = ("tax", "council", "customs", "court", "vehicles")
"""The kinds of public office; their number, modulo five, tells which."""


@cache
def _list(language: str, section: str) -> tuple[str, ...]:
    return tuple(text for _, text in read("names", language)[section])


def _choose(bits: int, language: str, section: str) -> str:
    entries = _list(language, section)
    return entries[(bits & 0xFFFF) % len(entries)]


def _of_kind(bits: int, language: str, section: str, kind: int, kinds: int) -> str:
    """An entry of that kind: a list with `kinds` kinds holds them in turn."""
    entries = _list(language, section)[kind::kinds]
    return entries[(bits & 0xFFFF) % len(entries)]


def person(key: int, language: str) -> str:
    """First and last name."""
    return f"{_choose(key, language, 'first')} {_choose(key >> 16, language, 'last')}"


def company(key: int, language: str, trade: str = "trade") -> str:
    """A firm: its owner or a brand, its trade (of the list of that name), its legal form."""
    owner = _choose(key, language, "last" if key >> 60 & 1 else "brand")
    return (
        f"{owner} {_choose(key >> 16, language, trade)} {_choose(key >> 32, language, 'form')}"
    )


def creditor(key: int, language: str, use: str, kind: int, kinds: int) -> str:
    """Who collects debits for that use, of which there are so many kinds."""
    trade = _of_kind(key >> 16, language, use, kind, kinds)
    return f"{_choose(key, language, 'brand')} {trade}"


def office(key: int, language: str, number: int) -> str:
    """A public office and its town."""
    kind, kinds = number % len(OFFICES), len(OFFICES)
    sort = _of_kind(key, language, "office", kind, kinds)
    return f"{sort} {_choose(key >> 16, language, 'town')}"


def exchange(number: int) -> str:
    """An exchange for crypto assets."""
    return _EXCHANGES[number % len(_EXCHANGES)]


def descriptor(key: int, language: str, use: str, kind: int, kinds: int) -> str:
    """What a card statement shows of a shop: capitals, at most 25 characters."""
    owner = _choose(key, language, "last" if key >> 60 < 4 else "brand")
    trade = "ATM" if use == "cash" else _of_kind(key >> 16, language, use, kind, kinds)
    if use in ("online", "subscription", "travel"):
        shop = f"{owner}{trade}".replace(" ", "")[: _DESCRIPTOR - 7]
        return f"{shop.upper()}*{(key >> 24) % 10**6:06d}"
    town = _choose(key >> 32, language, "town")
    return f"{owner} {trade} {town}".upper()[:_DESCRIPTOR].rstrip()
