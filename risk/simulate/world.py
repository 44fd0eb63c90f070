"""A world: for each day its payments in order, what is true of them, and who will say so.

A day is a function of the world and the day's number and of nothing else. That is why the
number of processes cannot change a byte, and why thirty days are the beginning of thirty-one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from risk.simulate.calendar import Day
from risk.simulate.cases.book import Casebook, Entry
from risk.simulate.cases.scene import Scene
from risk.simulate.habits import wish
from risk.simulate.identities import Identities
from risk.simulate.labels import Label, report
from risk.simulate.life import live
from risk.simulate.payees import Market
from risk.simulate.payments import again, complete, follow
from risk.simulate.people import settle
from risk.simulate.rows import DAY_MILLIS, GIVEN, NOT_GIVEN, Payments, Rows, join, merge
from risk.simulate.spec import Spec
from risk.simulate.uses import CASE_SEQUENCE
from risk.simulate.writing import Writer

_BLOCK = 50_000
"""Payers drawn at once; any number gives the same payments."""


@dataclass(frozen=True)
class Truth:
    """What is true of one payment that is of a case; not every case is a fraud."""

    transaction_id: str
    fraud: bool
    kind: str
    case: str
    step: int
    unseen: bool
    signal: str
    injection: str


@dataclass(frozen=True)
class Written:
    """One day. `payers[i]` makes the payment `lines[i]` at `times[i]`, ms since 1970 UTC."""

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
        self.identities = Identities(spec.seed, self.people)
        self._block = block
        self._market = Market(self.people)
        self._book = Casebook(Scene(spec, self.people, self._market))
        self._writer = Writer(spec, self.identities)

    def calendar(self, number: int) -> Day:
        """That day's date and what falls due on it."""
        return Day(number, self.spec.start + timedelta(days=number))

    def day(self, number: int) -> Written:
        """The payments of that day, in order of (time, payer, number)."""
        return self.write(number, *self.payments(number))

    def write(self, number: int, payments: Payments, entries: Sequence[Entry]) -> Written:
        """Those payments of that day, written down, with what is true of them."""
        day = self.calendar(number)
        lines = list(self._writer.lines(day, payments))
        times = (payments.moment + day.midnight // 1_000).tolist()
        truths: list[Truth] = []
        labels: list[Label] = []
        for place in np.flatnonzero(payments.case != NOT_GIVEN).tolist():
            entry = entries[payments.case[place]]
            identity = f"{payments.key[place]:016x}"
            truths.append(_truth(identity, entry))
            since = times[place]
            if entry.case.since is not None:
                since = self.calendar(0).midnight // 1_000 + entry.case.since
            labels += report(self.spec.seed, identity, times[place], since, entry)
        return Written(day, payments.payer.tolist(), lines, times, truths, labels)

    def payments(self, number: int) -> tuple[Payments, Sequence[Entry]]:
        """The columns of that day's payments, and what their `case` counts."""
        entries = self._book.today(number)
        everybody = np.arange(len(self.people))
        blocks = [everybody[n : n + self._block] for n in range(0, len(everybody), self._block)]
        made = merge([self._some(self.calendar(number), some, entries) for some in blocks])
        return merge([made, again(made)]).in_order(), entries

    def _some(self, day: Day, some: np.ndarray, entries: Sequence[Entry]) -> Payments:
        """The payments of some payers, numbered without a gap."""
        base, end = int(some[0]), int(some[-1])
        life = live(self.people, some, day.number)
        rows = [wish(self.people, some, day, life)]
        mine = [n for n, entry in enumerate(entries) if base <= entry.step.payer <= end]
        if mine:
            rows.append(_planned(mine, entries))
        about = (self.people, self._market, day)
        first = complete(*about, join(rows), life, base, self.spec.signal)
        return merge([first, complete(*about, follow(first), life, base, self.spec.signal)])


def _truth(identity: str, entry: Entry) -> Truth:
    case, kind = entry.case, entry.step.kind or entry.case.kind
    fraud = case.fraud and kind != "preparation"
    number = f"c{case.number:012x}"
    return Truth(
        identity, fraud, kind, number, entry.number, entry.unseen, case.signal, case.injection
    )


def _planned(mine: list[int], entries: Sequence[Entry]) -> Rows:
    """The payments of cases as rows, with all that the cases decide."""
    steps = [entries[number].step for number in mine]
    given = {
        name: np.array([step.given.get(name, NOT_GIVEN) for step in steps]) for name in GIVEN
    }
    given["case"] = np.array(mine)
    timed = [step.at % DAY_MILLIS if step.timed else NOT_GIVEN for step in steps]
    given["moment"] = np.array(timed)
    return Rows(
        np.array([step.payer for step in steps]),
        np.array([step.use for step in steps]),
        CASE_SEQUENCE + np.array(mine),
        given,
    )
