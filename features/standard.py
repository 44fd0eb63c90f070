"""The velocities of the default book, as declarations."""

from collections.abc import Mapping
from typing import Final

from features.transaction import Scalar
from features.velocity import DAY, HOUR, MINUTE, Condition, Velocity

PAYEE: Final = ("payee_id", "merchant_id")
WINDOWS: Final = (("10m", 10 * MINUTE), ("1h", HOUR), ("24h", DAY), ("7d", 7 * DAY))
MEMORY: Final = 180 * DAY


def _is_declined(values: Mapping[str, Scalar]) -> bool | None:
    status = values.get("status")
    return None if status is None else status == "declined"


DECLINED: Final = Condition("status == 'declined'", frozenset({"status"}), _is_declined)

STANDARD: Final = (
    *[
        Velocity(
            name=f"payer_count_{name}",
            fn="count",
            by=("payer",),
            window=window,
            meaning=f"payments of the payer in {name}, this one included",
        )
        for name, window in WINDOWS
    ],
    *[
        Velocity(
            name=f"payer_sum_{name}",
            fn="sum",
            of=("amount",),
            by=("payer",),
            window=window,
            meaning=f"money sent by the payer in {name}, this payment included",
        )
        for name, window in WINDOWS
    ],
    *[
        Velocity(
            name=f"payer_payees_{name}",
            fn="distinct",
            of=PAYEE,
            by=("payer",),
            window=window,
            meaning=(
                f"different payees (or merchants) of the payer in {name}, this one included"
            ),
        )
        for name, window in WINDOWS
    ],
    Velocity(
        name="payer_declines_1h",
        fn="count",
        by=("payer",),
        window=HOUR,
        where=DECLINED,
        include_current=False,
        meaning="earlier payments of the payer in 1h with status declined",
    ),
    Velocity(
        name="payer_mean_7d",
        fn="mean",
        of=("amount",),
        by=("payer",),
        window=7 * DAY,
        include_current=False,
        meaning="mean amount of the payer's earlier payments in 7d; unknown if there were none",
    ),
    Velocity(
        name="payer_gap_seconds",
        fn="since_last",
        by=("payer",),
        window=MEMORY,
        meaning="time since the payer's last payment; unknown for the first one",
    ),
    Velocity(
        name="payer_age_days",
        fn="since_first",
        by=("payer",),
        window=MEMORY,
        unit="days",
        meaning="time since the payer's first payment",
    ),
    Velocity(
        name="payee_is_new",
        fn="is_new",
        of=PAYEE,
        by=("payer",),
        window=MEMORY,
        meaning=(
            "the payer never paid this payee (or merchant); unknown for the payer's first "
            "payment"
        ),
    ),
    Velocity(
        name="device_is_new",
        fn="is_new",
        of=("device_id",),
        by=("payer",),
        window=MEMORY,
        meaning=(
            "the payer never used this device; unknown for the payer's first payment with a "
            "device"
        ),
    ),
)
"""Equal in name and meaning to the values that books have read from the beginning."""
