"""Stolen card numbers: used at a distance, tested in bursts; stolen cards in the shops nearby."""

from risk.simulate.cases.case import DAY_MILLIS, HOUR, MINUTE, Case, Step
from risk.simulate.cases.scene import Scene
from risk.simulate.payees import MERCHANT, pack
from risk.simulate.people import COUNTRIES
from risk.simulate.stream import Dice
from risk.simulate.uses import APPROVED, DECLINED, USE, WEB

_ONLINE = USE["online"]
_FOREIGN = tuple(
    COUNTRIES.index(code)
    for code in ("US", "DE", "GB", "NL", "FR", "CN", "ES", "RO", "TR", "LT")
)


def card_not_present(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """1.9 payments within two days at one to three online shops; a quarter begin with a test."""
    victim = scene.victim(dice, day)
    unseen = dice.chance(0.15)
    at = day * DAY_MILLIS + scene.hour(dice, "thief" if dice.chance(0.35) else "online")
    count = 1 + dice.poisson(0.75) + (dice.chance(0.25))
    thief = dice.word() >> 2 | 1
    strange, foreign = dice.chance(0.55), dice.chance(0.45)
    place = _FOREIGN[dice.below(len(_FOREIGN))]
    testing = dice.chance(0.25) and count > 1
    quick = dice.chance(0.7)
    steps = []
    for turn in range(count):
        given: dict[str, int] = {}
        if not unseen:
            given["cents"] = int(dice.lognormal(3800, 1.2))
            if testing and turn == 0:
                given["cents"] = 50 + dice.below(250)
            if strange:
                given |= {"device": thief, "channel": WEB}
            if foreign:
                given["country"] = place
            given["payee"] = _shop(scene, dice, victim, foreign, place)
            given["status"] = DECLINED if dice.chance(0.09) else APPROVED
        steps.append(Step(at, victim, _use(dice), given, timed=not unseen))
        at += int(dice.lognormal(6 * MINUTE if quick else 7 * HOUR, 1.0))
    return Case(number, "card_not_present", tuple(steps), dice.lognormal(6, 1.2), unseen)


def _use(dice: Dice) -> int:
    return (_ONLINE, _ONLINE, _ONLINE, USE["travel"], USE["shop"])[dice.below(4)]


def _shop(scene: Scene, dice: Dice, victim: int, foreign: bool, place: int) -> int:
    """Thieves buy where everybody buys, a little further down the list."""
    country = place if foreign else int(scene.people.country[victim])
    return int(pack(MERCHANT, country, 0, scene.market.shop(_ONLINE, dice.word())))


def card_testing(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """One shop, many cards, sums of nothing, minutes; most are declined."""
    most = max(20, min(2_000, len(scene.people) // 25))
    cards = 20 + int((most - 20) * min(dice.unit(), dice.unit()))
    at = day * DAY_MILLIS + scene.hour(dice, "thief")
    thief, country = dice.word() >> 2 | 1, _FOREIGN[dice.below(len(_FOREIGN))]
    shop = int(pack(MERCHANT, country, 0, scene.market.shop(_ONLINE, dice.word())))
    steps = []
    for _ in range(cards):
        given = {
            "cents": 1 + dice.below(200),
            "payee": shop,
            "device": thief,
            "country": country,
            "channel": WEB,
            "status": DECLINED if dice.chance(0.8) else APPROVED,
        }
        steps.append(Step(at, scene.victim(dice, day), _ONLINE, given))
        at += int(dice.lognormal(4_000, 1.0))
    delay = None if dice.chance(0.3) else dice.lognormal(3, 1.0)
    return Case(number, "card_testing", tuple(steps), delay)


def lost_or_stolen(scene: Scene, dice: Dice, day: int, number: int) -> Case:
    """Two to eight contactless payments in hours, in the shops nearby."""
    victim = scene.victim(dice, day)
    unseen = dice.chance(0.25)
    at = day * DAY_MILLIS + scene.hour(dice, "shop")
    steps = []
    for _ in range(2 + dice.poisson(2.2)):
        use = (USE["groceries"], USE["food"], USE["shop"], USE["transport"])[
            dice.pick((4, 2, 3, 1))
        ]
        given = {} if unseen else {"cents": min(5_000, int(dice.lognormal(2_400, 0.6)))}
        if not unseen:
            country = int(scene.people.country[victim])
            given["payee"] = int(
                pack(MERCHANT, country, 0, scene.market.shop(use, dice.word()))
            )
        steps.append(Step(at, victim, use, given, timed=not unseen))
        at += int(dice.lognormal(25 * MINUTE, 0.9))
    return Case(number, "lost_or_stolen", tuple(steps), dice.lognormal(0.7, 0.8), unseen)
