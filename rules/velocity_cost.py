"""What a velocity will cost, told before it runs: for entities as busy as they commonly are.

The figures are estimates for the check of a book, not promises. A hot entity (a shop with
thousands of payments a day) costs less than its window would: the history keeps it in buckets.
"""

from typing import Final

import msgspec

from rules.velocity import DAY, Velocity

PAYMENTS_A_DAY: Final = {
    "payer": 3.0,
    "account": 3.0,
    "device": 3.0,
    "payee": 20.0,
    "ip": 20.0,
    "merchant": 200.0,
}
"""A busy one of each kind, not the mean."""

PAIR_SHARE: Final = 0.2
"""Payments of the rarer half of a pair that are the pair's."""

BYTES: Final = 8
"""One cell of a column; the times, the value and the mask of the condition are columns."""

NANOSECONDS: Final = {
    "count": 1.0, "sum": 4.0, "mean": 4.0, "min": 8.0, "max": 8.0, "stddev": 60.0,
    "median": 90.0, "percentile": 90.0, "z_median": 200.0, "z_mean": 60.0, "ratio_to": 90.0,
    "distinct": 30.0, "run_length": 5.0, "run_age": 5.0, "label_rate": 10.0, "label_count": 5.0,
}  # fmt: skip
"""For each payment in the window; functions that are not here do not look at the window."""

MAX_BYTES: Final = 64 * 1024
MAX_MICROSECONDS: Final = 100.0


class Cost(msgspec.Struct, frozen=True):
    """Memory of one busy entity, and time for one payment of it."""

    payments: int
    bytes: int
    microseconds: float


def estimate(velocity: Velocity) -> Cost:
    """Estimate a velocity by its window, its kind of entity and its function."""
    rate = min(PAYMENTS_A_DAY[entity] for entity in velocity.by)
    if len(velocity.by) > 1:
        rate *= PAIR_SHARE
    reach = (velocity.window + (velocity.delay or 0)) / DAY
    nanoseconds = NANOSECONDS.get(velocity.fn)
    if nanoseconds is None:
        return Cost(0, 4 * BYTES, 0.0)
    kept = max(1, round(rate * reach))
    looked_at = min(kept, velocity.newest or kept)
    columns = 1 + bool(velocity.of) + (velocity.where is not None)
    return Cost(kept, kept * columns * BYTES, looked_at * nanoseconds / 1000)


def above_budget(velocity: Velocity) -> str:
    """Say what is above the budget, '' if nothing is."""
    cost = estimate(velocity)
    if cost.bytes > MAX_BYTES:
        return f"a busy entity would take {cost.bytes // 1024} KiB, {MAX_BYTES // 1024} at most"
    if cost.microseconds > MAX_MICROSECONDS:
        return (
            f"a payment of a busy entity would take {cost.microseconds:.0f} us, "
            f"{MAX_MICROSECONDS:.0f} at most"
        )
    return ""
