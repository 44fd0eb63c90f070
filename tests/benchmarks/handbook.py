"""The card stream of the Fraud Detection Handbook as payments, and its features as velocities.

Handbook: Le Borgne, Siblini, Lebichot, Bontempi, ULB 2022. The data is not part of the project;
`HANDBOOK` names the folder with `slice_20180618_20180814.csv.gz` and the golden features.
"""

import csv
import gzip
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from features.subject import Subject
from features.velocity import DAY, Condition, Velocity

FOLDER = Path(os.environ.get("HANDBOOK", "../shared/data/handbook"))
DELAY = 7 * DAY
WEEKS = (1, 7, 30)


def velocity(name: str, fn: Any, by: str, days: int, **more: Any) -> Velocity:
    """A velocity of some days by one entity, over the amount where it looks at a value."""
    return Velocity(name=name, fn=fn, by=(by,), window=days * DAY, **more)  # type: ignore[arg-type]


BOOK = (
    *[velocity(f"CUSTOMER_ID_NB_TX_{d}DAY_WINDOW", "count", "payer", d) for d in WEEKS],
    *[
        velocity(f"CUSTOMER_ID_AVG_AMOUNT_{d}DAY_WINDOW", "mean", "payer", d, of=("amount",))
        for d in WEEKS
    ],
    *[
        velocity(f"TERMINAL_ID_NB_TX_{d}DAY_WINDOW", "count", "merchant", d, delay=DELAY)
        for d in WEEKS
    ],
    *[
        velocity(f"TERMINAL_ID_RISK_{d}DAY_WINDOW", "label_rate", "merchant", d, delay=DELAY)
        for d in WEEKS
    ],
)
"""The twelve of the book's features that look back; weekend and night are of the payment."""


def _is_far(values: Mapping[str, Any]) -> bool | None:
    return None if "c_med" not in values else values["amount"] > 3.2 * values["c_med"]


def _is_plain(values: Mapping[str, Any]) -> bool:
    return not values.get("c_ratio_med", 0) > 2.2


FAR = Condition("amount > 3.2 * c_med", frozenset({"amount", "c_med"}), _is_far)
PLAIN = Condition(
    "missing(c_ratio_med) or c_ratio_med <= 2.2", frozenset({"c_ratio_med"}), _is_plain
)
PAST: dict[str, Any] = {"of": ("amount",), "include_current": False}
LAST_100: dict[str, Any] = PAST | {"newest": 100, "plus": 1.0, "at_least": 3}

LEAN = (
    velocity("c_med", "median", "payer", 180, **PAST | {"newest": 100, "at_least": 3}),
    velocity("c_ratio_med", "ratio_to", "payer", 180, to="median", **LAST_100),
    velocity("c_z_iqr", "z_median", "payer", 180, **LAST_100),
    velocity("c_nhi14", "count", "payer", 14, where=FAR, include_current=False),
    *[
        velocity(f"c_ratio_{d}", "ratio_to", "payer", d, plus=1.0, **PAST)
        for d in (7, 14, 30, 60)
    ],
    *[
        velocity(f"c_z_{d}", "z_mean", "payer", d, plus=1.0, at_least=2, **PAST)
        for d in (7, 14, 30, 60)
    ],
    velocity("c_since_last", "since_last", "payer", 180),
    velocity("c_n_1", "count", "payer", 1),
    velocity("c_n_30", "count", "payer", 30),
    velocity("c_sum_30", "sum", "payer", 30, of=("amount",)),
    velocity("t_run", "run_length", "merchant", 173, delay=DELAY),
    velocity("t_run_age", "run_age", "merchant", 173, delay=DELAY, unit="days"),
    velocity(
        "t_gen_age", "since_last", "merchant", 173, delay=DELAY, label="genuine", unit="days"
    ),
    velocity("t_lab_age", "since_last", "merchant", 173, delay=DELAY, unit="days"),
    *[
        velocity(f"t_npf_{d}", "label_count", "merchant", d, delay=DELAY, where=PLAIN)
        for d in (7, 21, 30)
    ],
    *[
        velocity(f"t_risk_{d}", "label_rate", "merchant", d, delay=DELAY)
        for d in (1, 7, 14, 30)
    ],
    velocity("t_nf_14", "label_count", "merchant", 14, delay=DELAY),
    *[velocity(f"t_n_{d}", "count", "merchant", d, delay=DELAY) for d in (14, 30)],
)
"""`reference/fraud.md` section 4: the lean thirty but the amount, and the median below."""


def payments(limit: int | None = None) -> Iterator[tuple[Subject, dict[str, Any], bool]]:
    """Subject, own values, is it fraud: in the order of transaction ids."""
    with gzip.open(FOLDER / "slice_20180618_20180814.csv.gz", "rt", encoding="ascii") as file:
        for number, row in enumerate(csv.DictReader(file)):
            if number == limit:
                return
            when = datetime.fromisoformat(row["TX_DATETIME"]).replace(tzinfo=UTC)
            minor = round(float(row["TX_AMOUNT"]) * 100)
            subject = Subject(
                row["TRANSACTION_ID"],
                int(when.timestamp()) * 1_000_000,
                minor,
                f"c{row['CUSTOMER_ID']}",
                merchant=f"m{row['TERMINAL_ID']}",
            )
            own = {
                "amount": minor / 100,
                "payer_id": subject.payer,
                "merchant_id": subject.merchant,
            }
            yield subject, own, row["TX_FRAUD"] == "1"
