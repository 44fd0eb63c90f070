"""By what means: channel, device and its place, rail, and whether it went through."""

import numpy as np

from risk.simulate.calendar import Day, is_working
from risk.simulate.life import Life
from risk.simulate.payees import country_of
from risk.simulate.people import COUNTRIES, P2P, SEPA, People
from risk.simulate.rows import Rows
from risk.simulate.stream import Flags, Ints, Words, below, draw, fold, pick, shares, unit
from risk.simulate.uses import (
    API,
    APP,
    APPROVED,
    ATM,
    BRANCH,
    CARD,
    CASH,
    DECLINED,
    KIND,
    PHONE,
    POS,
    TRANSFER,
    UNKNOWN_DEVICE,
    USE,
    USES,
    WEB,
    named,
)

SWIFT = 4
_REMOTE = {  # share of card payments made without the card: delivery, rides, tickets, shops
    "online": 1.0, "travel": 1.0, "subscription": 0.4, "transport": 0.45, "other": 0.4,
    "food": 0.22, "shop": 0.1, "groceries": 0.06,
}  # fmt: skip
_REMOTE_SHARE = np.array([_REMOTE.get(use.name, 0.0) for use in USES])
_APP_SHARE = 0.55
_TRANSFER_CHANNELS: Ints = np.array([APP, WEB, BRANCH, PHONE])
_TRANSFER_SHARES = shares([64, 30, 3, 3])
_BUSINESS_WEB_SHARE = 0.55
_OWN_DEVICES = shares([72, 20, 6, 2])
_HIDDEN_SHARE = 0.012  # behind a private network somewhere else
_WALLET = 0.9  # at most; each payer has a habit of paying with the phone
_DECLINES = np.array(
    [{"card": 0.022, "direct_debit": 0.012, "cash": 0.02}.get(use.kind, 0.008) for use in USES]
)
_APP_USES = named("person", "family", "market")
_EURO = np.isin(
    COUNTRIES,
    ["IE", "DE", "AT", "FR", "BE", "ES", "IT", "NL", "PT", "GR", "LU", "LT", "EE", "CY", "HR"],
)


def channels(people: People, rows: Rows, key: Words, day: Day, moment: Ints) -> Ints:
    """Where each payment is made; branch and telephone only while somebody is there."""
    word, kind = draw(key, 9), KIND[rows.use]
    remote = unit(draw(key, 22)) < _REMOTE_SHARE[rows.use]
    card = np.where(unit(word) < _APP_SHARE, APP, WEB)
    card = np.where(remote, card, np.where(rows.use == USE["subscription"], API, POS))
    private = _TRANSFER_CHANNELS[pick(word, _TRANSFER_SHARES)]
    open_today, hour = is_working(day.date), moment // 3_600_000
    shut = (private == BRANCH) & ((hour < 9) | (hour >= 17) | (not open_today))
    shut |= (private == PHONE) & ((hour < 8) | (hour >= 20))
    private = np.where(shut, APP, private)
    private = np.where(rows.use == USE["rent"], API, private)  # a standing order
    firm = np.where((unit(word) < _BUSINESS_WEB_SHARE) & (rows.use != USE["salary"]), WEB, API)
    transfer = np.where(people.business[rows.payer], firm, private)
    made = [(CARD, card), (TRANSFER, transfer), (CASH, np.full(len(word), ATM))]
    result = np.full(len(word), API)
    for number, channel in made:
        result = np.where(kind == number, channel, result)
    return result


def devices(
    people: People, rows: Rows, key: Words, channel: Ints, life: Life, local: Ints
) -> tuple[Ints, Ints]:
    """Each payment's device (0: none) and the country it reports from.

    `local` places each payment's payer in `life`. The first device is a phone; it is replaced
    every 30 months, and some days a browser is new because its cookies are gone.
    """
    owner = people.key[rows.payer]
    slot = np.minimum(pick(draw(key, 10), _OWN_DEVICES), people.devices[rows.payer] - 1)
    slot = np.where(channel == POS, 0, slot)
    own = fold(owner, 60, slot, np.where(slot == 0, life.phones[local], 0))
    new = (unit(draw(key, 11)) < UNKNOWN_DEVICE[rows.use]) & (channel != POS)
    device = np.where(new, fold(key, 60), own) >> np.uint64(2) | np.uint64(1)
    country = np.where(life.abroad[local] >= 0, life.abroad[local], people.country[rows.payer])
    hidden = (unit(draw(key, 13)) < _HIDDEN_SHARE) & (channel != POS)
    country = np.where(hidden, below(draw(key, 14), len(COUNTRIES)), country)
    return np.where(_has_device(owner, key, channel), device.astype(np.int64), 0), country


def _has_device(owner: Words, key: Words, channel: Ints) -> Flags:
    wallet = unit(draw(key, 12)) < unit(draw(owner, 61)) * _WALLET
    has: Flags = (channel == APP) | (channel == WEB) | ((channel == POS) & wallet)
    return has


def statuses(rows: Rows, key: Words) -> Ints:
    """Approved, or declined for want of money or a wrong code."""
    return np.where(unit(draw(key, 15)) < _DECLINES[rows.use], DECLINED, APPROVED)


def rails(people: People, rows: Rows, key: Words, channel: Ints, payee: Ints) -> Ints:
    """The scheme that carries a transfer, which limits its memo."""
    home, country = people.country[rows.payer], country_of(payee)
    bank = people.rail[rows.payer]
    euro = (bank == SEPA) & _EURO[country]
    rail = np.where((country == home) | euro, bank, SWIFT)
    app = people.app[rows.payer] & _APP_USES[rows.use] & (channel == APP) & (country == home)
    return np.where(app & (unit(draw(key, 17)) < 0.5), P2P, rail)
