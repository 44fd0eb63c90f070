"""Which cases begin on a day, and which of their payments fall on it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from risk.simulate.cases import accounts, cards, memo, scams
from risk.simulate.cases.case import MINUTE, Case, Step
from risk.simulate.cases.scene import Scene
from risk.simulate.spec import Spec
from risk.simulate.stream import Dice, fold_one
from risk.simulate.uses import APPROVED, DECLINED

_LONGEST = 150
"""Days from the first payment of a case to its last, a mule's included."""

EVERY, SCAM, DEMO = range(3)
"""What multiplies the rate: the preset's factor; that and its further one on scams; nothing,
and the kind occurs only in the demo."""


class Script(NamedTuple):
    """One kind of case: how many in a million payments at published rates, and who plans it.

    `declined` is the share of its payments that is refused, as far as the thief decides them.
    """

    kind: str
    rate: float
    sort: int
    plan: Callable[[Scene, Dice, int, int], Case]
    declined: float = 0.01


SCRIPTS = (
    Script("card_not_present", 44, EVERY, cards.card_not_present, 0.09),
    Script("card_testing", 0.2, EVERY, cards.card_testing, 0.0),
    Script("lost_or_stolen", 3, EVERY, cards.lost_or_stolen, 0.05),
    Script("purchase_scam", 7.2, SCAM, scams.purchase),
    Script("investment_scam", 0.64, SCAM, scams.investment, 0.03),
    Script("romance_scam", 0.21, SCAM, scams.romance, 0.03),
    Script("bank_impersonation", 0.43, SCAM, scams.bank_impersonation, 0.04),
    Script("other_impersonation", 1.06, SCAM, scams.other_impersonation, 0.02),
    Script("advance_fee", 0.95, SCAM, scams.advance_fee, 0.02),
    Script("invoice_redirection", 0.11, SCAM, accounts.invoice_redirection),
    Script("account_takeover", 2.3, EVERY, accounts.takeover, 0.06),
    Script("structuring", 0.3, EVERY, accounts.structuring),
    Script("debit_without_mandate", 1.4, EVERY, accounts.debit_without_mandate, 0.03),
    Script("memo_abuse", 5, EVERY, memo.abuse, 0.0),
    Script("injection", 20, DEMO, memo.injection, 0.0),
    Script("injection", 20, DEMO, memo.benign_twin, 0.0),
    Script("first_party", 9, EVERY, cards.mistaken, 0.0),
    Script("rush", 2, EVERY, cards.rush, 0.0),
)


class Entry(NamedTuple):
    """One payment of a case."""

    case: Case
    number: int  # of the step
    step: Step

    @property
    def unseen(self) -> bool:
        """Whether it is wholly of the payer's own habits; some of what a mule does is, too."""
        return self.case.unseen or (self.step.kind == "mule" and not self.step.given)


class Casebook:
    """Looks cases up by day. What is kept is only what may still be asked for."""

    def __init__(self, scene: Scene):
        self._scene = scene
        self._floor = 0
        self._begun: set[int] = set()
        self._agenda: dict[int, list[Entry]] = {}

    def today(self, day: int) -> Sequence[Entry]:
        """The payments of cases on that day."""
        if day < self._floor:
            self._begun.clear()
            self._agenda.clear()
            self._floor = day
        for past in range(self._floor, day):
            self._agenda.pop(past, None)
        self._floor = day
        for begun in range(day - _LONGEST, day + 1):
            if begun not in self._begun:
                self._begun.add(begun)
                for case in self.begin(begun):
                    for number, step in enumerate(case.steps):
                        self._agenda.setdefault(step.day, []).append(Entry(case, number, step))
        found = self._agenda.get(day, [])
        # in an order that does not depend on which days were asked for before
        return sorted(found, key=lambda entry: (entry.case.number, entry.number))

    def begin(self, day: int) -> list[Case]:
        """The cases that begin on that day."""
        scene = self._scene
        seed, past = scene.spec.seed, day + 10_000
        cases = []
        for place, script in enumerate(SCRIPTS):
            mean = scene.spec.volume * script.rate * factor(scene.spec, script) / 1e6
            for serial in range(Dice(seed, 100, place, past).poisson(mean)):
                number = fold_one(seed, 120, place, past, serial) >> 16
                cases.append(unfold(scene, script, day, number))
        return cases


def unfold(scene: Scene, script: Script, day: int, number: int) -> Case:
    """The case of that number, begun on that day: as planned, resisted, and passed on."""
    dice = Dice(scene.spec.seed, 101, number)
    case = _resist(dice, script.plan(scene, dice, day, number), script.declined)
    return _within(day, accounts.pass_on(scene, dice, case))


def factor(spec: Spec, script: Script) -> float:
    """What a preset multiplies the rate of that kind by."""
    every, scams = spec.boost
    if script.sort == DEMO:
        return 1.0 if spec.preset == "demo" else 0.0
    return every * scams if script.sort == SCAM else every


def _within(day: int, case: Case) -> Case:
    """The case without what lies outside the days in which it is looked for."""
    days = range(day, day + _LONGEST + 1)
    return replace(case, steps=tuple(step for step in case.steps if step.day in days))


def _resist(dice: Dice, case: Case, declined: float) -> Case:
    """The bank refuses some payments: 30 % give up then, 40 % try again with a smaller sum."""
    if case.unseen or not declined:
        return case
    steps: list[Step] = []
    for step in case.steps:
        if "cents" not in step.given or not dice.chance(declined):
            given = {"status": APPROVED, **step.given} if "cents" in step.given else step.given
            steps.append(replace(step, given=given))
            continue
        steps.append(replace(step, given={**step.given, "status": DECLINED}))
        if dice.chance(0.4):
            smaller = {
                **step.given,
                "status": APPROVED,
                "cents": int(step.given["cents"] * 0.6),
            }
            steps.append(replace(step, at=step.at + 3 * MINUTE, given=smaller))
        elif dice.chance(0.3):
            break
    return replace(case, steps=tuple(steps))
