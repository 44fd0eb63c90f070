"""The payers and what stays the same about each of them, as columns."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from risk.simulate.spec import Spec
from risk.simulate.stream import (
    Flags,
    Floats,
    Ints,
    Words,
    below,
    draw,
    fold,
    fold_one,
    gamma_three,
    growth,
    normal,
    pick,
    shares,
    unit,
)
from risk.simulate.uses import BUSINESS_RATE, PERSONAL_RATE, SLOTS, USE, USES

LANGUAGES = ("en", "de", "fr", "es", "it", "pl", "nl")
_SPEAKERS = shares([57, 13, 9, 8, 5, 4, 4])
COUNTRIES = (
    "GB", "IE", "DE", "AT", "FR", "BE", "ES", "IT", "PL", "NL", "AU", "PT", "GR", "TR", "US",
    "TH", "MA", "CH", "SE", "LT", "RO", "HK", "AE", "CY", "EE", "HR", "DK", "CZ", "CN", "LU",
)  # fmt: skip
"""Where accounts, shops and devices can be; the first eleven are homes of payers."""
_HOMES = {"en": "IE", "de": "DE", "fr": "FR", "es": "ES", "it": "IT", "pl": "PL", "nl": "NL"}
_HOME = {language: COUNTRIES.index(country) for language, country in _HOMES.items()}
FPS, SEPA, NPP, P2P = range(4)
BUSINESS_SHARE = 0.04
WELCOME_DAYS, _LONG_AGO = 780, -10_000
"""Payers who join after the world began do so within this many days."""


@dataclass(frozen=True)
class People:
    """One row a payer. `rate` counts payments per day and use, before the day's own factors."""

    seed: int
    key: Words
    business: Flags
    activity: Floats
    age: Ints
    power: Floats
    language: Ints
    country: Ints
    rail: Ints  # of transfers: fps, sepa or npp
    app: Flags  # also has app-to-app transfers
    devices: Ints
    joined: Ints  # day number; negative for most
    wages: Ints  # which habit of `Day.since_pay`
    shift: Ints  # minutes later than others
    rate: Floats
    slots: Flags  # which monthly payments the payer has
    slot_day: Ints  # and on which day of the month

    def __len__(self) -> int:
        return len(self.key)


class _Bank(NamedTuple):
    """A rail outside the euro, its country, and up to which lot an English speaker uses it."""

    name: str
    home: str
    rail: int
    reach: float


_OVERSEAS = (_Bank("fps", "GB", FPS, 0.75), _Bank("npp", "AU", NPP, 0.95))
_ABROAD = 0.1


def has_euro(spec: Spec) -> bool:
    """Whether some payers live where the euro is; so do all whom no other rail reaches."""
    return "sepa" in spec.rails or not any(bank.name in spec.rails for bank in _OVERSEAS)


def settle(spec: Spec) -> People:
    """The payers of that world."""
    key = fold(fold_one(spec.seed, 1), np.arange(spec.payers))
    business = unit(draw(key, 0)) < BUSINESS_SHARE
    language = pick(draw(key, 1), _SPEAKERS)
    if not has_euro(spec):  # of those who speak something else at home, a tenth lives abroad
        language = np.where(unit(draw(key, 16)) < _ABROAD, language, 0)
    country, rail = _residence(spec, key, language)
    power = growth(normal(draw(key, 2)) * (0.45 * 0.8))
    activity = gamma_three(draw(key, 3))
    slots, slot_day = _monthly(key, business)
    return People(
        seed=spec.seed,
        key=key,
        business=business,
        activity=activity,
        age=18 + below(draw(key, 14), 36) + below(draw(key, 15), 38),
        power=np.where(business, 1.0, power),
        language=language,
        country=country,
        rail=rail,
        app=("p2p" in spec.rails) & ~business & (unit(draw(key, 4)) < 0.6),
        devices=1 + pick(draw(key, 5), shares([57, 27, 12, 4])),
        joined=_arrivals(key),
        wages=pick(draw(key, 6), shares([60, 25, 15])),
        shift=below(draw(key, 7), 151) - 75,
        rate=_rates(key, business, activity),
        slots=slots,
        slot_day=slot_day,
    )


def _residence(spec: Spec, key: Words, language: Ints) -> tuple[Ints, Ints]:
    country = np.array([_HOME[name] for name in LANGUAGES])[language]
    rail = np.full(len(key), SEPA)
    lot = unit(draw(key, 8))
    overseas = [bank for bank in _OVERSEAS if bank.name in spec.rails]
    for bank in overseas:
        mine = (rail == SEPA) & (lot < bank.reach)
        if has_euro(spec):
            mine &= language == 0
        elif bank is overseas[-1]:
            mine = rail == SEPA
        country = np.where(mine, COUNTRIES.index(bank.home), country)
        rail = np.where(mine, bank.rail, rail)
    return country, rail


def _arrivals(key: Words) -> Ints:
    """Most were customers before; a seventh joins in the first two years."""
    late = unit(draw(key, 9)) < 0.14
    return np.where(late, below(draw(key, 10), WELCOME_DAYS) - 60, _LONG_AGO)


def _rates(key: Words, business: Flags, activity: Floats) -> Floats:
    """Tastes differ: each payer's share of each use is log-normal around the table's."""
    uses = np.arange(len(USES))
    taste = growth(normal(draw(fold(key[:, None], 11, uses[None, :]), 0)) * 0.5 - 0.125)
    hobby = unit(draw(key, 12)) < 0.15  # crypto is some people's
    taste[:, USE["crypto"]] *= np.where(hobby, 1 / 0.15, 0.0)
    base = np.where(business[:, None], BUSINESS_RATE, PERSONAL_RATE)
    return base * taste * activity[:, None]


def _monthly(key: Words, business: Flags) -> tuple[Flags, Ints]:
    words = fold(key[:, None], 13, np.arange(len(SLOTS))[None, :])
    share = np.array([slot.share for slot in SLOTS])
    owned = unit(draw(words, 0)) < np.where(business[:, None], share * 0.6, share)
    # bills cluster after pay: half of them in the first week
    early = unit(draw(words, 1)) < 0.5
    day = np.where(early, 1 + below(draw(words, 2), 6), 1 + below(draw(words, 2), 28))
    return owned, day
