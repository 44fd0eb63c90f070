"""Money sent away: by a thief in the account, or by the customer who believes a story."""

from risk.simulate.cases.case import DAY_MILLIS, HOUR, MINUTE, Case, Step
from risk.simulate.cases.scene import Scene
from risk.simulate.payees import COMPANY, pack, unpack
from risk.simulate.stream import Dice
from risk.simulate.uses import APP, APPROVED, DECLINED, USE, WEB

BLANK = 0


def _sum(dice: Dice, median: float, sd: float) -> int:
    """A scam's amount in cents: 55 % multiples of ten, 13 % of fifty."""
    cents = int(dice.lognormal(median * 100, sd))
    style = dice.pick((55, 13, 32))
    multiple = (1_000, 5_000, 1)[style]
    return (
        max(multiple, round(cents / multiple) * multiple)
        if cents > multiple
        else max(cents, 100)
    )


def purchase(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """Goods that never come: one payment to a new person, a memo that is true."""
    victim = scene.victim(dice, day)
    unseen = dice.chance(0.35)
    at = day * DAY_MILLIS + scene.hour(dice, "scam")
    steps = []
    seller = scene.mule(dice, day, int(scene.people.country[victim]))
    for _ in range(2 if dice.chance(0.2) else 1):
        given: dict[str, int] = {}
        if not unseen:
            given = {"cents": _sum(dice, 100, 1.7), "payee": seller}
            if dice.chance(0.15):
                given["family"] = BLANK
        steps.append(Step(at, victim, USE["market"], given, timed=not unseen))
        at += int(dice.lognormal(5 * HOUR, 1.2))
    delay = dice.lognormal(5, 1.0) if dice.chance(0.66) else None
    return Case(number, "purchase_scam", tuple(steps), delay, unseen)


def takeover(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """A thief in the account empties it in half an hour, on a device of his own or the victim's."""
    victim = scene.victim(dice, day)
    unseen = dice.chance(0.08)
    at = day * DAY_MILLIS + scene.hour(dice, "thief")
    strange, thief = dice.chance(0.70), dice.word() >> 2 | 1
    channel = APP if dice.chance(0.6) else WEB
    balance = dice.lognormal(600, 1.3) * (1.5 + dice.unit())
    mule = scene.mule(dice, day, int(scene.people.country[victim]))
    steps = []
    for _ in range(1 + dice.poisson(1.4)):
        use = USE["person"] if dice.chance(0.8) else USE["family"]
        given: dict[str, int] = {}
        if not unseen:
            share = 0.4 + 0.55 * dice.unit()
            given = {
                "cents": max(100, int(balance * share) * 100),
                "channel": channel,
                "payee": mule,
            }
            balance *= 1 - share * 0.8
            if dice.chance(0.17):
                given["payee"] = scene.habitual(victim, use, day, dice.word())
            if strange:
                given["device"] = thief
            if dice.chance(0.5):
                given["family"] = BLANK
            given["status"] = DECLINED if dice.chance(0.08) else APPROVED
        steps.append(Step(at, victim, use, given, timed=not unseen))
        at += int(dice.lognormal(7 * MINUTE, 0.8))
    delay = dice.lognormal(0.5, 1.4) if dice.chance(0.9) else None
    return Case(number, "account_takeover", tuple(steps), delay, unseen)


def invoice_redirection(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """A supplier's invoice with another account: sum, day and memo are the expected ones."""
    victim = scene.victim(dice, day, business=True)
    unseen = dice.chance(0.45)
    given: dict[str, int] = {}
    use = USE["invoice"] if scene.people.business[victim] else USE["bill"]
    if not unseen:
        supplier = scene.habitual(victim, use, day, dice.word())
        sort, country, _, index = unpack(supplier)
        given["payee"] = int(pack(sort or COMPANY, country, 32 + dice.below(31), index))
        given["cents"] = int(dice.lognormal(460_000, 1.4))
    at = day * DAY_MILLIS + scene.hour(dice, "office")
    delay = dice.lognormal(21, 0.7) if dice.chance(0.85) else None
    return Case(
        number,
        "invoice_redirection",
        (Step(at, victim, use, given, not unseen),),
        delay,
        unseen,
    )
