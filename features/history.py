"""What a payer did before: a fold over payments, in the order in which they are handed in.

The contract:
- Time is event time. A window of width w at a payment holds the payer's payments with
  at - w < time <= at that have arrived, this one included; those of equal time in the order of
  arrival. Every payment is an attempt and counts, whatever its status.
- A late payment is inserted at its own time and sees only what is at or before that. One 8 d
  or more behind the payer's newest is not taken in, and no window is known for it.
- A window is unknown, not low, until the history is warm: the first payment that it ever took
  up must lie at least the window's width back. A later arrival never moves that start back, for
  one payment with a broken clock would make every window look warm. A late payment's window is
  also unknown if it reaches more than 8 d behind the payer's newest payment.
- Money is unknown if any payment in the window has no amount in the base currency.
- Payees, devices, gap and age reach as far as this history does: "new" is new to it.
- Memory: 8 d of payments, and the first 256 payees and devices of each payer. Whether a further
  one is new is unknown, and stays so.
"""

from array import array
from hashlib import blake2b
from typing import Final

import msgspec

from features.transaction import Scalar, Transaction
from features.windows import Firsts, Track

SECOND_US: Final = 1_000_000
HOUR_US: Final = 3600 * SECOND_US
DAY_US: Final = 24 * HOUR_US
REACH_US: Final = 8 * DAY_US
"""The longest window, and a day for late payments and for clocks that are a day ahead."""

WINDOWS: Final = tuple(
    [
        (width, f"payer_count_{name}", f"payer_sum_{name}", f"payer_payees_{name}")
        for name, width in (
            ("10m", 600 * SECOND_US),
            ("1h", HOUR_US),
            ("24h", DAY_US),
            ("7d", 7 * DAY_US),
        )
    ]
)
"""Shortest first: each window holds the one before it, so that a payment is added up once."""

MAX_FIRSTS: Final = 256
NO_AMOUNT: Final = -1
NO_PAYEE: Final = 0
LONG_AGO: Final = -(2**62)


class Payer(msgspec.Struct, gc=False):
    """What is kept of one payer.

    `track` has the columns amount (base minor units or `NO_AMOUNT`), payee (key or `NO_PAYEE`)
    and declined (1 or 0). `first` is the time of the first payment, `last_blank` of the newest
    one without an amount.
    """

    track: Track
    first: int
    payees: Firsts
    devices: Firsts
    last_blank: int = LONG_AGO


class History:
    """The payers of one shard of the log. `base_exponent`: decimals of the book's currency."""

    def __init__(self, base_exponent: int = 2) -> None:
        self._scale = 10**base_exponent
        self._payers: dict[str, Payer] = {}
        self._since: int | None = None

    @property
    def payers(self) -> int:
        """How many payers are kept."""
        return len(self._payers)

    def observe(self, transaction: Transaction, base_minor: int | None) -> dict[str, Scalar]:
        """Take up a payment: every known value of `features.catalogue.HISTORY` as of it.

        `base_minor` is its amount in minor units of the book's currency, at most 2**53.
        """
        at = transaction.at
        if self._since is None:
            self._since = at
        payer = self._payers.get(transaction.payer.id)
        if payer is None:
            payer = self._payers[transaction.payer.id] = _stranger(at)
        row = _row(transaction, base_minor)
        values: dict[str, Scalar] = {}
        gap = payer.track.gap(at)
        _put(values, "payer_gap_seconds", None if gap is None else gap / SECOND_US)
        if row[1] != NO_PAYEE:
            _put(values, "payee_is_new", payer.payees.meet(row[1], at))
        if transaction.device is not None:
            device = _key("device", transaction.device.id)
            _put(values, "device_is_new", payer.devices.meet(device, at))
        payer.first = min(payer.first, at)
        if base_minor is None:
            payer.last_blank = max(payer.last_blank, at)
        values["payer_age_days"] = (at - payer.first) / DAY_US
        index = payer.track.add(at, row)
        if index >= 0:
            _add_windows(values, payer, index, self._since, self._scale)
        return values

    def recall(self, transaction: Transaction, base_minor: int | None) -> dict[str, Scalar]:
        """Look at a payment that was taken up before: its values, as the history stands now.

        Right after `observe` they are the same again, but for gaps of 8 d and for what another
        payment of the same microsecond made known. A payment that is not kept has no values.
        """
        at = transaction.at
        payer = self._payers.get(transaction.payer.id)
        row = _row(transaction, base_minor)
        index = -1 if payer is None else payer.track.find(at, row)
        if payer is None or self._since is None or index < 0:
            return {}
        values: dict[str, Scalar] = {"payer_age_days": (at - payer.first) / DAY_US}
        gap = payer.track.gap_before(index)
        _put(values, "payer_gap_seconds", None if gap is None else gap / SECOND_US)
        if row[1] != NO_PAYEE:
            _put(values, "payee_is_new", payer.payees.recall(row[1], at))
        if transaction.device is not None:
            device = _key("device", transaction.device.id)
            _put(values, "device_is_new", payer.devices.recall(device, at))
        _add_windows(values, payer, index, self._since, self._scale)
        return values


def _add_windows(
    values: dict[str, Scalar], payer: Payer, index: int, since: int, scale: int
) -> None:
    """Add what is known of each window that ends with the payment at `index`."""
    track = payer.track
    at = track.times[index]
    amounts, payees, declines = track.columns
    amount, edge, earlier, is_whole = amounts[index], index, 0, True
    seen = {NO_PAYEE, payees[index]}
    for width, count, total, distinct in WINDOWS:
        after = at - width
        if after < since or not track.covers(after):
            return  # a longer window is no better known
        begin = track.begin(after, edge)
        if begin < edge:
            part = amounts[begin:edge]
            earlier += sum(part)
            is_whole = is_whole and (payer.last_blank <= after or NO_AMOUNT not in part)
            seen.update(payees[begin:edge])
            edge = begin
        values[count] = index - edge + 1
        values[distinct] = len(seen) - 1
        if is_whole and amount != NO_AMOUNT:
            values[total] = (earlier + amount) / scale
        if width == HOUR_US:
            values["payer_declines_1h"] = sum(declines[edge:index])
    if is_whole and edge < index:
        values["payer_mean_7d"] = earlier / (scale * (index - edge))


def _row(transaction: Transaction, base_minor: int | None) -> tuple[int, int, int]:
    payee, merchant = transaction.payee, transaction.merchant
    key = NO_PAYEE
    if payee is not None:
        key = _key("payee", payee.id)
    elif merchant is not None:
        key = _key("merchant", merchant.id)
    amount = NO_AMOUNT if base_minor is None else base_minor
    return amount, key, int(transaction.status == "declined")


def _key(kind: str, name: str) -> int:
    """64 bits that stand for an id; equal in every process, never `NO_PAYEE`."""
    return int.from_bytes(blake2b(f"{kind}:{name}".encode(), digest_size=8).digest()) or 1


def _put(values: dict[str, Scalar], name: str, value: Scalar | None) -> None:
    if value is not None:
        values[name] = value


def _stranger(at: int) -> Payer:
    track = Track(REACH_US, array("q"), (array("q"), array("Q"), array("b")))
    return Payer(track, at, _nobody(), _nobody())


def _nobody() -> Firsts:
    return Firsts(MAX_FIRSTS, array("Q"), array("q"))
