"""Card numbers used at a distance or tried out in bursts; stolen cards in the shops nearby."""

from risk.simulate.cases.case import DAY_MILLIS, HOUR, MINUTE, Case, Step
from risk.simulate.cases.scene import Scene
from risk.simulate.payees import MERCHANT, pack_one
from risk.simulate.stream import Dice
from risk.simulate.uses import API, APP, APPROVED, DECLINED, POS, USE, WEB

_GOODS = (
    ("online", 10), ("food", 2), ("transport", 2), ("shop", 2), ("travel", 2), ("other", 1),
    ("subscription", 1),
)  # fmt: skip
_CONTACTLESS_CENTS = 4_900  # the limit is 50, and a price may end higher


def card_not_present(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """1.9 payments within two days at a few online shops; a quarter begin with a test."""
    victim = scene.victim(dice, day)
    unseen = dice.chance(0.15)
    at = scene.moment(dice, day, "thief" if dice.chance(0.4) else "online")
    by = _means(dice)
    place = scene.selling(dice) if dice.chance(0.45) else scene.home(victim)
    on_file = by["channel"] == API
    shops = [_shop(scene, dice, place, on_file=on_file) for _ in range(1 + dice.below(3))]
    if not on_file and dice.chance(0.25):  # a platform where the victim buys too
        shops[0] = scene.market.habitual(victim, USE["online"], day, dice.word())
    pause = 8 * MINUTE if dice.chance(0.7) else 9 * HOUR
    steps = []
    if dice.chance(0.25) and not unseen:
        given = {"cents": 50 + dice.below(250), "payee": shops[0], **by}
        steps.append(Step(at, victim, USE["online"], given))
        at += int(dice.lognormal(pause, 1.0))
    for turn in range(1 + dice.poisson(0.65)):
        if unseen:
            given = {}
        else:
            cents = int(dice.lognormal(3_800, 1.2))
            given = {"cents": cents, "payee": shops[turn % len(shops)], **by}
        steps.append(Step(at, victim, USE["online"], given, timed=not unseen))
        at += int(dice.lognormal(pause, 1.0))
    delay = dice.lognormal(6, 1.2) if dice.chance(0.95) else None
    return Case(number, "card_not_present", tuple(steps), delay, unseen=unseen)


def _means(dice: Dice) -> dict[str, int]:
    """On a device of the thief (three in five), on the victim's, or with a card on file."""
    if dice.chance(0.08):
        return {"channel": API, "device": 0}
    channel = {"channel": WEB if dice.chance(0.5) else APP}
    return {**channel, "device": dice.word() >> 2 | 1} if dice.chance(0.66) else channel


def _shop(scene: Scene, dice: Dice, country: int, *, on_file: bool = False) -> int:
    """Thieves buy where everybody buys; subscriptions, with a card that is on file."""
    name = _GOODS[dice.pick([weight for _, weight in _GOODS])][0]
    use = USE["subscription" if on_file else name]
    return pack_one(MERCHANT, country, 0, scene.market.shop(use, dice.word()))


def card_testing(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """One shop, many cards, sums of nothing, minutes; most are declined."""
    most = max(20, min(2_000, len(scene.people) // 50))
    cards = 20 + int((most - 20) * min(dice.unit(), dice.unit(), dice.unit()))
    at = scene.moment(dice, day, "thief")
    country = scene.selling(dice)
    shop = _shop(scene, dice, country)
    thief = dice.word() >> 2 | 1
    steps = []
    for _ in range(cards):
        given = {
            "cents": dice.below(200),
            "payee": shop,
            "device": thief,
            "country": country,
            "channel": WEB,
            "status": DECLINED if dice.chance(0.8) else APPROVED,
        }
        steps.append(Step(at, scene.victim(dice, day), USE["online"], given))
        at += int(dice.lognormal(5_000, 1.0))
    delay = None if dice.chance(0.3) else dice.lognormal(3, 1.0)
    return Case(number, "card_testing", tuple(steps), delay, source="bank")


def rush(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """Honest people at one shop within minutes: tickets go on sale, a car park fills.

    Or a service abroad, which has everybody's card on file, tries whether they still work.
    """
    cards = 15 + int(max(10, min(400, len(scene.people) // 100)) * dice.unit())
    at = scene.moment(dice, day, "online")
    use = (USE["online"], USE["transport"])[dice.below(2)]
    price = int(dice.lognormal(1_500 if use == USE["online"] else 180, 0.8))
    country = scene.home(scene.victim(dice, day))
    trial = dice.chance(0.35)
    if trial:
        use, country = USE["online"], scene.selling(dice)
    shop = pack_one(MERCHANT, country, 0, scene.market.shop(use, dice.word()))
    steps = []
    for _ in range(cards):
        cents = dice.below(200) if trial else price * (1 + dice.below(3))
        given = {"cents": cents, "payee": shop, "channel": WEB}
        steps.append(Step(at, scene.victim(dice, day), use, given))
        at += int(dice.lognormal(9_000, 1.0))
    return Case(number, "rush", tuple(steps), None, fraud=False)


def lost_or_stolen(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """Two to eight contactless payments in hours, in the shops nearby."""
    victim = scene.victim(dice, day)
    unseen = dice.chance(0.25)
    at = first = scene.moment(dice, day, "shop")
    steps = []
    for _ in range(2 + min(6, dice.poisson(2.4))):
        name = ("groceries", "food", "shop", "transport")[dice.pick((4, 2, 3, 1))]
        shop = scene.market.shop(USE[name], dice.word())
        cents = min(_CONTACTLESS_CENTS, int(dice.lognormal(2_400, 0.6)))
        payee = pack_one(MERCHANT, scene.home(victim), 0, shop)
        if dice.chance(0.4):  # the shops around the corner, where the victim buys too
            payee = scene.market.habitual(victim, USE[name], day, dice.word())
        given = {"cents": cents, "payee": payee, "device": 0, "channel": POS}
        steps.append(Step(at, victim, USE[name], {} if unseen else given, timed=not unseen))
        at += int(dice.lognormal(40 * MINUTE, 0.9))
    delay = dice.lognormal(0.7, 0.8) if dice.chance(0.95) else None
    return Case(number, "lost_or_stolen", tuple(steps), delay, first, unseen=unseen)


def mistaken(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """An honest payment that its payer forgot, or denies: reported as fraud."""
    use = USE[("online", "subscription", "shop", "travel")[dice.pick((6, 2, 1, 1))]]
    step = Step(day * DAY_MILLIS, scene.victim(dice, day), use, timed=False)
    return Case(number, "first_party", (step,), dice.lognormal(10, 1.0), fraud=False)
