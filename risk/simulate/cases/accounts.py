"""Accounts: taken over, passed through, split below a limit, charged without a mandate."""

from collections.abc import Iterator
from dataclasses import replace

from risk.simulate.cases.case import DAY_MILLIS, MINUTE, Case, Step
from risk.simulate.cases.scene import Scene
from risk.simulate.cases.words import speak
from risk.simulate.memos import BLANK, FAMILY
from risk.simulate.payees import CREDITOR, PAYER, STRANGER, creditor, pack_one, unpack
from risk.simulate.stream import Dice
from risk.simulate.uses import APP, KINDS_OF, USE, WEB

_PASSING_MINUTES, _PASSING_SD = 51, 2.1
_LIMITS_CENTS = (50_000, 100_000, 200_000, 500_000, 1_000_000)


def takeover(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """A thief in the account drains it in half an hour, to a mule or to a payee of old."""
    victim = scene.victim(dice, day)
    unseen = dice.chance(0.08)
    at = first = scene.moment(dice, day, "thief" if dice.chance(0.6) else "evening")
    thief = {"device": dice.word() >> 2 | 1} if dice.chance(0.7) else {}
    channel = APP if dice.chance(0.6) else WEB
    said, signal = speak(scene, dice, (), 0.5)
    mule = scene.mule(dice, day, scene.home(victim))
    left, steps = dice.lognormal(60_000, 1.3) / 0.55, []
    for _ in range(1 + dice.poisson(1.4)):
        cents = left * (0.4 + 0.55 * dice.unit())
        left = max(left - cents, 2_000)
        use = USE["person"] if dice.chance(0.8) else USE["family"]
        known = dice.chance(0.17)
        payee = scene.market.habitual(victim, use, day, dice.word()) if known else mule
        given = {"cents": int(cents), "channel": channel, "payee": payee, **said, **thief}
        steps.append(Step(at, victim, use, {} if unseen else given, timed=not unseen))
        at += int(dice.lognormal(6 * MINUTE, 0.8))
    delay = dice.lognormal(0.5, 1.4) if dice.chance(0.9) else None
    case = Case(number, "account_takeover", tuple(steps), delay, first, unseen=unseen)
    return replace(case, signal=signal if not unseen else "")


def invoice_redirection(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """A supplier's invoice: the sum, the day and the number are right, the account is not."""
    victim = scene.victim(dice, day, business=True)
    unseen = dice.chance(0.45)
    use = USE["invoice"] if scene.people.business[victim] else USE["bill"]
    sort, country, _, index = unpack(scene.market.habitual(victim, use, day, dice.word()))
    payee = pack_one(sort, country, 32 + dice.below(31), index)
    if sort == PAYER:  # whoever banks here cannot be renamed: a stranger of that name
        payee = pack_one(STRANGER, country, 32 + dice.below(31), index)
    given = {"cents": int(dice.lognormal(460_000, 1.4)), "payee": payee}
    step = Step(
        scene.moment(dice, day, "office"), victim, use, {} if unseen else given, not unseen
    )
    delay = dice.lognormal(21, 0.7) if dice.chance(0.85) else None
    return Case(number, "invoice_redirection", (step,), delay, unseen=unseen)


def structuring(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """A large sum in parts, each just below a limit, with the same or a counting memo."""
    payer = scene.victim(dice, day)
    unseen = dice.chance(0.2)
    limit = _LIMITS_CENTS[dice.below(len(_LIMITS_CENTS))]
    payee = scene.mule(dice, day, scene.home(payer))
    count, days = 3 + dice.below(10), 1 + dice.below(5)
    said = {
        "family": BLANK if dice.chance(0.4) else FAMILY["large" if dice.chance(0.6) else "bill"]
    }
    steps = []
    times = sorted(
        scene.moment(dice, day + turn * days // count, "evening") for turn in range(count)
    )
    for at in times:
        given = {"cents": int(limit * (0.8 + 0.195 * dice.unit())), "payee": payee, **said}
        steps.append(Step(at, payer, USE["person"], {} if unseen else given, timed=not unseen))
    delay = dice.lognormal(30, 1.0) if dice.chance(0.1) else None
    return Case(number, "structuring", tuple(steps), delay, unseen=unseen, source="bank")


def debit_without_mandate(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """A creditor nobody signed for takes small sums, a month apart."""
    victim = scene.victim(dice, day)
    unseen = dice.chance(0.6)
    use = USE[("phone", "gym", "insurance")[dice.below(3)]]
    ring = Dice(scene.spec.seed, 111, day // 60, dice.below(3))
    number = creditor(use, ring.below(int(KINDS_OF[use])), 5 + ring.below(7))
    ghost = pack_one(CREDITOR, scene.home(victim), 0, number)
    cents, steps = int(dice.lognormal(2_400, 0.7)), []
    at = scene.moment(dice, day, "night-batch")
    for _ in range(1 + dice.below(3)):
        given = {} if unseen else {"cents": cents, "payee": ghost}
        steps.append(Step(at, victim, use, given, timed=not unseen))
        at += 30 * DAY_MILLIS
    delay = dice.lognormal(20, 0.8) if dice.chance(0.7) else None
    return Case(number, "debit_without_mandate", tuple(steps), delay, unseen=unseen)


def pass_on(scene: Scene, dice: Dice, case: Case) -> Case:
    """The case with what its mules do with the money, where they are customers of ours."""
    if not case.fraud or case.unseen:
        return case
    moved = [move for step in case.steps for move in _passed(scene, dice, step)]
    return replace(case, steps=(*case.steps, *moved))


def _passed(scene: Scene, dice: Dice, step: Step) -> Iterator[Step]:
    """One to four payments: onward transfers, cards, cash; a tenth is kept."""
    sort, _, _, mule = unpack(step.given.get("payee", 0))
    if sort != PAYER or "cents" not in step.given or step.kind or dice.chance(0.35):
        return
    unseen = dice.chance(0.3)
    cents = step.given["cents"] * (0.3 + 0.67 * dice.unit())
    device = {"device": dice.word() >> 2 | 1} if dice.chance(0.35) else {}
    parts = 1 + dice.below(4)
    for _ in range(parts):
        at = step.at + int(dice.lognormal(_PASSING_MINUTES * MINUTE, _PASSING_SD))
        at = min(at, step.at + 20 * DAY_MILLIS)
        way = dice.pick((57, 20, 10, 13))
        given = {"cents": max(100, int(cents / parts)), **device}
        if way in (0, 3):
            use = USE["person"] if dice.chance(0.7) else USE["family"]
            family = ("salary", "rent", "person", "")[dice.below(4)]
            given["family"] = FAMILY[family]
            if dice.chance(0.5):
                given["payee"] = scene.mule(dice, step.day, scene.home(mule))
        else:
            use = (USE["crypto"], USE["cash"])[way - 1]
            if use == USE["cash"]:
                given = {"cents": max(2_000, min(50_000, round(cents / parts / 1_000) * 1_000))}
        yield Step(at, mule, use, {} if unseen else given, timed=not unseen, kind="mule")
