"""Which cases begin on a day, and which of their payments fall on it."""

from collections.abc import Callable
from typing import NamedTuple

from risk.simulate.cases import cards, transfers
from risk.simulate.cases.case import Case, Step
from risk.simulate.cases.scene import Scene, case_number
from risk.simulate.spec import A_DAY
from risk.simulate.stream import Dice

LONGEST = 130
"""Days from the first payment of a case to its last."""


class Script(NamedTuple):
    """One kind of fraud: cases in a million payments at published rates, and who plans them."""

    kind: str
    rate: float
    scam: bool
    plan: Callable[[Scene, Dice, int, int], Case]


SCRIPTS = (
    Script("card_not_present", 44, False, cards.card_not_present),
    Script("card_testing", 0.2, False, cards.card_testing),
    Script("lost_or_stolen", 3, False, cards.lost_or_stolen),
    Script("purchase_scam", 7.2, True, transfers.purchase),
    Script("account_takeover", 2.3, False, transfers.takeover),
    Script("invoice_redirection", 0.11, True, transfers.invoice_redirection),
)


class Entry(NamedTuple):
    """One payment of a case."""

    case: Case
    number: int  # of the step
    step: Step


class Casebook:
    """Looks cases up by day. What is kept is only what may still be asked for."""

    def __init__(self, scene: Scene):
        self._scene = scene
        self._planned: dict[int, list[Case]] = {}

    def today(self, day: int) -> list[Entry]:
        """The payments of cases on that day."""
        for number in [known for known in self._planned if known < day - LONGEST]:
            del self._planned[number]
        found = []
        for begun in range(day - LONGEST, day + 1):
            if begun not in self._planned:
                self._planned[begun] = self.begin(begun)
            for case in self._planned[begun]:
                found += [Entry(case, n, s) for n, s in enumerate(case.steps) if s.day == day]
        return found

    def begin(self, day: int) -> list[Case]:
        """The cases that begin on that day."""
        spec = self._scene.spec
        every, scams = spec.boost
        payments = spec.payers * A_DAY
        cases = []
        for place, script in enumerate(SCRIPTS):
            rate = script.rate * every * (scams if script.scam else 1)
            count = Dice(spec.seed, 100, place, day + LONGEST).poisson(payments * rate / 1e6)
            for serial in range(count):
                number = case_number(spec.seed, place, day + LONGEST, serial)
                dice = Dice(spec.seed, 101, number)
                cases.append(script.plan(self._scene, dice, day, number))
        return cases
