"""When and how much: hours by use, log-normal sums, and how people and shops round them."""

import numpy as np

from risk.simulate.calendar import Day
from risk.simulate.people import People
from risk.simulate.rows import Rows
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
from risk.simulate.uses import HOURS_OF, MEDIAN, MINUTES, SD, USES, is_monthly, named

_STEADY = named("rent", "subscription", "salary", "loan", "insurance", "gym")
_DRIFT, _INFLATION = 0.07, 0.03  # from month to month, and a year
_TINY_SHARE = 0.05  # of online payments: a song, an hour's parking, a card put on file
_NEAR_LIMIT_SHARE = 0.03  # of large sums: as much as the bank lets through
_LIMITS: Ints = np.array([50_000, 100_000, 100_000, 250_000, 500_000, 1_000_000])

_MULTIPLES: Ints = np.array([100, 500, 1_000, 5_000, 10_000, 1])
_STYLES = {
    # shares of whole units, fives, tens, fifties, hundreds, and of sums as they come
    "card": shares([3, 2, 1, 0, 0, 94]),
    "transfer": shares([6, 20, 25, 10, 5, 34]),
    "cash": shares([0, 0, 100, 0, 0, 0]),
    "invoice": shares([18, 0, 12, 0, 8, 62]),
    "bill": shares([12, 8, 10, 4, 3, 63]),
}
_STYLE_OF = {
    "invoice": "invoice",
    "bill": "bill",
    "tax": "card",
    "salary": "card",
    "rent": "transfer",
}
_STYLE: Ints = np.array(
    [
        list(_STYLES).index(
            _STYLE_OF.get(use.name, "card" if use.kind == "direct_debit" else use.kind)
        )
        for use in USES
    ]
)
_PRICED = named("shop", "online", "subscription", "food")
_PRICED_SHARE = 0.6
_ENDINGS: Ints = np.array([99, 99, 95, 50, 49, 90, 0, 99])


def moments(people: People, rows: Rows, key: Words) -> Ints:
    """Milliseconds into the day; people are early or late by habit, but not at night."""
    minute = MINUTES[HOURS_OF[rows.use], (draw(key, 2) >> np.uint64(52)).astype(np.int64)]
    shifted = minute + people.shift[rows.payer]
    by_day = (shifted > 360) & (shifted < 1_440) & (minute > 360)
    return np.where(by_day, shifted, minute) * 60_000 + below(draw(key, 3), 60_000)


def amounts(people: People, rows: Rows, key: Words, day: Day) -> Ints:
    """Cents before rounding. What falls due each month stays about the same."""
    use = rows.use
    monthly = is_monthly(rows.sequence)
    steady = draw(fold(people.key[rows.payer], 50, use, rows.sequence), 0)
    drift = normal(draw(key, 5)) * np.where(_STEADY[use], 0.0, _DRIFT)
    drift = np.where(monthly, drift + (day.date.year - 2025) * _INFLATION, 0.0)
    size = lognormal(np.where(monthly, steady, draw(key, 4)), MEDIAN[use], SD[use])
    cents = (size * growth(drift) * people.power[rows.payer] * 100 + 0.5).astype(np.int64)
    return _habits(rows, key, np.maximum(cents, 1))


_ONLINE = named("online")
_SENT = named("own", "large")


def _habits(rows: Rows, key: Words, cents: Ints) -> Ints:
    """Honest sums that look like a thief's: next to nothing, or just below a limit."""
    lot = unit(draw(key, 18))
    tiny = _ONLINE[rows.use] & (lot < _TINY_SHARE)
    cents = np.where(tiny, below(draw(key, 19), 300), cents)
    limit = _LIMITS[below(draw(key, 20), len(_LIMITS))]
    part = 0.8 + unit(draw(key, 21)) * 0.195
    near = _SENT[rows.use] & (lot < _NEAR_LIMIT_SHARE)
    return np.where(near, (limit * part).astype(np.int64), cents)


def rounded(rows: Rows, key: Words, cents: Ints) -> Ints:
    """People type round sums, shops have price points."""
    word = draw(key, 6)
    result = cents.copy()
    for style, table in enumerate(_STYLES.values()):
        at = np.flatnonzero(_STYLE[rows.use] == style)
        multiple = _MULTIPLES[pick(word[at], table)]
        near = (cents[at] + multiple // 2) // multiple * multiple
        result[at] = np.where(near > 0, near, cents[at])
    ending = _ENDINGS[below(draw(key, 7), len(_ENDINGS))]
    priced = _PRICED[rows.use] & (unit(draw(key, 8)) < _PRICED_SHARE) & (result > 100)
    return np.where(priced, result // 100 * 100 + ending, result)
