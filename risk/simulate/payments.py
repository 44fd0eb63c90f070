"""From wishes to payments: everything about a payment that was not given is drawn here.

Genuine payments come with nothing given. A case of fraud gives what the thief decides (an
amount, a payee, a device) and leaves the rest to the victim's own habits; what is drawn from
nobody's decision (the identifier, the milliseconds, the cents) cannot differ.
"""

from dataclasses import dataclass, field, fields

import numpy as np

from risk.simulate.calendar import Day
from risk.simulate.habits import Wishes
from risk.simulate.life import Life
from risk.simulate.payees import Choice, Market
from risk.simulate.people import COUNTRIES, P2P, People
from risk.simulate.stream import (
    Ints,
    Words,
    below,
    draw,
    fold,
    growth,
    lognormal,
    normal,
    pick,
    shares,
    unit,
)
from risk.simulate.uses import (
    API,
    APP,
    APPROVED,
    ATM,
    BRANCH,
    CARD,
    CASH,
    DECLINED,
    HOURS_OF,
    KIND,
    MEDIAN,
    MEMO,
    MINUTES,
    PHONE,
    POS,
    REPEAT_SEQUENCE,
    SD,
    SLOT_SEQUENCE,
    TRANSFER,
    UNKNOWN_DEVICE,
    USE,
    USES,
    WEB,
)

SWIFT = 4
DAY_MILLIS = 86_400_000
GIVEN = (
    "moment", "cents", "payee", "device", "country", "channel", "status", "family", "memo", "case",
)  # fmt: skip
"""What a case may decide: milliseconds of the day, cents before rounding, a payee's reference, a
device's word, the device's country, channel, status, the family of memo patterns (or 0 for a
blank one), the memo's key, and the number of the case."""
NOT_GIVEN = -1


@dataclass(frozen=True)
class Rows:
    """Payments to be completed. `given` columns hold `NOT_GIVEN` where nothing is decided."""

    payer: Ints
    use: Ints
    sequence: Ints
    given: dict[str, Ints] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.payer)

    @classmethod
    def of(cls, wishes: Wishes) -> "Rows":
        """Rows with nothing given."""
        return cls(wishes.payer, wishes.use, wishes.sequence)

    def or_given(self, name: str, drawn: Ints) -> Ints:
        """The column of what was given, and of what was drawn where nothing was."""
        if name not in self.given:
            return drawn
        given = self.given[name]
        return np.where(given == NOT_GIVEN, drawn, given)


def join(parts: list[Rows]) -> Rows:
    """All rows, in order."""
    given = {
        name: np.concatenate(
            [part.given.get(name, np.full(len(part), NOT_GIVEN)) for part in parts]
        )
        for name in GIVEN
    }
    columns = [
        np.concatenate([getattr(p, n) for p in parts]) for n in ("payer", "use", "sequence")
    ]
    return Rows(columns[0], columns[1], columns[2], given)


@dataclass(frozen=True)
class Payments:
    """Complete payments as columns, ready to be written down."""

    key: Words
    moment: Ints  # milliseconds since the day began
    payer: Ints
    sequence: Ints
    use: Ints
    channel: Ints
    status: Ints
    cents: Ints
    payee: Ints
    device: Ints  # 0: none
    country: Ints  # of the device
    family: Ints  # of the memo; 0: blank
    memo: Ints  # what the memo's words are drawn from
    rail: Ints
    case: Ints  # -1: genuine

    def __len__(self) -> int:
        return len(self.key)

    def take(self, places: Ints) -> "Payments":
        """Those rows, in that order."""
        return Payments(*(getattr(self, column.name)[places] for column in fields(self)))


_CARD_CHANNELS = {"online": (APP, WEB), "subscription": (API, WEB), "travel": (WEB, APP)}
_FIRST = np.array([_CARD_CHANNELS.get(use.name, (POS, POS))[0] for use in USES])
_SECOND = np.array([_CARD_CHANNELS.get(use.name, (POS, POS))[1] for use in USES])
_TRANSFER_CHANNELS = np.array([APP, WEB, BRANCH, PHONE])
_TRANSFER_SHARES = shares([64, 30, 3, 3])
_BUSINESS_SHARES = shares([55, 45])
_OWN_DEVICE = shares([72, 20, 6, 2])
_DECLINES = np.array(
    [{"card": 0.022, "direct_debit": 0.012, "cash": 0.02}.get(u.kind, 0.008) for u in USES]
)
_STEADY = np.isin(
    np.arange(len(USES)),
    [USE[n] for n in ("rent", "subscription", "salary", "loan", "insurance", "gym")],
)
_FAMILIES = tuple(dict.fromkeys(use.family for use in USES))
FAMILY_OF = np.array([_FAMILIES.index(use.family) for use in USES])
_APP_USES = np.isin(np.arange(len(USES)), [USE[n] for n in ("person", "family", "market")])


def complete(
    people: People, market: Market, day: Day, rows: Rows, life: Life, base: int
) -> Payments:
    """Draw all that is not given. `life` is that of the payers from number `base` on."""
    key = fold(people.key[rows.payer], day.number + 10_000, rows.sequence)
    local = rows.payer - base
    abroad = life.abroad[local]
    choice = Choice(
        rows.payer, rows.use, rows.sequence, key, day.number, abroad, life.homes[local]
    )
    payee, _ = market.choose(choice)
    payee = rows.or_given("payee", payee)
    channel = rows.or_given("channel", _channels(people, rows, key))
    device, country = _devices(people, rows, key, channel, life.phones[local], abroad)
    family, memo = _memos(people, rows, key, payee)
    return Payments(
        key=key,
        moment=rows.or_given("moment", _moments(people, rows, key)),
        payer=rows.payer,
        sequence=rows.sequence,
        use=rows.use,
        channel=channel,
        status=rows.or_given("status", _statuses(rows, key)),
        cents=_round(rows, key, rows.or_given("cents", _amounts(people, rows, key, day))),
        payee=payee,
        device=rows.or_given("device", device),
        country=rows.or_given("country", country),
        family=family,
        memo=memo,
        rail=_rails(people, rows, key, channel, payee),
        case=rows.or_given("case", np.full(len(rows), NOT_GIVEN)),
    )


def _moments(people: People, rows: Rows, key: Words) -> Ints:
    word = draw(key, 2)
    minute = MINUTES[HOURS_OF[rows.use], (word >> np.uint64(52)).astype(np.int64)]
    shifted = minute + people.shift[rows.payer]
    minute = np.where((shifted > 360) & (shifted < 1440) & (minute > 360), shifted, minute)
    return minute * 60_000 + below(draw(key, 3), 60_000)


def _amounts(people: People, rows: Rows, key: Words, day: Day) -> Ints:
    use = rows.use
    steady = fold(people.key[rows.payer], 50, use, rows.sequence)
    words = np.where(rows.sequence >= SLOT_SEQUENCE, draw(steady, 0), draw(key, 4))
    drift = np.where(_STEADY[use], 0.0, normal(draw(key, 5)) * 0.07)
    yearly = (day.month // 12 - 2025) * 0.03
    drift = np.where(rows.sequence >= SLOT_SEQUENCE, drift + yearly, 0.0)
    units = lognormal(words, MEDIAN[use], SD[use]) * growth(drift) * people.power[rows.payer]
    return np.maximum((units * 100 + 0.5).astype(np.int64), 1)


_WHOLE: Ints = np.array([100, 500, 1000, 5000, 10000])
_ROUND = {
    # shares of whole units, fives, tens, fifties, hundreds
    "card": shares([3, 2, 1, 0, 0, 94]),
    "transfer": shares([6, 20, 25, 10, 5, 34]),
    "cash": shares([0, 0, 100, 0, 0, 0]),
    "invoice": shares([18, 0, 12, 0, 8, 62]),
    "bill": shares([10, 8, 8, 3, 2, 69]),
}
_STYLES = tuple(_ROUND)
_STYLE_NAMES = {"invoice": "invoice", "bill": "bill", "tax": "card", "subscription": "card"}
_STYLE = np.array(
    [
        _STYLES.index(_STYLE_NAMES.get(u.name, u.kind if u.kind != "direct_debit" else "card"))
        for u in USES
    ]
)
_ENDINGS: Ints = np.array([99, 99, 95, 50, 49, 90, 0, 99])
_PRICED = np.isin(
    np.arange(len(USES)), [USE[n] for n in ("shop", "online", "subscription", "food")]
)


def _round(rows: Rows, key: Words, cents: Ints) -> Ints:
    """People type round sums, shops have price points."""
    word = draw(key, 6)
    rounded = cents
    for style, name in enumerate(_STYLES):
        at = np.flatnonzero(_STYLE[rows.use] == style)
        size = pick(word[at], _ROUND[name])
        multiple = np.append(_WHOLE, 1)[size]
        near = (cents[at] + multiple // 2) // multiple * multiple
        rounded[at] = np.where(near > 0, near, cents[at])
    ending = _ENDINGS[below(draw(key, 7), len(_ENDINGS))]
    priced = _PRICED[rows.use] & (unit(draw(key, 8)) < 0.6) & (rounded > 100)
    return np.where(priced, rounded // 100 * 100 + ending, rounded)


def _channels(people: People, rows: Rows, key: Words) -> Ints:
    word = draw(key, 9)
    kind = KIND[rows.use]
    card = np.where(unit(word) < 0.55, _FIRST[rows.use], _SECOND[rows.use])
    transfer = _TRANSFER_CHANNELS[pick(word, _TRANSFER_SHARES)]
    business = np.where(pick(word, _BUSINESS_SHARES) == 0, WEB, API)
    business = np.where(rows.use == USE["salary"], API, business)
    transfer = np.where(people.business[rows.payer], business, transfer)
    transfer = np.where(rows.use == USE["rent"], API, transfer)  # a standing order
    return np.select(
        [kind == CARD, kind == TRANSFER, kind == CASH],
        [card, transfer, np.full(len(word), ATM)],
        API,
    )


def _devices(
    people: People, rows: Rows, key: Words, channel: Ints, phones: Ints, abroad: Ints
) -> tuple[Ints, Ints]:
    word = draw(key, 10)
    owner = people.key[rows.payer]
    slot = np.minimum(pick(word, _OWN_DEVICE), people.devices[rows.payer] - 1)
    slot = np.where(channel == POS, 0, slot)
    own = fold(owner, 60, slot, phones * (slot == 0))
    new = unit(draw(key, 11)) < UNKNOWN_DEVICE[rows.use] * (channel != POS)
    device = np.where(new, fold(key, 60), own) >> np.uint64(2) | np.uint64(1)
    wallet = (channel == POS) & (unit(draw(key, 12)) < unit(draw(owner, 61)) * 0.9)
    has = (channel == APP) | (channel == WEB) | wallet
    has |= (rows.use == USE["subscription"]) & False
    country = np.where(abroad >= 0, abroad, people.country[rows.payer])
    hidden = unit(draw(key, 13)) < 0.012  # a private network somewhere else
    somewhere = below(draw(key, 14), len(COUNTRIES))
    return np.where(has, device.astype(np.int64), 0), np.where(hidden, somewhere, country)


def _statuses(rows: Rows, key: Words) -> Ints:
    return np.where(unit(draw(key, 15)) < _DECLINES[rows.use], DECLINED, APPROVED)


def _memos(people: People, rows: Rows, key: Words, payee: Ints) -> tuple[Ints, Ints]:
    habit = fold(people.key[rows.payer], 70, payee, rows.use)
    word = np.where(unit(draw(key, 16)) < 0.9, habit, key)
    written = unit(draw(word, 0)) < MEMO[rows.use]
    family = np.where(written, FAMILY_OF[rows.use], 0)
    return rows.or_given("family", family), rows.or_given(
        "memo", (word >> np.uint64(1)).astype(np.int64)
    )


def _rails(people: People, rows: Rows, key: Words, channel: Ints, payee: Ints) -> Ints:
    home = people.country[rows.payer]
    country = payee >> 44 & 0xFF
    app = (
        people.app[rows.payer]
        & _APP_USES[rows.use]
        & (channel == APP)
        & (unit(draw(key, 17)) < 0.5)
    )
    rail = np.where(country == home, people.rail[rows.payer], SWIFT)
    both = (people.rail[rows.payer] == 1) & (country != home) & (country < 10) & (country != 0)
    return np.where(app & (country == home), P2P, np.where(both, 1, rail))


def again(payments: Payments) -> Payments:
    """With the second tries: most who are declined try again, some pay a stranger in two parts."""
    key = fold(payments.key, 80)
    declined = (payments.status == DECLINED) & (unit(draw(key, 0)) < 0.6)
    later = 15_000 + below(draw(key, 1), 600_000)
    status = np.where(unit(draw(key, 2)) < 0.75, APPROVED, DECLINED)
    at = np.flatnonzero(declined & (payments.moment + later < DAY_MILLIS))
    tries = payments.take(at)
    repeated = Payments(
        **{
            **{column.name: getattr(tries, column.name) for column in fields(tries)},
            "key": key[at],
            "moment": tries.moment + later[at],
            "status": status[at],
            "sequence": tries.sequence + REPEAT_SEQUENCE,
        }
    )
    return merge([payments, repeated])


def merge(parts: list[Payments]) -> Payments:
    """All payments, in the order of the parts."""
    names = [column.name for column in fields(Payments)]
    return Payments(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in names)
    )


def in_order(payments: Payments) -> Payments:
    """Sorted by (time, payer, number within the payer's day): a total order."""
    return payments.take(np.lexsort((payments.sequence, payments.payer, payments.moment)))
