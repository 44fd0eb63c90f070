"""What money is used for: one row of numbers for each use a payment can have.

The numbers and their sources are those of the project's reference page on simulation; medians
are in major units, `a_day` counts payments per person (or business) and day.
"""

from typing import NamedTuple

import numpy as np

from risk.simulate.stream import Flags, Floats, Ints

MAX_A_DAY = 16
"""Payments of one use that one payer can make in a day."""


class Use(NamedTuple):
    """How one use of money is paid. Shares are in [0, 1]."""

    name: str
    kind: str
    a_day: float
    median: float
    sd: float
    fresh: float = 0.0  # share that goes to a payee never paid before
    memo: float = 0.0  # share with a memo
    family: str = ""  # of memo patterns
    hours: str = "shop"
    abroad: float = 0.0
    payee: str = "merchant"
    codes: tuple[str, ...] = ()  # ISO 18245, for shops
    favourites: int = 8
    payday: float = 1.0  # factor in the three days after pay
    business: bool = False


USES = (
    Use(
        "groceries",
        "card",
        0.315,
        22,
        0.8,
        0.07,
        abroad=0.0,
        payday=1.25,
        favourites=5,
        codes=("5411", "5499", "5462", "5441"),
    ),
    Use(
        "food",
        "card",
        0.231,
        9.5,
        0.75,
        0.16,
        hours="food",
        abroad=0.0,
        payday=1.25,
        codes=("5812", "5814", "5813", "5811"),
        favourites=7,
    ),
    Use(
        "transport",
        "card",
        0.126,
        14,
        0.95,
        0.10,
        hours="transport",
        abroad=0.0,
        favourites=5,
        codes=("4111", "4121", "5541", "7523"),
    ),
    Use(
        "shop",
        "card",
        0.126,
        24,
        0.95,
        0.27,
        abroad=0.0,
        payday=1.25,
        favourites=7,
        codes=("5651", "5732", "5200", "5912", "5945"),
    ),
    Use(
        "online",
        "card",
        0.147,
        29,
        1.0,
        0.30,
        hours="online",
        abroad=0.12,
        payday=1.25,
        favourites=8,
        codes=("5942", "5964", "5969", "5732", "5311"),
    ),
    Use(
        "subscription",
        "card",
        0.0,
        11,
        0.55,
        hours="online",
        abroad=0.28,
        codes=("4899", "5968", "5815", "5818"),
    ),
    Use(
        "travel",
        "card",
        0.021,
        140,
        1.0,
        0.45,
        hours="online",
        abroad=0.3,
        codes=("4511", "7011", "4722", "4112"),
    ),
    Use(
        "other",
        "card",
        0.021,
        30,
        1.1,
        0.4,
        abroad=0.0,
        codes=("8099", "7230", "7997", "8299"),
    ),
    Use(
        "cash",
        "cash",
        0.035,
        60,
        0.7,
        0.15,
        abroad=0.0,
        payee="machine",
        codes=("6011",),
        favourites=2,
    ),
    Use(
        "person",
        "transfer",
        0.129,
        30,
        1.2,
        0.05,
        0.86,
        "person",
        "evening",
        0.015,
        "person",
        payday=1.6,
        favourites=5,
    ),
    Use(
        "rent",
        "transfer",
        0.0,
        720,
        0.5,
        0.015,
        0.95,
        "rent",
        "office",
        0.005,
        "landlord",
        favourites=1,
    ),
    Use(
        "own",
        "transfer",
        0.046,
        220,
        1.4,
        0.02,
        0.45,
        "own",
        "evening",
        0.01,
        "own",
        payday=2.2,
        favourites=2,
    ),
    Use(
        "bill",
        "transfer",
        0.046,
        150,
        1.3,
        0.35,
        0.95,
        "bill",
        "evening",
        0.02,
        "company",
        payday=1.6,
        favourites=3,
    ),
    Use(
        "market",
        "transfer",
        0.026,
        75,
        1.25,
        0.60,
        0.80,
        "market",
        "evening",
        0.02,
        "seller",
        payday=1.6,
        favourites=2,
    ),
    Use(
        "family",
        "transfer",
        0.026,
        140,
        1.1,
        0.03,
        0.80,
        "family",
        "evening",
        0.06,
        "person",
        payday=1.6,
        favourites=2,
    ),
    Use(
        "tax",
        "transfer",
        0.013,
        180,
        1.2,
        0.12,
        1.0,
        "tax",
        "office",
        0.0,
        "office",
        favourites=1,
    ),
    Use(
        "crypto",
        "transfer",
        0.0065,
        200,
        1.3,
        0.07,
        0.75,
        "crypto",
        "evening",
        0.30,
        "exchange",
        payday=1.6,
        favourites=1,
    ),
    Use(
        "large",
        "transfer",
        0.010,
        2400,
        1.1,
        0.45,
        0.92,
        "large",
        "evening",
        0.02,
        "trader",
        payday=1.3,
        favourites=2,
    ),
    Use(
        "utility",
        "direct_debit",
        0.0,
        90,
        0.5,
        0.0,
        0.98,
        "debit",
        "night batch",
        0.0,
        "creditor",
    ),
    Use(
        "phone",
        "direct_debit",
        0.0,
        22,
        0.5,
        0.0,
        0.98,
        "debit",
        "night batch",
        0.0,
        "creditor",
    ),
    Use(
        "insurance",
        "direct_debit",
        0.0,
        35,
        0.6,
        0.0,
        0.98,
        "debit",
        "night batch",
        0.0,
        "creditor",
    ),
    Use(
        "gym", "direct_debit", 0.0, 18, 0.5, 0.0, 0.98, "debit", "night batch", 0.0, "creditor"
    ),
    Use(
        "loan",
        "direct_debit",
        0.0,
        550,
        0.6,
        0.0,
        0.98,
        "debit",
        "night batch",
        0.0,
        "creditor",
    ),
    Use(
        "invoice",
        "transfer",
        0.55,
        940,
        1.47,
        0.09,
        0.97,
        "invoice",
        "office",
        0.04,
        "supplier",
        favourites=60,
        business=True,
    ),
    Use(
        "salary",
        "transfer",
        0.0,
        2100,
        0.35,
        0.0,
        0.98,
        "salary",
        "office",
        0.0,
        "staff",
        business=True,
    ),
)
USE = {use.name: number for number, use in enumerate(USES)}
CARD_USES = tuple(n for n, use in enumerate(USES) if use.kind == "card")

KINDS = ("card", "transfer", "direct_debit", "cash", "other")
CHANNELS = ("app", "web", "pos", "atm", "branch", "phone", "api", "other")
STATUSES = ("pending", "approved", "declined", "reversed")
PAYEES = (
    "merchant",
    "machine",
    "person",
    "landlord",
    "own",
    "company",
    "seller",
    "office",
    "exchange",
    "trader",
    "creditor",
    "supplier",
    "staff",
)
APP, WEB, POS, ATM, BRANCH, PHONE, API = range(7)
APPROVED, DECLINED = 1, 2


def _column(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)


MEDIAN = _column([use.median for use in USES])
SD = _column([use.sd for use in USES])
FRESH = _column([use.fresh for use in USES])
MEMO = _column([use.memo for use in USES])
ABROAD = _column([use.abroad for use in USES])
PAYDAY = _column([use.payday for use in USES])
FAVOURITES: Ints = np.array([use.favourites for use in USES])
KIND: Ints = np.array([KINDS.index(use.kind) for use in USES])
PAYEE: Ints = np.array([PAYEES.index(use.payee) for use in USES])
BUSINESS = np.array([use.business for use in USES])
PERSONAL_RATE = _column([0.0 if use.business else use.a_day for use in USES])
BUSINESS_RATE = _column(
    [
        use.a_day if use.business else use.a_day * 0.5 if use.kind == "card" else 0.0
        for use in USES
    ]
)
CARD, TRANSFER, DEBIT, CASH = range(4)


def named(*names: str) -> Flags:
    """Flags of the uses of those names."""
    return np.array([use.name in names for use in USES])


LOCAL = named("groceries", "food", "transport", "shop", "other", "cash")
"""Paid where the payer is."""

UNKNOWN_DEVICE = np.where(KIND == TRANSFER, 0.02, 0.05)
"""Share of payments from a device never seen (only payments that have a device)."""


class Slot(NamedTuple):
    """Something paid each month, on the payer's own day, by a share of the payers."""

    use: int
    share: float


SLOTS = (
    *(Slot(USE["subscription"], share) for share in (0.8, 0.6, 0.4, 0.2)),
    Slot(USE["rent"], 0.75),
    *(Slot(USE["utility"], share) for share in (0.9, 0.8, 0.7)),
    *(Slot(USE["phone"], share) for share in (0.9, 0.7)),
    *(Slot(USE["insurance"], share) for share in (0.85, 0.7, 0.55)),
    Slot(USE["gym"], 0.5),
    Slot(USE["loan"], 0.5),
)
SLOT_SEQUENCE, STAFF_SEQUENCE, CASE_SEQUENCE, REPEAT_SEQUENCE = (
    1 << 10,
    1 << 11,
    1 << 12,
    1 << 16,
)
"""Where the numbers within a payer's day begin: slots, wages, cases, repeats of an earlier row."""

_HOURLY = {  # weight of each hour, midnight first
    "shop": (
        1,
        0,
        0,
        0,
        0,
        1,
        6,
        20,
        38,
        60,
        80,
        95,
        110,
        85,
        70,
        72,
        90,
        115,
        105,
        70,
        40,
        22,
        10,
        4,
    ),
    "food": (
        8,
        4,
        2,
        1,
        1,
        3,
        16,
        40,
        45,
        40,
        45,
        80,
        130,
        100,
        50,
        40,
        45,
        65,
        100,
        105,
        80,
        55,
        32,
        18,
    ),
    "transport": (
        6,
        3,
        2,
        2,
        4,
        16,
        60,
        100,
        90,
        55,
        45,
        45,
        55,
        50,
        50,
        60,
        85,
        105,
        85,
        50,
        32,
        26,
        20,
        12,
    ),
    "online": (
        24,
        12,
        7,
        5,
        5,
        7,
        16,
        30,
        42,
        52,
        58,
        60,
        74,
        64,
        54,
        54,
        60,
        74,
        82,
        90,
        100,
        98,
        74,
        44,
    ),
    "evening": (
        12,
        6,
        3,
        2,
        3,
        5,
        16,
        40,
        62,
        72,
        76,
        74,
        88,
        70,
        60,
        60,
        72,
        94,
        96,
        84,
        74,
        62,
        40,
        22,
    ),
    "office": (
        2,
        1,
        1,
        1,
        2,
        5,
        18,
        50,
        95,
        110,
        105,
        90,
        80,
        75,
        85,
        88,
        78,
        60,
        36,
        26,
        22,
        16,
        8,
        4,
    ),
    "night batch": (0, 0, 0, 0, 0, 1, 60, 70, 30, 10, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    "thief": (
        60,
        58,
        56,
        50,
        44,
        34,
        30,
        34,
        40,
        48,
        52,
        56,
        60,
        58,
        56,
        54,
        56,
        60,
        62,
        66,
        70,
        72,
        70,
        64,
    ),
    "scam": (
        3,
        1,
        1,
        1,
        1,
        2,
        8,
        22,
        45,
        62,
        72,
        76,
        90,
        98,
        102,
        100,
        98,
        92,
        84,
        70,
        56,
        40,
        22,
        9,
    ),
}
HOURS = tuple(_HOURLY)


def is_monthly(sequence: Ints) -> Flags:
    """Which payments fall due each month, by their number within the payer's day."""
    return (sequence >= SLOT_SEQUENCE) & (sequence < CASE_SEQUENCE)


def _minutes(weights: tuple[int, ...]) -> list[int]:
    """4,096 equally likely minutes of the day."""
    total, running, edges = sum(weights), 0, [0.0]
    for weight in weights:
        running += weight
        edges.append(running / total)
    places = np.interp((np.arange(4096) + 0.5) / 4096, edges, np.arange(25) * 60.0)
    return [min(1439, int(place)) for place in places]


MINUTES: Ints = np.array([_minutes(_HOURLY[name]) for name in HOURS])
HOURS_OF: Ints = np.array([HOURS.index(use.hours) for use in USES])
WEEKDAYS = np.array(
    [
        # Mon ... Sun, mean 1
        *([0.94, 0.95, 0.99, 1.05, 1.18, 1.12, 0.77],) * 9,  # shops and cash
        *([1.08, 1.04, 1.02, 1.04, 1.18, 0.92, 0.72],) * 9,  # people's transfers
        *([1.0] * 7,) * 5,  # debits have their own calendar
        *([1.0] * 7,) * 2,  # businesses pay on their own weekday
    ]
)
