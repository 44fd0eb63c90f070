"""Whom a payment goes to.

A payee is one integer, its reference: what sort it is, its country, how often it has changed
its account, and its number within its sort. All else about it (name, account, category) is
computed from that integer when it is written down, so that no table of payees has to be kept.
"""

from dataclasses import dataclass

import numpy as np

from risk.simulate.abroad import receiver_abroad, shop_abroad
from risk.simulate.people import People
from risk.simulate.stream import (
    Flags,
    Ints,
    Words,
    below,
    draw,
    fold,
    fold_one,
    pick,
    unit,
    zipf,
)
from risk.simulate.uses import (
    ABROAD,
    CARD,
    FAVOURITES,
    FRESH,
    KIND,
    KINDS_OF,
    LOCAL,
    PAYEE,
    PAYEES,
    SLOT_KIND,
    SLOT_SEQUENCE,
    TRANSFER,
    USES,
    is_monthly,
    named,
)

MERCHANT, MACHINE, PAYER, STRANGER, OWN, COMPANY, OFFICE, EXCHANGE, CREDITOR = range(9)
"""Sorts of payee, as they are written down."""

LANDLORDS = 1 << 24
"""Companies from this number on let houses."""

_SORT_BITS, _COUNTRY_BITS, _VERSION_BITS, _USE_BITS, _KIND_BITS = 52, 44, 38, 24, 8

_NEW_DETAILS = 0.04  # suppliers, landlords and friends a year who send a new account
_RENEWAL, _CONTRACT = 900, 1_200  # days until a favourite, or a creditor, is replaced
_YEAR, _LONG_AGO = 365, 3_650
_COMPANY_SHARE = {"company": 0.8, "trader": 0.6, "supplier": 0.92, "landlord": 0.4}
_POPULAR_SHARE = 0.4  # of payments to sellers go to those who sell to hundreds
_RANKS = {size: zipf(size) for size in {use.favourites for use in USES}}
_WITH_HOME = named("rent", "utility")
_CONTRACTED = named("utility", "phone", "insurance", "gym")


def pack(sort: Ints | int, country: Ints | int, version: Ints | int, index: Ints | int) -> Ints:
    """A payee's reference."""
    reference: Ints = (
        np.asarray(sort, dtype=np.int64) << _SORT_BITS
        | np.asarray(country, dtype=np.int64) << _COUNTRY_BITS
        | np.asarray(version, dtype=np.int64) << _VERSION_BITS
        | np.asarray(index, dtype=np.int64)
    )
    return reference


def pack_one(sort: int, country: int, version: int, index: int) -> int:
    """`pack` for Python integers."""
    head = sort << _SORT_BITS | country << _COUNTRY_BITS
    return head | version << _VERSION_BITS | index


def unpack(reference: int) -> tuple[int, int, int, int]:
    """Sort, country, version and index of a reference."""
    return (
        reference >> _SORT_BITS,
        reference >> _COUNTRY_BITS & 0xFF,
        reference >> _VERSION_BITS & 0x3F,
        reference & (1 << _VERSION_BITS) - 1,
    )


def country_of(reference: Ints) -> Ints:
    """The country of each reference."""
    return reference >> _COUNTRY_BITS & 0xFF


def use_of(index: int) -> int:
    """The use that a shop or a creditor serves."""
    return index >> _USE_BITS


def creditor(use: int, kind: int, number: int) -> int:
    """The index of a creditor: of those that serve the use, of its kinds, by number."""
    return use << _USE_BITS | kind << _KIND_BITS | number


def kind_of(index: int) -> int:
    """Which kind of its use's creditors one is."""
    return index >> _KIND_BITS & 0xFF


@dataclass(frozen=True)
class Choice:
    """Payments whose payees are to be chosen. `row` is each payment's own stream."""

    payer: Ints
    use: Ints
    sequence: Ints
    row: Words
    day: int
    abroad: Ints  # the country the payer travels in, -1 at home
    homes: Ints  # how often the payer has moved

    @property
    def monthly(self) -> Flags:
        """Which are due each month, to the same payee."""
        return is_monthly(self.sequence)


class Market:
    """Everybody who can be paid in one world."""

    def __init__(self, people: People):
        self._people = people
        count = len(people)
        self._strangers = 4 * count + 2_000
        self._tables = {
            "merchant": zipf(max(60, min(count // 12, 4_000))),
            "machine": zipf(max(30, min(count // 60, 2_000))),
            "company": zipf(max(150, min(count // 6, 20_000)), 1.1),
            "seller": zipf(max(40, min(count // 30, 4_000)), 1.1),
            "creditor": zipf(12),
            "office": zipf(14),
            "exchange": zipf(9, 1.0),
        }

    def choose(self, rows: Choice) -> Ints:
        """A payee for each payment, by the payer's habits or (the use's share) a new one."""
        new = (unit(draw(rows.row, 1)) < FRESH[rows.use]) & ~rows.monthly
        who = np.where(new, fold(rows.row, 41), self._friend(rows))
        return self._found(rows, who)

    def habitual(self, payer: int, use: int, day: int, word: int) -> int:
        """The reference of somebody that payer has paid for that use."""
        one: Ints = np.zeros(1, dtype=np.int64)
        row: Words = np.array([word], dtype=np.uint64)
        rows = Choice(one + payer, one + use, one, row, day, one - 1, one)
        return int(self._found(rows, self._friend(rows))[0])

    def shop(self, use: int, word: int) -> int:
        """The index of a shop, the likelier the more popular."""
        table = self._tables["merchant"]
        return use << _USE_BITS | int(np.searchsorted(table, word >> 32, side="right"))

    def stranger(self, word: int) -> int:
        """The number of some person who banks elsewhere."""
        return (word >> 32) * self._strangers >> 32

    def _friend(self, rows: Choice) -> Words:
        """A word for each row, the same whenever its payer pays the same payee."""
        rank = np.zeros(len(rows.use), dtype=np.int64)
        lot = draw(rows.row, 0)
        for size, table in _RANKS.items():
            mine = np.flatnonzero(FAVOURITES[rows.use] == size)
            rank[mine] = pick(lot[mine], table)
        rank = np.where(rows.monthly, rows.sequence, rank)
        relation = fold(self._people.key[rows.payer], 40, rows.use, rank)
        span = np.where(rows.monthly, _CONTRACT, _RENEWAL)
        turn = (rows.day + _LONG_AGO + below(draw(relation, 0), span)) // span
        turn = np.where(rows.monthly & ~_CONTRACTED[rows.use], 0, turn)
        return fold(relation, turn + np.where(_WITH_HOME[rows.use], rows.homes, 0))

    def _found(self, rows: Choice, who: Words) -> Ints:
        country = self._country(rows, who)
        sort = np.zeros(len(who), dtype=np.int64)
        index = np.zeros(len(who), dtype=np.int64)
        wanted = PAYEE[rows.use]
        for number in np.unique(wanted):
            at = np.flatnonzero(wanted == number)
            sort[at], index[at] = self._address(PAYEES[number], rows, at, who[at])
        inside = sort == PAYER
        country[inside] = self._people.country[index[inside]]
        return pack(sort, country, _versions(sort, country, index, rows.day), index)

    def _country(self, rows: Choice, who: Words) -> Ints:
        home = self._people.country[rows.payer]
        foreign = unit(draw(who, 0)) < ABROAD[rows.use]
        word = draw(who, 1)
        country = np.where(foreign & (KIND[rows.use] == CARD), shop_abroad(word), home)
        country = np.where(
            foreign & (KIND[rows.use] == TRANSFER), receiver_abroad(word), country
        )
        return np.where((rows.abroad >= 0) & LOCAL[rows.use], rows.abroad, country)

    def _address(
        self, name: str, rows: Choice, at: Ints, who: Words
    ) -> tuple[Ints | int, Ints]:
        word = draw(who, 3)
        if name == "own":
            return OWN, rows.payer[at] * 4 + below(word, 3)
        if name in ("merchant", "machine", "creditor"):
            sort = {"merchant": MERCHANT, "machine": MACHINE, "creditor": CREDITOR}[name]
            index = rows.use[at] << _USE_BITS | pick(word, self._tables[name])
            return sort, index | (_kinds(rows, at, word) if sort == CREDITOR else 0)
        if name in ("office", "exchange"):
            return (OFFICE if name == "office" else EXCHANGE), pick(word, self._tables[name])
        return self._person_or_company(name, rows.payer[at], unit(draw(who, 2)), word)

    def _person_or_company(
        self, name: str, payer: Ints, lot: np.ndarray, word: Words
    ) -> tuple[Ints, Ints]:
        """Companies; people who bank here, of the payer's country; people who do not."""
        people = self._people
        inside = below(word, len(people))
        near = people.country[inside] == people.country[payer]
        near &= ~people.business[inside] & (inside != payer)
        popular = lot < (_POPULAR_SHARE if name == "seller" else 0.0)
        company = lot >= 1 - _COMPANY_SHARE.get(name, 0.0)
        outside = np.where(
            popular, pick(word, self._tables["seller"]), below(word, self._strangers)
        )
        here = near & ~company & ~popular
        sort = np.where(company, COMPANY, np.where(here, PAYER, STRANGER))
        index = np.where(here, inside, outside)
        firm = pick(word, self._tables["company"]) + (LANDLORDS if name == "landlord" else 0)
        return sort, np.where(company, firm, index)


def _kinds(rows: Choice, at: Ints, word: Words) -> Ints:
    """The kind of creditor of each payment: a household has one of each."""
    slot = rows.sequence[at] - SLOT_SEQUENCE
    owed = (slot >= 0) & (slot < len(SLOT_KIND))
    kind = np.where(owed, SLOT_KIND[slot * owed], below(draw(word, 0), KINDS_OF[rows.use[at]]))
    return kind << _KIND_BITS


def _versions(sort: Ints, country: Ints, index: Ints, day: int) -> Ints:
    """How often each payee has changed its account by that day."""
    version = np.zeros(len(sort), dtype=np.int64)
    at = np.flatnonzero((sort == STRANGER) | (sort == COMPANY))
    key = fold(fold_one(42), sort[at], country[at], index[at])
    for year in range(_LONG_AGO // _YEAR, (day + _LONG_AGO) // _YEAR + 1):
        words = fold(key, year)
        begun = year * _YEAR - _LONG_AGO + below(draw(words, 1), _YEAR)
        version[at] += (unit(draw(words, 0)) < _NEW_DETAILS) & (begun <= day)
    return version
