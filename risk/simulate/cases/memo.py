"""Cases whose matter is the memo: abuse, and texts that instruct a model, with their twins."""

from risk.simulate.cases.case import DAY_MILLIS, HOUR, Case, Step
from risk.simulate.cases.scene import Scene
from risk.simulate.memos import ATTACKS, FAMILY, NEEDS
from risk.simulate.people import FPS
from risk.simulate.stream import Dice
from risk.simulate.uses import USE

_TWIN = "benign twin"
_LONGEST_ON_FPS = 18


def abuse(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """Insults and threats to one person on payments of next to nothing."""
    payer = scene.victim(dice, day)
    payee = scene.market.habitual(payer, USE["person"], day, dice.word())
    at = scene.moment(dice, day, "evening")
    steps = []
    for _ in range(3 + int(37 * min(dice.unit(), dice.unit(), dice.unit()))):
        cents = 1 + int(min(999, dice.lognormal(20, 1.5)))
        given = {
            "cents": cents,
            "payee": payee,
            "family": FAMILY["abuse"],
            "memo": dice.word() >> 2,
        }
        steps.append(Step(at, payer, USE["person"], given))
        at += int(dice.lognormal(3 * HOUR, 1.5))
    return Case(number, "memo_abuse", tuple(steps), None, fraud=False)


def injection(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """An instruction to a model in a payment that is otherwise like any other."""
    return _told(scene, dice, day, number, twin=False)


def benign_twin(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """An honest memo with the same words."""
    return _told(scene, dice, day, number, twin=True)


def _told(scene: Scene, dice: Dice, day: int, number: int, *, twin: bool) -> Case:
    payer = scene.victim(dice, day)
    short = scene.people.rail[payer] == FPS
    fitting = [name for name in ATTACKS if not short or NEEDS[name] <= _LONGEST_ON_FPS]
    family = _TWIN if twin else fitting[dice.below(len(fitting))]
    use = USE[("person", "bill", "market")[dice.below(3)]]
    key = dice.word() >> 8 << 4
    parts = 3 + dice.below(6) if family == "split" else 1
    given = {"family": FAMILY[family]}
    if parts > 1:
        given["payee"] = scene.market.habitual(payer, use, day, dice.word())
    steps = [
        Step(day * DAY_MILLIS, payer, use, {**given, "memo": key | part}, timed=False)
        for part in range(parts)
    ]
    return Case(number, "injection", tuple(steps), None, fraud=False, injection=family)
