"""What `bench_detection` learns from: the card stream, and velocities declared over it.

The definitions are those of the Handbook's stream as `reference/fraud.md` found them, and ten
more that stand on the same two ideas: runs of labels over *plain* frauds (a normal amount for
the card: the terminal is the one to blame), and how lately a card went far above its habit.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import msgspec
import numpy as np
from handbook import BOOK, DELAY, FAR, LEAN, PAST, PLAIN, WEEKS, velocity

from features.plan import compile_plan
from features.subject import Subject
from features.velocity import DAY, Velocity
from risk.train.examples import Examples
from risk.train.gather import Passed, Verdict, gather
from risk.train.measure import Flags

OWN = ("amount", "weekend", "night")
"""Of the payment itself."""

MORE = (
    velocity("t_plain_run", "run_length", "merchant", 173, delay=DELAY, where=PLAIN),
    velocity(
        "t_plain_run_age", "run_age", "merchant", 173, delay=DELAY, where=PLAIN, unit="days"
    ),
    velocity(
        *("t_plain_gen_age", "since_last", "merchant", 173),
        delay=DELAY,
        where=PLAIN,
        label="genuine",
        unit="days",
    ),
    velocity("t_plain_n_7", "count", "merchant", 7, delay=DELAY, where=PLAIN),
    velocity("t_plain_risk_21", "label_rate", "merchant", 21, delay=DELAY, where=PLAIN),
    velocity("t_gen_7", "label_count", "merchant", 7, delay=DELAY, label="genuine"),
    velocity("t_gen_21", "label_count", "merchant", 21, delay=DELAY, label="genuine"),
    velocity("c_nhi7", "count", "payer", 7, where=FAR, include_current=False),
    velocity("c_nhi3", "count", "payer", 3, where=FAR, include_current=False),
    velocity("c_far_since", "since_last", "payer", 30, where=FAR, unit="days"),
    velocity("c_far_first", "since_first", "payer", 14, where=FAR, unit="days"),
    velocity("c_max", "max", "payer", 180, **PAST | {"newest": 100}),
    velocity("c_p90", "percentile", "payer", 180, q=0.9, **PAST | {"newest": 100}),
    velocity("c_n_14", "count", "payer", 14),
)
CORE = (
    *("amount", "c_ratio_med", "c_z_iqr", "c_nhi14", "c_ratio_30"),
    *("t_run", "t_run_age", "t_gen_age", "t_npf_7", "t_npf_30"),
)
BOOK_NAMES = (
    *OWN,
    *[f"CUSTOMER_ID_{what}_{d}DAY_WINDOW" for d in WEEKS for what in ("NB_TX", "AVG_AMOUNT")],
    *[f"TERMINAL_ID_{what}_{d}DAY_WINDOW" for d in WEEKS for what in ("NB_TX", "RISK")],
)
"""In the book's order, on which a random forest depends."""
NAMES = (*CORE, *[v.name for v in MORE])
"""What the scorer reads: the core ten and the more."""

ALL = (*BOOK, *LEAN, *MORE)


def read(files: Sequence[Path], delay: int = DELAY) -> Iterator[Passed]:
    """The stream in the order of the files and their rows; fraud is known `delay` later.

    Columns as in the Handbook; the times are taken as UTC, so that its days are days here.
    """
    for row in chain.from_iterable(map(_rows, files)):
        when = datetime.fromisoformat(row["TX_DATETIME"]).replace(tzinfo=UTC)
        minor = round(float(row["TX_AMOUNT"]) * 100)
        at = int(when.timestamp()) * 1_000_000
        name = row["TRANSACTION_ID"]
        subject = Subject(
            *(name, at, minor, f"c{row['CUSTOMER_ID']}"), merchant=f"m{row['TERMINAL_ID']}"
        )
        values = {
            "amount": minor / 100,
            "weekend": when.weekday() >= 5,
            "night": when.hour <= 6,
        }
        verdict = None
        if row["TX_FRAUD"] == "1":
            verdict = Verdict(name, True, at + delay, f"scenario {row['TX_FRAUD_SCENARIO']}")
        yield Passed(subject, values, verdict)


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as text:
        yield from csv.DictReader(text)


def learn(files: Sequence[Path], begin: int, end: int) -> Examples:
    """Every value of every payment in [begin, end), as the worker would have had them."""
    names = (*OWN, *[v.name for v in ALL])
    return gather(read(files), compile_plan(ALL), names, begin, end)


def leak(files: Sequence[Path], honest: Examples, begin: int, end: int, days: int) -> Examples:
    """The honest examples, but whatever stands on labels reads them so many days too early."""
    delay = DELAY - days * DAY
    early = [_sooner(v, delay) for v in (*LEAN, *MORE) if v.name in _needed()]
    names = [v.name for v in early if v.delay is not None]
    found = gather(read(files, delay), compile_plan(early), names, begin, end)
    values = honest.values.copy()
    for place, name in enumerate(names):
        values[:, honest.names.index(name)] = found.values[:, place]
    return msgspec.structs.replace(honest, values=values)


def _needed() -> set[str]:
    return {*NAMES, "c_med"}


def _sooner(velocity: Velocity, delay: int) -> Velocity:
    if velocity.delay is None:
        return velocity
    return msgspec.structs.replace(velocity, delay=delay)


REVIEWED = (
    velocity("r_frauds_7", "label_count", "merchant", 6, delay=DAY, where=PLAIN),
    velocity("r_frauds_28", "label_count", "merchant", 27, delay=DAY, where=PLAIN),
    velocity(
        *("r_age", "since_last", "merchant", 60),
        delay=DAY,
        where=PLAIN,
        label="fraud",
        unit="days",
    ),
)
"""What reviewers found at a terminal, known on the next day; nothing else is in these."""


def reviewed(
    files: Sequence[Path], honest: Examples, begin: int, end: int, found: Flags
) -> Examples:
    """The examples with what reviewers said as well: `found` are the frauds that they saw."""
    early = [v for v in (*LEAN, *REVIEWED) if v.name.startswith(("c_med", "c_ratio_med", "r_"))]
    names = [v.name for v in REVIEWED]
    log = _said(read(files), begin, found)
    seen = gather(log, compile_plan(early), names, begin, end)
    return msgspec.structs.replace(
        honest,
        names=(*honest.names, *names),
        values=np.concatenate([honest.values, seen.values], axis=1),
    )


def _said(log: Iterable[Passed], begin: int, found: Flags) -> Iterator[Passed]:
    """The log with the reviewers' verdicts, given at the next midnight, and no others."""
    rows = iter(found.tolist())
    for passed in log:
        subject = passed.subject
        saw = subject.at >= begin and next(rows, False)
        midnight = (subject.at // DAY + 1) * DAY
        verdict = Verdict(subject.id, True, midnight) if saw else None
        yield msgspec.structs.replace(passed, verdict=verdict)
