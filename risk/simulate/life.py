"""What happens to people: journeys and events that change several habits at once.

These are the decoys. Who moves house pays a large sum to a stranger; who is on holiday pays in
another country at odd hours; nobody is robbed. Everything is looked up from the day number, so
no history has to be carried from one day to the next.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from risk.simulate.people import COUNTRIES, People
from risk.simulate.stream import (
    Flags,
    Floats,
    Ints,
    Words,
    below,
    draw,
    fold,
    pick,
    shares,
    unit,
)
from risk.simulate.uses import USE, USES

_EVENT_BLOCK, _TRIP_BLOCK = 100, 60
_EVENT_SHARE, _TRIP_SHARE = 0.33, 0.22  # 1.2 events and 1.5 trips a year
_LONG_AGO = 1_000_000  # keeps block numbers positive for days before the start
_RESORTS = np.array(
    [
        COUNTRIES.index(code)
        for code in ("ES", "IT", "FR", "PT", "GR", "TR", "HR", "US", "TH", "AT")
    ]
)


class Event(NamedTuple):
    """One kind of event: how often, for how many days, and what it multiplies."""

    name: str
    weight: float
    days: int
    factors: dict[str, float]


EVENTS = (
    Event(
        "moving", 15, 35, {"large": 14, "bill": 3, "shop": 1.8, "market": 2.5, "online": 1.4}
    ),
    Event("new job", 15, 45, {"transport": 1.6, "food": 1.4, "shop": 1.2}),
    Event("baby", 6, 60, {"shop": 1.6, "online": 1.7, "market": 3, "family": 2}),
    Event("wedding", 6, 40, {"large": 18, "bill": 3, "travel": 3, "food": 1.3}),
    Event("new phone", 14, 10, {"online": 1.3, "person": 1.7, "own": 1.7}),
    Event("spree", 16, 16, {"market": 14, "online": 1.6}),
    Event("hospital", 8, 25, {"other": 4, "family": 3, "food": 0.6, "transport": 1.5}),
    Event("crypto hobby", 8, 60, {"crypto": 25}),
    Event("helping family", 12, 50, {"family": 7, "large": 3}),
)
_WHICH = shares([event.weight for event in EVENTS])
_LENGTH: Ints = np.array([event.days for event in EVENTS])
_FACTORS = np.array([[event.factors.get(use.name, 1.0) for use in USES] for event in EVENTS])
NEW_PHONE, MOVING = 4, 0


@dataclass(frozen=True)
class Life:
    """The state of some payers on one day."""

    factors: Floats  # (payers, uses), on the rates
    abroad: Ints  # the country a payer is travelling in, -1 at home
    phones: Ints  # how many phones the payer has had
    homes: Ints  # how many homes


def live(people: People, some: Ints, day: int) -> Life:
    """How life is for the payers numbered `some` on that day."""
    key = people.key[some]
    factors = np.ones((len(some), len(USES)))
    block = (day + _LONG_AGO) // _EVENT_BLOCK
    for number in (block - 1, block):
        event, age = _event(key, number, day)
        lasting = np.flatnonzero((event >= 0) & (age >= 0) & (age < _LENGTH[event]))
        factors[lasting] *= _FACTORS[event[lasting]]
    # the crypto hobby also reaches those who never bought any
    hobby = people.rate[some, USE["crypto"]] == 0
    factors[hobby, USE["crypto"]] = 1.0
    return Life(
        factors=factors,
        abroad=_travel(key, day),
        phones=_happened(key, day, NEW_PHONE)
        + (day + _LONG_AGO + (key >> np.uint64(50)).astype(np.int64)) // 900,
        homes=_happened(key, day, MOVING),
    )


def _event(key: Words, block: int, day: int) -> tuple[Ints, Ints]:
    """Each payer's event of that block (-1: none) and its age in days."""
    words = fold(key, 20, block)
    which = np.where(unit(draw(words, 0)) < _EVENT_SHARE, pick(draw(words, 1), _WHICH), -1)
    begun = block * _EVENT_BLOCK - _LONG_AGO + below(draw(words, 2), _EVENT_BLOCK)
    return which, day - begun


def _happened(key: Words, day: int, which: int) -> Ints:
    """How many events of that kind there were in the last thousand days."""
    count = np.zeros(len(key), dtype=np.int64)
    block = (day + _LONG_AGO) // _EVENT_BLOCK
    for number in range(_LONG_AGO // _EVENT_BLOCK, block + 1):
        event, age = _event(key, number, day)
        count += (event == which) & (age >= 0)
    return count


def _travel(key: Words, day: int) -> Ints:
    """The country each payer travels in today, or -1. A trip lasts 3-14 days."""
    where = np.full(len(key), -1)
    block = (day + _LONG_AGO) // _TRIP_BLOCK
    for number in (block - 1, block):
        words = fold(key, 21, number)
        age = day - (number * _TRIP_BLOCK - _LONG_AGO + below(draw(words, 1), _TRIP_BLOCK))
        away = (unit(draw(words, 0)) < _TRIP_SHARE) & (age >= 0)
        away &= age < 3 + below(draw(words, 2), 12)
        resort = _RESORTS[below(draw(words, 3), len(_RESORTS))]
        where = np.where(away, resort, where)
    return where


def existing(people: People, some: Ints, day: int) -> Flags:
    """Which of those payers are customers on that day."""
    return people.joined[some] <= day
