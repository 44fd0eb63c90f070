"""What money is used for: two rows of numbers for each use a payment can have.

The numbers and their sources are those of the project's reference page on simulation.
"""

from typing import NamedTuple

import numpy as np

from risk.simulate.hours import HOURLY
from risk.simulate.stream import Flags, Floats, Ints

MAX_A_DAY = 16
"""Payments of one use that one payer can make in a day."""

_HABITS = """
use           kind          a_day   median  sd    payday  hours
groceries     card          0.3     22      0.8   1.25    shop
food          card          0.231   9.5     0.75  1.25    food
transport     card          0.126   14      0.95  1       transport
shop          card          0.12    24      0.95  1.25    shop
online        card          0.147   29      1     1.25    online
subscription  card          0       11      0.55  1       online
travel        card          0.021   140     1     1       online
other         card          0.021   30      1.1   1       shop
cash          cash          0.035   60      0.7   1       shop
person        transfer      0.119   30      1.2   1.6     evening
rent          transfer      0       720     0.5   1       night-batch
own           transfer      0.042   220     1.4   2.2     evening
bill          transfer      0.046   150     1.3   1.6     evening
market        transfer      0.026   75      1.25  1.6     evening
family        transfer      0.026   140     1.1   1.6     evening
tax           transfer      0.013   180     1.2   1       office
crypto        transfer      0.0065  200     1.3   1.6     evening
large         transfer      0.01    2400    1.1   1.3     evening
utility       direct_debit  0       90      0.5   1       night-batch
phone         direct_debit  0       22      0.5   1       night-batch
insurance     direct_debit  0       35      0.6   1       night-batch
gym           direct_debit  0       18      0.5   1       night-batch
loan          direct_debit  0       550     0.6   1       night-batch
invoice       transfer      0.55    940     1.47  1       office
salary        transfer      0       2100    0.35  1       office
"""
"""`a_day`: payments per person (business) and day, 0 for what has a calendar of its own;
`median` in major units, `sd` of the logarithm; `payday`: factor in the three days after pay."""

_RELATIONS = """
use           payee     fresh  abroad  favourites  memo  family   codes
groceries     merchant  0.07   0       5           0     -        5411,5499,5462,5441
food          merchant  0.16   0       7           0     -        5812,5814,5813,5811
transport     merchant  0.1    0       5           0     -        4111,4121,5541,7523
shop          merchant  0.27   0       7           0     -        5651,5732,5200,5912,5945
online        merchant  0.3    0.12    8           0     -        5942,5964,5969,5732,5311
subscription  merchant  0      0.28    8           0     -        4899,5968,5815,5818
travel        merchant  0.45   0.3     8           0     -        4511,7011,4722,4112
other         merchant  0.4    0       8           0     -        8099,7230,7997,8299
cash          machine   0.15   0       2           0     -        6011
person        person    0.05   0.015   5           0.86  person   -
rent          landlord  0.015  0.005   1           0.95  rent     -
own           own       0.02   0.01    2           0.45  own      -
bill          company   0.35   0.02    3           0.95  bill     -
market        seller    0.6    0.02    2           0.8   market   -
family        person    0.03   0.06    2           0.8   family   -
tax           office    0.12   0       1           1     tax      -
crypto        exchange  0.07   0.3     1           0.75  crypto   -
large         trader    0.45   0.02    2           0.92  large    -
utility       creditor  0      0       8           0.98  debit    -
phone         creditor  0      0       8           0.98  debit    -
insurance     creditor  0      0       8           0.98  debit    -
gym           creditor  0      0       8           0.98  debit    -
loan          creditor  0      0       8           0.98  debit    -
invoice       supplier  0.09   0.04    60          0.97  invoice  -
salary        staff     0      0       8           0.98  salary   -
"""
"""`fresh`: share to a payee never paid before; `abroad`: to one in another country;
`favourites`: how many payees come again and again; `memo`: share with one, of patterns of that
`family`; `codes`: ISO 18245 categories of the shops."""


class Use(NamedTuple):
    """How one use of money is paid. Shares are in [0, 1]."""

    name: str
    kind: str
    a_day: float
    median: float
    sd: float
    payday: float
    hours: str
    payee: str
    fresh: float
    abroad: float
    favourites: int
    memo: float
    family: str
    codes: tuple[str, ...]

    @property
    def business(self) -> bool:
        """Whether only businesses pay it."""
        return self.name in ("invoice", "salary")


def _rows(table: str) -> list[list[str]]:
    """The table's cells without heading; a dash is empty."""
    return [
        ["" if cell == "-" else cell for cell in line.split()]
        for line in table.strip().splitlines()[1:]
    ]


def _use(habits: list[str], relations: list[str]) -> Use:
    name, kind, a_day, median, sd, payday, hours = habits
    _, payee, fresh, abroad, favourites, memo, family, codes = relations
    return Use(
        name, kind, float(a_day), float(median), float(sd), float(payday), hours, payee,
        float(fresh), float(abroad), int(favourites), float(memo), family,
        tuple(codes.split(",")) if codes else (),
    )  # fmt: skip


USES = tuple(_use(*rows) for rows in zip(_rows(_HABITS), _rows(_RELATIONS), strict=True))
USE = {use.name: number for number, use in enumerate(USES)}

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

UNKNOWN_DEVICE = np.where(KIND == TRANSFER, 0.02, 0.04)
"""Share of payments from a device never seen (only payments that have a device)."""


class Slot(NamedTuple):
    """Something paid each month, on the payer's own day, by a share of the payers."""

    use: int
    share: float


SLOTS = (
    *(Slot(USE["subscription"], share) for share in (0.8, 0.6, 0.4, 0.2)),
    Slot(USE["rent"], 0.75),
    *(Slot(USE["utility"], share) for share in (0.95, 0.9, 0.85)),
    *(Slot(USE["phone"], share) for share in (0.95, 0.85)),
    *(Slot(USE["insurance"], share) for share in (0.9, 0.8, 0.65)),
    Slot(USE["gym"], 0.5),
    Slot(USE["loan"], 0.5),
)
_BEFORE = [[slot.use for slot in SLOTS[:place]] for place in range(len(SLOTS))]
SLOT_KIND: Ints = np.array([b.count(s.use) for b, s in zip(_BEFORE, SLOTS, strict=True)])
"""Which of its use's kinds of creditor each slot is paid to: power, water, heating."""
KINDS_OF: Ints = np.array(
    [max(1, sum(slot.use == use for slot in SLOTS)) for use in USE.values()]
)
"""How many kinds of creditor each use has."""
SLOT_SEQUENCE, STAFF_SEQUENCE, CASE_SEQUENCE, REPEAT_SEQUENCE = (
    1 << 10,
    1 << 11,
    1 << 12,
    1 << 16,
)
"""Where the numbers within a payer's day begin: of slots, wages, cases, and repeats."""

HOURS = tuple(HOURLY)


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


MINUTES: Ints = np.array([_minutes(HOURLY[name]) for name in HOURS])
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
