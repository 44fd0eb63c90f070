"""From wishes to payments: all that is not given is drawn here, by one function for all.

Genuine payments come with nothing given. A case of fraud gives what the thief decides (an
amount, a payee, a device) and leaves the rest to the victim's own habits; what nobody decides
(the identifier, the milliseconds, the rounding) cannot differ.
"""

import numpy as np

from risk.simulate.amounts import amounts, moments, rounded
from risk.simulate.calendar import Day
from risk.simulate.life import Life
from risk.simulate.means import channels, devices, rails, statuses
from risk.simulate.memos import BLANK, FAMILY
from risk.simulate.payees import Choice, Market
from risk.simulate.people import People
from risk.simulate.rows import DAY_MILLIS, NOT_GIVEN, Payments, Rows
from risk.simulate.stream import (
    Ints,
    Words,
    below,
    draw,
    fold,
    growth,
    normal,
    pick,
    shares,
    unit,
)
from risk.simulate.uses import (
    APPROVED,
    DEBIT,
    DECLINED,
    KIND,
    MEMO,
    POS,
    REPEAT_SEQUENCE,
    TRANSFER,
    USES,
    named,
)

_ROW = 10_000  # keeps day numbers positive in keys


def complete(
    people: People, market: Market, day: Day, rows: Rows, life: Life, base: int, signal: str
) -> Payments:
    """Draw all that is not given. `life` is that of the payers from number `base` on."""
    key = fold(people.key[rows.payer], day.number + _ROW, rows.sequence)
    local = rows.payer - base
    choice = Choice(
        rows.payer,
        rows.use,
        rows.sequence,
        key,
        day.number,
        life.abroad[local],
        life.homes[local],
    )
    payee = rows.or_given("payee", market.choose(choice))
    moment = rows.or_given("moment", moments(people, rows, key))
    channel = rows.or_given("channel", channels(people, rows, key, day, moment))
    device, country = devices(people, rows, key, channel, life, local)
    family, memo = _memos(people, rows, key, payee, signal)
    return Payments(
        key=key,
        moment=moment,
        payer=rows.payer,
        sequence=rows.sequence,
        use=rows.use,
        channel=channel,
        status=rows.or_given("status", statuses(rows, key)),
        cents=rounded(rows, key, rows.or_given("cents", amounts(people, rows, key, day))),
        payee=payee,
        device=rows.or_given("device", device),
        country=rows.or_given("country", country),
        family=family,
        memo=memo,
        turn=key,
        rail=rails(people, rows, key, channel, payee),
        case=rows.or_given("case", np.full(len(rows), NOT_GIVEN)),
    )


_FAMILY_OF: Ints = np.array([FAMILY[use.family] for use in USES])
_PERSON = named("person")
_TALKATIVE = named("person", "bill", "market", "family", "large", "own", "crypto")
_SAME, _DECOY, _MISMATCH, _RUDE = 0.9, 0.008, 0.03, 0.0005
_UNFITTING: Ints = np.array(
    [FAMILY[name] for name in ("rent", "salary", "tax", "market", "family", "bill", "person")]
)


def _memos(
    people: People, rows: Rows, key: Words, payee: Ints, signal: str
) -> tuple[Ints, Ints]:
    """The family of each memo's pattern and the key of its words.

    Nine in ten say to the same payee what was said last time. Some honest memos carry the words
    of scams, some name a purpose that does not fit: the decoys of tells and of mismatches.
    """
    habit = fold(people.key[rows.payer], 70, payee, rows.use)
    word = np.where(unit(draw(key, 16)) < _SAME, habit, key)
    family = np.where(unit(draw(word, 0)) < MEMO[rows.use], _FAMILY_OF[rows.use], BLANK)
    lot = unit(draw(word, 1))
    written = (family != BLANK) & _TALKATIVE[rows.use]
    decoy, unfit = _DECOY, _DECOY + (_MISMATCH if signal != "none" else 0.0)
    family = np.where(written & (lot < unfit), _UNFITTING[below(draw(word, 2), 7)], family)
    family = np.where(written & (lot < decoy), FAMILY["tell"], family)
    rude = written & (lot > 1 - _RUDE) & _PERSON[rows.use]
    family = np.where(rude, FAMILY["abuse"], family)
    memo = (word >> np.uint64(1)).astype(np.int64)
    return rows.or_given("family", family), rows.or_given("memo", memo)


def again(payments: Payments) -> Payments:
    """Second tries of what was declined: most try again, and mostly it works then.

    What a case does after a decline the case has decided.
    """
    failed = (payments.status == DECLINED) & (KIND[payments.use] != DEBIT)
    at = np.flatnonzero(failed & (payments.case == NOT_GIVEN))
    key = fold(payments.key[at], 80)
    later = payments.moment[at] + 15_000 + below(draw(key, 1), 600_000)
    tried = (unit(draw(key, 0)) < 0.6) & (later < DAY_MILLIS)
    second = payments.take(at[tried])
    status = np.where(unit(draw(key[tried], 2)) < 0.75, APPROVED, DECLINED)
    changed = {
        "key": key[tried],
        "moment": later[tried],
        "status": status,
        "sequence": second.sequence + REPEAT_SEQUENCE,
    }
    return Payments(**{**vars(second), **changed})


_FOLLOW_SHARES = {
    "online": 0.15, "shop": 0.21, "food": 0.12, "groceries": 0.08, "person": 0.05, "own": 0.05,
    "market": 0.08, "bill": 0.06, "large": 0.16, "invoice": 0.04,
}  # fmt: skip
_FOLLOWED = np.array([_FOLLOW_SHARES.get(use.name, 0.0) for use in USES])
_IN_TOWN = named("shop", "food", "groceries")  # nobody orders four lunches in an hour
_PAUSE_MILLIS = np.array([1_500_000 if use.kind == "card" else 5_400_000 for use in USES])
_MORE = shares([70, 18, 8, 4])


def follow(payments: Payments) -> Rows:
    """Honest payments that come in runs: an afternoon in town, a deposit and then the rest.

    These are the twins of a thief's quick series, of instalments to a stranger, of sums split
    below a limit. Only what is of no case is followed.
    """
    key = fold(payments.key, 81)
    starts = (unit(draw(key, 0)) < _FOLLOWED[payments.use]) & (payments.case == NOT_GIVEN)
    starts &= (payments.channel == POS) | ~_IN_TOWN[payments.use]
    at = np.flatnonzero(starts)
    count = 1 + pick(draw(key[at], 1), _MORE)
    at = np.repeat(at, count)
    turn = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count) + 1
    row = fold(key[at], 82, turn)
    pause = _PAUSE_MILLIS[payments.use[at]] * growth(normal(draw(row, 0)) * 1.0)
    moment = payments.moment[at] + (pause * turn).astype(np.int64)
    inside = moment < DAY_MILLIS
    at, turn, row, moment = at[inside], turn[inside], row[inside], moment[inside]
    transfer = KIND[payments.use[at]] == TRANSFER
    same = transfer | (unit(draw(row, 1)) < 0.3)
    cents = (payments.cents[at] * growth(normal(draw(row, 2)) * 0.25)).astype(np.int64)
    return Rows(
        payments.payer[at],
        payments.use[at],
        payments.sequence[at] + REPEAT_SEQUENCE * (1 + turn),
        {
            "moment": moment,
            "payee": np.where(same, payments.payee[at], NOT_GIVEN),
            "cents": np.where(transfer, np.maximum(cents, 1), NOT_GIVEN),
            "device": np.where(payments.device[at] > 0, payments.device[at], NOT_GIVEN),
            "channel": payments.channel[at],
        },
    )
