"""A world: for each day its payments in order, what is true of them, and who will say so.

A day is a function of the world and the day's number and of nothing else. That is why the
number of processes cannot change a byte, and why thirty days are the beginning of thirty-one.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from risk.simulate import payments as pay
from risk.simulate.calendar import Day
from risk.simulate.cases.book import Casebook, Entry
from risk.simulate.cases.scene import Scene
from risk.simulate.habits import wish
from risk.simulate.labels import Label, report
from risk.simulate.life import live
from risk.simulate.payees import Market
from risk.simulate.people import settle
from risk.simulate.spec import Spec
from risk.simulate.uses import CASE_SEQUENCE
from risk.simulate.writing import Writer, payer_id

_BLOCK = 50_000
"""Payers drawn at once; any number gives the same payments."""


@dataclass(frozen=True)
class Truth:
    """What is true of one payment that is not plainly genuine."""

    transaction_id: str
    fraud: bool
    kind: str
    case: str
    step: int
    unseen: bool
    signal: str = ""
    injection: str = ""


@dataclass(frozen=True)
class Written:
    """One day. `payers[i]` makes the payment `lines[i]`; `times[i]` is its event time in ms."""

    day: Day
    payers: list[int]
    lines: list[str]
    times: list[int]
    truths: list[Truth]
    labels: list[Label]


class World:
    """Makes the days of one world."""

    def __init__(self, spec: Spec, block: int = _BLOCK):
        self.spec = spec
        self.people = settle(spec)
        self._block = block
        market = Market(self.people)
        mules = max(
            4, round(spec.payers * spec.boost[0] * spec.boost[1] * 45 * 1.75 * 12e-6 / 3)
        )
        self._scene = Scene(spec, self.people, market, mules)
        self._market = market
        self._book = Casebook(self._scene)
        self.writer = Writer(spec, self.people)

    def calendar(self, number: int) -> Day:
        """That day's date and what falls due on it."""
        return Day(number, self.spec.start + timedelta(days=number))

    def day(self, number: int) -> Written:
        """The payments of that day, in order of (time, payer, number)."""
        day = self.calendar(number)
        entries = self._book.today(number)
        payments = self.payments(day, entries)
        payers, identities, lines = [], [], []
        for payer, identity, line in self.writer.lines(day, payments):
            payers.append(payer)
            identities.append(identity)
            lines.append(line)
        begin = day.midnight // 1000
        times = (payments.moment + begin).tolist()
        truths, labels = [], []
        for place in np.flatnonzero(payments.case >= 0).tolist():
            entry = entries[payments.case[place]]
            truths.append(_truth(identities[place], entry))
            labels += report(self.spec.seed, identities[place], times[place], entry)
        return Written(day, payers, lines, times, truths, labels)

    def payments(self, day: Day, entries: list[Entry]) -> pay.Payments:
        """The columns of that day's payments."""
        everybody = np.arange(len(self.people))
        parts = []
        for base in range(0, len(everybody), self._block):
            some = everybody[base : base + self._block]
            life = live(self.people, some, day.number)
            rows = [pay.Rows.of(wish(self.people, some, day, life))]
            mine = [n for n, e in enumerate(entries) if base <= e.step.payer < base + len(some)]
            if mine:
                rows.append(_rows(mine, entries))
            parts.append(
                pay.complete(self.people, self._market, day, pay.join(rows), life, base)
            )
        return pay.in_order(pay.again(pay.merge(parts)))


def _truth(identity: str, entry: Entry) -> Truth:
    case = entry.case
    return Truth(
        identity,
        True,
        case.kind,
        f"c{case.number:012x}",
        entry.number,
        case.unseen,
        case.signal,
    )


def _rows(mine: list[int], entries: list[Entry]) -> pay.Rows:
    """The payments of cases as rows, with all that the cases decide."""
    steps = [entries[number].step for number in mine]
    given = {
        name: np.array([step.given.get(name, pay.NOT_GIVEN) for step in steps])
        for name in pay.GIVEN
    }
    given["case"] = np.array(mine)
    timed = [step.at % pay.DAY_MILLIS if step.timed else pay.NOT_GIVEN for step in steps]
    given["moment"] = np.array(timed)
    return pay.Rows(
        np.array([step.payer for step in steps]),
        np.array([step.use for step in steps]),
        CASE_SEQUENCE + np.array(mine),
        given,
    )


__all__ = ["Truth", "World", "Written", "payer_id"]
