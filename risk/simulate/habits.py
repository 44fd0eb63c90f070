"""Which payments people make on a day: how many of each use, and what falls due."""

import numpy as np

from risk.simulate.calendar import Day
from risk.simulate.life import Life, existing
from risk.simulate.people import People
from risk.simulate.rows import Rows
from risk.simulate.stream import Floats, Ints, below, draw, fold, fold_one, poisson, unit
from risk.simulate.uses import (
    MAX_A_DAY,
    PAYDAY,
    SLOT_SEQUENCE,
    SLOTS,
    STAFF_SEQUENCE,
    USE,
    USES,
    WEEKDAYS,
)

_SLOT_USE: Ints = np.array([slot.use for slot in SLOTS])
_INVOICE = USE["invoice"]
STAFF = 12
"""Most wages a business pays."""


def wish(people: People, some: Ints, day: Day, life: Life) -> Rows:
    """What the payers numbered `some` pay of their own will, or by standing order, today."""
    here = existing(people, some, day.number)
    parts = [_spend(people, some, day, life), _owe(people, some, day)]
    if day.is_payday:
        parts.append(_pay_staff(people, some))
    payer, use, sequence = (np.concatenate(column) for column in zip(*parts, strict=True))
    keep = here[payer - some[0]]
    return Rows(payer[keep], use[keep], sequence[keep])


def _spend(people: People, some: Ints, day: Day, life: Life) -> tuple[Ints, Ints, Ints]:
    mean = (
        people.rate[some]
        * (WEEKDAYS[:, day.weekday] * _fashion(people.seed, day))
        * life.factors
    )
    paid = np.array(day.since_pay)[people.wages[some]] <= 3
    mean[paid] *= PAYDAY
    mean[:, _INVOICE] *= _payment_run(people, some, day)
    wanted = np.flatnonzero(mean.ravel() > 0)
    row, use = wanted // len(USES), wanted % len(USES)
    words = draw(fold(fold(people.key[some], 30)[row], use, day.number), 0)
    count = np.minimum(poisson(words, mean.ravel()[wanted]), MAX_A_DAY)
    some_count = np.flatnonzero(count)
    row, use, count = row[some_count], use[some_count], count[some_count]
    first = np.cumsum(count) - count
    number = np.arange(int(count.sum())) - np.repeat(first, count)
    use = np.repeat(use, count)
    return np.repeat(some[row], count), use, use * MAX_A_DAY + number


def _fashion(seed: int, day: Day) -> Floats:
    """Each use's factor this quarter: what people spend on drifts by a tenth."""
    words = fold(fold_one(seed, 33), np.arange(len(USES)), day.month // 3)
    return 0.9 + 0.2 * unit(words)


def _payment_run(people: People, some: Ints, day: Day) -> np.ndarray:
    """Businesses pay 89 % of invoices on one weekday of their own."""
    run = below(draw(people.key[some], 31), 5)
    if day.weekday >= 5:
        return np.where(people.business[some], 0.15, 0.0)
    return np.where(run == day.weekday, 7 * 0.86, 7 * 0.11 / 4)


def _owe(people: People, some: Ints, day: Day) -> tuple[Ints, Ints, Ints]:
    due = np.isin(people.slot_day[some], np.array(day.due, dtype=np.int64))
    row, slot = np.nonzero(people.slots[some] & due)
    return some[row], _SLOT_USE[slot], SLOT_SEQUENCE + slot


def _pay_staff(people: People, some: Ints) -> tuple[Ints, Ints, Ints]:
    firms = some[people.business[some]]
    words = fold(people.key[firms][:, None], 32, np.arange(STAFF)[None, :])
    row, place = np.nonzero(unit(draw(words, 0)) < 0.5)
    return firms[row], np.full(len(row), USE["salary"]), STAFF_SEQUENCE + place
