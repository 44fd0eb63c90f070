"""What a case may look at while it is planned: the people, the payees, the mules."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from risk.simulate.abroad import receiver_abroad, shop_abroad
from risk.simulate.cases.case import DAY_MILLIS, HOUR
from risk.simulate.payees import (
    PAYER,
    STRANGER,
    Market,
    pack_one,
)
from risk.simulate.people import People
from risk.simulate.spec import Spec
from risk.simulate.stream import Dice, Ints
from risk.simulate.uses import HOURS, MINUTES

_TRIES = 60
_MULE_DAYS = 45
_SCAMS_A_MILLION = 13.0  # cases that need a mule's account, at published rates
_CASES_A_MULE = 3
ANY_AGE = (0, 200)


@dataclass(frozen=True)
class Scene:
    """One world as its thieves see it."""

    spec: Spec
    people: People
    market: Market

    def victim(
        self, dice: Dice, day: int, ages: tuple[int, int] = ANY_AGE, *, business: bool = False
    ) -> int:
        """A customer, the likelier the more active (with the root of activity).

        Two in three are of the given ages; where few such customers exist, any will do.
        """
        young, old = ages if dice.chance(0.67) else ANY_AGE
        everybody = self._firms if business else self._everybody
        found = 0
        for _ in range(_TRIES):
            found, age, firm, joined, activity = everybody[dice.below(len(everybody))]
            fits = firm == business and joined <= day and (business or young <= age <= old)
            if fits and dice.unit() ** 2 * 4 < activity:
                break
        return found

    @cached_property
    def _everybody(self) -> list[tuple[int, int, bool, int, float]]:
        people = self.people
        columns = (people.age, people.business, people.joined, people.activity)
        rows = zip(range(len(people)), *(column.tolist() for column in columns), strict=True)
        return list(rows)

    @cached_property
    def _firms(self) -> list[tuple[int, int, bool, int, float]]:
        return [row for row in self._everybody if row[2]] or self._everybody

    def home(self, payer: int) -> int:
        """The payer's country."""
        return int(self.people.country[payer])

    def selling(self, dice: Dice) -> int:
        """A country where shops abroad are."""
        return int(shop_abroad(np.array([dice.word()], dtype=np.uint64))[0])

    def receiving(self, dice: Dice) -> int:
        """A country where money is sent to."""
        return int(receiver_abroad(np.array([dice.word()], dtype=np.uint64))[0])

    def moment(self, dice: Dice, day: int, profile: str) -> int:
        """A time on that day, in milliseconds since the world's first midnight."""
        minute = int(MINUTES[HOURS.index(profile)][dice.word() >> 52])
        return day * DAY_MILLIS + minute * 60_000 + dice.below(60_000)

    def daytime(self, dice: Dice, day: int) -> int:
        """A scam's hour: after noon mostly, and on six of seven days a weekday."""
        weekday = (self.spec.start.weekday() + day) % 7
        if weekday >= 5 and dice.chance(0.4):
            day += 7 - weekday
        return self.moment(dice, day, "scam")

    def awake(self, dice: Dice, at: int) -> int:
        """That time, or the same morning if it is at night: nobody is talked round asleep."""
        night = at % DAY_MILLIS < 7 * HOUR
        return at + 7 * HOUR + dice.below(2 * HOUR) if night else at

    @cached_property
    def mules(self) -> int:
        """How many accounts take stolen money at a time; more fraud needs more of them."""
        every, scams = self.spec.boost
        cases = self.spec.volume * _MULE_DAYS * every * scams * _SCAMS_A_MILLION / 1e6
        return max(4, round(cases / _CASES_A_MULE))

    def mule(self, dice: Dice, day: int, country: int) -> int:
        """The reference of an account that takes stolen money: some serve many cases."""
        slot = int(min(dice.unit(), dice.unit(), dice.unit()) * self.mules)  # Beta(1, 3)
        begun = (day + slot * 7) // _MULE_DAYS
        life = Dice(self.spec.seed, 110, slot, begun + 1_000)
        if life.chance(0.35):
            return self._inside(life, day)
        where = self.receiving(life) if life.chance(0.06) else country
        return pack_one(STRANGER, where, 0, self.market.stranger(life.word()))

    def _inside(self, life: Dice, day: int) -> int:
        """A customer of ours: two in five a fresh account, the others with an ordinary life."""
        order, joined = self._arrivals
        first = int(np.searchsorted(joined, day - 56))
        last = int(np.searchsorted(joined, day - 13))
        if life.chance(0.4) and last > first:
            found = int(order[first + life.below(last - first)])
        else:
            found = life.below(len(self.people))
        if self.people.business[found]:
            found = (found + 1) % len(self.people)
        return pack_one(PAYER, self.home(found), 0, found)

    @cached_property
    def _arrivals(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.people.joined, kind="stable")
        return order, self.people.joined[order]
