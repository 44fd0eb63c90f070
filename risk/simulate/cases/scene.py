"""What a case may look at while it is planned: the people, the payees, the mules."""

from dataclasses import dataclass

import numpy as np

from risk.simulate.calendar import Day
from risk.simulate.life import live
from risk.simulate.payees import PAYER, STRANGER, Choice, Market, pack
from risk.simulate.people import People
from risk.simulate.spec import Spec
from risk.simulate.stream import Dice, fold, fold_one
from risk.simulate.uses import HOURS, MINUTES

_TRIES = 40
MULE_DAYS = 45


@dataclass(frozen=True)
class Scene:
    """One world as its thieves see it."""

    spec: Spec
    people: People
    market: Market
    mules: int  # how many are active at a time

    def victim(self, dice: Dice, day: int, business: bool = False) -> int:
        """A customer, the likelier the more active (with the square root of activity)."""
        people = self.people
        best = 0
        for _ in range(_TRIES):
            best = dice.below(len(people))
            active = float(people.activity[best]) / 4
            if (
                bool(people.business[best]) == business
                and people.joined[best] <= day
                and dice.unit() ** 2 < active
            ):
                return best
        return best

    def hour(self, dice: Dice, profile: str) -> int:
        """Milliseconds into a day."""
        minute = int(MINUTES[HOURS.index(profile)][dice.word() >> 52])
        return minute * 60_000 + dice.below(60_000)

    def mule(self, dice: Dice, day: int, country: int) -> int:
        """The reference of an account that takes stolen money: a few serve many cases."""
        slot = int(min(dice.unit(), dice.unit(), dice.unit()) * self.mules)  # Beta(1, 3)
        life = Dice(self.spec.seed, 110, slot, (day + slot * 7) // MULE_DAYS)
        return self.account(life, day, country)

    def account(self, dice: Dice, day: int, country: int) -> int:
        """Some person's account, with luck one at our own bank."""
        inside = dice.below(len(self.people))
        if (
            dice.chance(0.35)
            and not self.people.business[inside]
            and self.people.joined[inside] <= day
        ):
            return int(pack(PAYER, int(self.people.country[inside]), 0, inside))
        return int(pack(STRANGER, country, 0, self.market.stranger(dice.word())))

    def habitual(self, payer: int, use: int, day: int, lot: int) -> int:
        """A payee that the payer pays of old for that use."""
        row = fold(np.array([lot], dtype=np.uint64), 0)
        some = np.array([payer])
        life = live(self.people, some, day)
        choice = Choice(
            some, np.array([use]), np.array([0]), row, day, np.array([-1]), life.homes
        )
        return int(self.market.known(choice)[0])

    def payday(self, day: Day) -> bool:
        """Whether wages were just paid."""
        return day.since_pay[0] <= 3


def case_number(seed: int, kind: int, day: int, serial: int) -> int:
    """The number of a case, without order."""
    return fold_one(seed, 120, kind, day, serial) >> 16
