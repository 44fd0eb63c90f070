"""Scams: the customer pays, on the own device, at a usual hour, and believes the story."""

from dataclasses import replace

from risk.simulate.cases.case import DAY_MILLIS, HOUR, MINUTE, Case, Step
from risk.simulate.cases.scene import Scene
from risk.simulate.cases.words import speak
from risk.simulate.payees import EXCHANGE, pack_one
from risk.simulate.stream import Dice
from risk.simulate.uses import USE

_FOUND_BY_BANK, _REPORTED = 0.25, 0.66
_SCRIPTS, _REPLACED = 8, 2  # stories that go round at a time, and how many change a month


def round_sum(dice: Dice, cents: float) -> int:
    """An amount as a scammer names it: 55 % multiples of ten, 13 % of fifty."""
    multiple = (1_000, 5_000, 1)[dice.pick((55, 13, 32))]
    return max(round(cents / multiple) * multiple, 100)


def purchase(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """Goods that never come: one payment, sometimes two, and a memo that is true."""
    victim = scene.victim(dice, day, (18, 45))
    unseen = dice.chance(0.35)
    at = scene.daytime(dice, day)
    seller = scene.mule(dice, day, scene.home(victim))
    said, signal = speak(scene, dice, ("market", "market", "market", "bill", "person"), 0.15)
    story = _story(scene, dice, day)
    steps = []
    for _ in range(2 if dice.chance(0.2) else 1):
        cents = round_sum(dice, dice.lognormal(10_000, 1.7) * story)
        given = {} if unseen else {"cents": cents, "payee": seller, **said}
        steps.append(Step(at, victim, USE["market"], given, timed=not unseen))
        at = scene.awake(dice, at + int(dice.lognormal(5 * HOUR, 1.2)))
    case = Case(number, "purchase_scam", tuple(steps), dice.lognormal(5, 1.0), unseen=unseen)
    return _ended(case, signal, dice)


def _story(scene: Scene, dice: Dice, day: int) -> float:
    """Each story has its own price; two of eight are replaced every month."""
    slot = dice.below(_SCRIPTS)
    generation = (day // 30 * _REPLACED + slot) // _SCRIPTS + 100
    return Dice(scene.spec.seed, 140, slot, generation).lognormal(1.0, 0.4)


def investment(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """First a small sum, then more and more; mostly through an exchange in the own name."""
    victim = scene.victim(dice, day, (30, 70))
    unseen = dice.chance(0.5)
    exchange = dice.chance(0.55)
    use = USE["crypto"] if exchange else USE["large"]
    payee = scene.mule(dice, day, scene.home(victim))
    if exchange:
        payee = pack_one(EXCHANGE, scene.home(victim), 0, dice.below(9))
    said, signal = speak(scene, dice, ("crypto", "crypto", "own", "person"), 0.28, 0.20)
    cents = dice.lognormal(45_000, 1.45)
    at = first = scene.daytime(dice, day)
    steps = []
    for _ in range(1 + dice.poisson(2.5)):
        given = {} if unseen else {"cents": round_sum(dice, cents), "payee": payee, **said}
        steps.append(Step(at, victim, use, given, timed=not unseen))
        cents *= 1.45
        at = scene.daytime(dice, at // DAY_MILLIS + 7 + dice.below(14))
    case = Case(
        number, "investment_scam", tuple(steps), dice.lognormal(60, 1.0), first, unseen=unseen
    )
    return _ended(case, signal, dice)


def romance(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """Ten payments in two to three months to somebody never met."""
    victim = scene.victim(dice, day, (40, 75))
    unseen = dice.chance(0.5)
    country = scene.receiving(dice) if dice.chance(0.18) else scene.home(victim)
    loved = [scene.mule(dice, day, country) for _ in range(1 + dice.below(3))]
    span, count = 60 + dice.below(36), 10 + dice.below(2)
    at = scene.daytime(dice, day)
    signals, steps = "", []
    for turn in range(count):
        said, signal = speak(scene, dice, ("family", "family", "person", "person"), 0.22, 0.06)
        signals = signals or signal
        cents = round_sum(dice, dice.lognormal(23_000, 1.2) * (0.5 + turn / count))
        payee = loved[min(turn * len(loved) // count, len(loved) - 1)]
        given = {} if unseen else {"cents": cents, "payee": payee, **said}
        use = USE["family"] if dice.chance(0.6) else USE["person"]
        steps.append(Step(at, victim, use, given, timed=not unseen))
        at = scene.daytime(dice, at // DAY_MILLIS + 1 + dice.below(2 * span // count))
    case = Case(
        number,
        "romance_scam",
        tuple(steps),
        dice.lognormal(14, 1.2),
        steps[-1].at,
        unseen=unseen,
    )
    return _ended(case, signals, dice)


def bank_impersonation(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """The caller is "the bank": savings are brought home first, then sent to safety."""
    victim = scene.victim(dice, day, (50, 90))
    unseen = dice.chance(0.2)
    at = first = scene.daytime(dice, day)
    tool = (
        dice.word() >> 2 | 1 if dice.chance(0.12) else None
    )  # remote control shows as a device
    mules = [scene.mule(dice, day, scene.home(victim)) for _ in range(1 + dice.below(3))]
    said, signal = speak(scene, dice, ("own", "own", "family", "bill", "person"), 0.25)
    steps = []
    if not unseen and dice.chance(0.5):
        steps.append(Step(at - 20 * MINUTE, victim, USE["own"], kind="preparation"))
    for turn in range(1 + dice.poisson(1.6)):
        cents = round_sum(dice, dice.lognormal(110_000, 1.2))
        if dice.chance(0.4):  # just below a limit
            limit = (50_000, 100_000, 250_000, 500_000, 1_000_000)[dice.below(5)]
            cents = limit - round_sum(dice, limit * 0.01 * (1 + dice.below(9)))
        given = {} if unseen else {"cents": cents, "payee": mules[turn % len(mules)], **said}
        if tool and not unseen:
            given["device"] = tool
        use = (USE["own"], USE["person"], USE["large"])[dice.below(3)]
        steps.append(Step(at, victim, use, given, timed=not unseen))
        at += int(dice.lognormal(18 * MINUTE, 0.8))
    case = Case(
        number,
        "bank_impersonation",
        tuple(steps),
        dice.lognormal(0.25, 1.5),
        first,
        unseen=unseen,
    )
    return _ended(case, signal, dice)


def other_impersonation(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """A child with a new number, the tax office, the parcel that waits."""
    victim = scene.victim(dice, day, (45, 85))
    unseen = dice.chance(0.25)
    at = scene.daytime(dice, day)
    payee = scene.mule(dice, day, scene.home(victim))
    use = (USE["family"], USE["person"], USE["bill"])[dice.pick((5, 3, 2))]
    said, signal = speak(scene, dice, ("family", "bill", "person", "tax"), 0.22, 0.05)
    steps = []
    for _ in range(1 + dice.poisson(0.35)):
        cents = round_sum(dice, dice.lognormal(68_000, 1.05))
        given = {} if unseen else {"cents": cents, "payee": payee, **said}
        steps.append(Step(at, victim, use, given, timed=not unseen))
        at = scene.awake(dice, at + int(dice.lognormal(50 * MINUTE, 0.7)))
    case = Case(
        number, "other_impersonation", tuple(steps), dice.lognormal(1, 1.2), unseen=unseen
    )
    return _ended(case, signal, dice)


def advance_fee(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """A flat, a job, an inheritance: first the fee, days later the next, larger one."""
    victim = scene.victim(dice, day, (18, 60))
    unseen = dice.chance(0.3)
    at = scene.daytime(dice, day)
    payee = scene.mule(dice, day, scene.home(victim))
    said, signal = speak(scene, dice, ("bill", "large", "rent", "market", "tax"), 0.18, 0.22)
    cents, steps = dice.lognormal(23_000, 1.4), []
    for _ in range(1 + dice.poisson(0.7)):
        given = {} if unseen else {"cents": round_sum(dice, cents), "payee": payee, **said}
        use = (USE["bill"], USE["large"], USE["person"])[dice.pick((5, 1, 4))]
        steps.append(Step(at, victim, use, given, timed=not unseen))
        cents *= 1.3 + dice.unit()
        at = scene.daytime(dice, at // DAY_MILLIS + 1 + dice.below(6))
    case = Case(
        number,
        "advance_fee",
        tuple(steps),
        dice.lognormal(10, 1.2),
        steps[-1].at,
        unseen=unseen,
    )
    return _ended(case, signal, dice)


def _ended(case: Case, signal: str, dice: Dice) -> Case:
    """The case with its signal and its report.

    A quarter the bank finds within hours; a third of the others nobody ever reports.
    """
    case = replace(case, signal="" if case.unseen else signal)
    if dice.chance(_FOUND_BY_BANK):
        return replace(case, delay=dice.lognormal(0.15, 0.8), since=None, source="bank")
    return case if dice.chance(_REPORTED) else replace(case, delay=None)
