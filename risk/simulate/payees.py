"""Whom a payment goes to.

A payee is one integer, `reference`: what sort it is, its country, how often it has changed its
account, and its number within its sort. Everything else about it (name, account, category) is
computed from that integer when it is written down, so that no table of payees has to be kept.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk.simulate.people import COUNTRIES, People
from risk.simulate.stream import Ints, Words, below, draw, fold, pick, shares, unit, zipf
from risk.simulate.uses import (
    ABROAD,
    FAVOURITES,
    FRESH,
    PAYEE,
    PAYEES,
    SLOT_SEQUENCE,
    USE,
    USES,
)

# Sorts of payee, as they are written down.
MERCHANT, MACHINE, PAYER, STRANGER, OWN, COMPANY, OFFICE, EXCHANGE, CREDITOR = range(9)
_SORT_BITS, _COUNTRY_BITS, _VERSION_BITS = 52, 44, 38
_INDEX = (1 << _VERSION_BITS) - 1
_CATEGORY_BITS = 24

_NEW_DETAILS = 0.04  # suppliers, landlords and friends a year who send a new account
_RENEWAL = 700  # days after which a favourite may have been replaced by another
_YEAR, _LONG_AGO = 365, 3_650
_ONLINE_HOMES = np.array(
    [
        COUNTRIES.index(code)
        for code in ("US", "DE", "GB", "NL", "IE", "FR", "CN", "ES", "LU", "SE")
    ]
)
_ONLINE_SHARES = shares([30, 14, 14, 8, 8, 7, 7, 6, 3, 3])
_RANKS = {size: zipf(size) for size in {use.favourites for use in USES}}
_LOCAL = np.isin(
    np.arange(len(USES)),
    [USE[name] for name in ("groceries", "food", "transport", "shop", "other", "cash")],
)
_MOVES_WITH_HOME = np.isin(np.arange(len(USES)), [USE["rent"], USE["utility"]])


def pack(sort: Ints | int, country: Ints | int, version: Ints | int, index: Ints | int) -> Ints:
    """A payee's reference."""
    head = np.asarray(sort, dtype=np.int64) << _SORT_BITS | np.asarray(country) << _COUNTRY_BITS
    return head | np.asarray(version) << _VERSION_BITS | np.asarray(index)


def unpack(reference: int) -> tuple[int, int, int, int]:
    """Sort, country, version and index of a reference."""
    return (
        reference >> _SORT_BITS,
        (reference >> _COUNTRY_BITS) & 0xFF,
        (reference >> _VERSION_BITS) & 0x3F,
        reference & _INDEX,
    )


def merchant_place(index: int) -> tuple[int, int]:
    """The use and the rank of a merchant's index."""
    return index >> _CATEGORY_BITS, index & ((1 << _CATEGORY_BITS) - 1)


@dataclass(frozen=True)
class Choice:
    """The rows whose payees are to be chosen, as columns."""

    payer: Ints
    use: Ints
    sequence: Ints
    row: Words  # each row's own stream
    day: int
    abroad: Ints
    homes: Ints


class Market:
    """Everybody who can be paid in one world."""

    def __init__(self, people: People):
        self._people = people
        count = len(people)
        self._strangers = 4 * count + 2_000
        self._merchants = zipf(max(60, min(count // 12, 4_000)))
        self._machines = zipf(max(30, min(count // 60, 2_000)))
        self._companies = zipf(max(150, min(count // 6, 20_000)), 1.1)
        self._sellers = zipf(max(40, min(count // 30, 4_000)), 1.1)
        self._creditors = zipf(12)
        self._offices = zipf(14)
        self._exchanges = zipf(9, 1.0)

    def choose(self, rows: Choice) -> tuple[Ints, NDArray[np.bool_]]:
        """A payee for each row, and whether it is one that the payer does not know."""
        who, fresh = self._relation(rows)
        abroad = self._abroad(rows, who)
        home = np.where(abroad >= 0, abroad, self._people.country[rows.payer])
        sort, index, country = self._address(rows, who, home)
        version = _account_version(sort, country, index, rows.day)
        return pack(sort, country, version, index), fresh

    def known(self, rows: Choice) -> Ints:
        """A payee for each row that the payer has paid before."""
        people = self._people
        rank = np.zeros(len(rows.use), dtype=np.int64)
        for size, table in _RANKS.items():
            mine = FAVOURITES[rows.use] == size
            rank[mine] = pick(draw(rows.row[mine], 0), table)
        key = people.key[rows.payer]
        offset = below(draw(fold(key, 40, rows.use, rank), 0), _RENEWAL)
        generation = (rows.day + _LONG_AGO + offset) // _RENEWAL
        who = fold(key, 41, rows.use, rank, generation)
        sort, index, country = self._address(rows, who, people.country[rows.payer])
        return pack(sort, country, _account_version(sort, country, index, rows.day), index)

    def shop(self, use: int, word: int) -> int:
        """The index of a shop, the likelier the more popular."""
        rank = int(np.searchsorted(self._merchants, word >> 32, side="right"))
        return use << _CATEGORY_BITS | rank

    def _relation(self, rows: Choice) -> tuple[Words, NDArray[np.bool_]]:
        """A word for each row that is the same whenever the payer pays the same payee."""
        people, use = self._people, rows.use
        rank = np.zeros(len(use), dtype=np.int64)
        lot = draw(rows.row, 0)
        for size, table in _RANKS.items():
            mine = FAVOURITES[use] == size
            rank[mine] = pick(lot[mine], table)
        monthly = (rows.sequence >= SLOT_SEQUENCE) & (rows.sequence < 2 * SLOT_SEQUENCE + 64)
        rank = np.where(monthly, rows.sequence, rank)
        key = people.key[rows.payer]
        offset = below(draw(fold(key, 40, use, rank), 0), _RENEWAL)
        generation = (rows.day + _LONG_AGO + offset) // _RENEWAL
        generation = np.where(monthly, 0, generation) + np.where(
            _MOVES_WITH_HOME[use], rows.homes, 0
        )
        known = fold(key, 41, use, rank, generation)
        fresh = (unit(draw(rows.row, 1)) < FRESH[use]) & ~monthly
        return np.where(fresh, fold(rows.row, 41), known), fresh

    def _abroad(self, rows: Choice, who: Words) -> Ints:
        """The country of a foreign payee, -1 for one at home."""
        foreign = unit(draw(who, 0)) < ABROAD[rows.use]
        country = np.where(
            _LOCAL[rows.use],
            COUNTRIES.index("LU"),
            _ONLINE_HOMES[pick(draw(who, 1), _ONLINE_SHARES)],
        )
        away = np.where(foreign & ~_LOCAL[rows.use], country, -1)
        return np.where((rows.abroad >= 0) & _LOCAL[rows.use], rows.abroad, away)

    def _address(self, rows: Choice, who: Words, home: Ints) -> tuple[Ints, Ints, Ints]:
        sort = np.zeros(len(who), dtype=np.int64)
        index = np.zeros(len(who), dtype=np.int64)
        country = home.copy()
        wanted = PAYEE[rows.use]
        lot, word = draw(who, 2), draw(who, 3)
        for number in np.unique(wanted):
            at = np.flatnonzero(wanted == number)
            name = PAYEES[number]
            sort[at], index[at] = self._find(name, rows, at, lot[at], word[at])
        inside = sort == PAYER
        country[inside] = self._people.country[index[inside]]
        return sort, index, country

    def _find(
        self, name: str, rows: Choice, at: Ints, lot: Words, word: Words
    ) -> tuple[Ints | int, Ints]:
        if name in ("merchant", "machine"):
            table = self._merchants if name == "merchant" else self._machines
            place = rows.use[at] << _CATEGORY_BITS | pick(word, table)
            return (MERCHANT if name == "merchant" else MACHINE), place
        if name == "own":
            return OWN, rows.payer[at] * 4 + below(word, 3)
        if name == "office":
            return OFFICE, pick(word, self._offices)
        if name == "exchange":
            return EXCHANGE, pick(word, self._exchanges)
        if name == "creditor":
            return CREDITOR, rows.use[at] << _CATEGORY_BITS | pick(word, self._creditors)
        company = {"company": 0.8, "trader": 0.6, "supplier": 0.92, "landlord": 0.4}.get(
            name, 0.0
        )
        return self._person_or_company(name, company, rows.payer[at], lot, word)

    def _person_or_company(
        self, name: str, company: float, payer: Ints, lot: Words, word: Words
    ) -> tuple[Ints, Ints]:
        """Companies; people who bank here (of the payer's country); people who do not."""
        chance = unit(lot)
        inside = below(word, len(self._people))
        near = self._people.country[inside] == self._people.country[payer]
        near &= ~self._people.business[inside] & (inside != payer)
        popular = (chance < 0.4) if name == "seller" else np.zeros(len(lot), dtype=bool)
        stranger = np.where(popular, pick(word, self._sellers), below(word, self._strangers))
        is_company = chance > 1 - company
        here = ~is_company & ~popular & near
        sort = np.where(is_company, COMPANY, np.where(here, PAYER, STRANGER))
        index = np.where(
            is_company, pick(word, self._companies), np.where(here, inside, stranger)
        )
        return sort, index

    def stranger(self, word: int) -> int:
        """The number of some person who banks elsewhere."""
        return (word >> 32) * self._strangers >> 32


def _account_version(sort: Ints, country: Ints, index: Ints, day: int) -> Ints:
    """How often the payee has changed its account by that day."""
    version = np.zeros(len(sort), dtype=np.int64)
    changing = np.flatnonzero((sort == STRANGER) | (sort == COMPANY))
    key = fold(np.uint64(42), sort[changing], country[changing], index[changing])
    for year in range((day + _LONG_AGO) // _YEAR + 1):
        if year < _LONG_AGO // _YEAR:
            continue
        words = fold(key, year)
        begun = year * _YEAR - _LONG_AGO + below(draw(words, 1), _YEAR)
        version[changing] += (unit(draw(words, 0)) < _NEW_DETAILS) & (begun <= day)
    return version & 0x3F
