"""What history costs: CPU an event, bytes an entity, hot keys; `make bench-history`.

Payments are the card stream of the Handbook where it lies at hand (`HANDBOOK` names the
folder), else a stream of the same shape: 5,000 payers with two payments a day. Payees are drawn
from twenty of each payer's own, devices from two.
"""

import gc
import random
import runpy
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import handbook
from figures import report
from handbook import LEAN

from features.history import BEGINNING, History
from features.plan import compile_plan
from features.standard import STANDARD
from features.subject import Subject
from features.velocity import DAY, HOUR, MINUTE, Velocity

reference = runpy.run_path(
    str(Path(__file__).parents[1] / "features" / "velocity_reference.py")
)
Event = tuple[Subject, dict[str, Any]]
EVENTS = 300_000
TAIL = 60_000
"""Windows are full when the last so many events are timed."""


def velocity(name: str, fn: Any, by: Any, window: int, of: str = "") -> Velocity:
    """A declaration."""
    return Velocity(name=name, fn=fn, by=(by,), window=window, of=(of,) if of else ())


TWELVE = (
    velocity("count_10m", "count", "payer", 10 * MINUTE),
    velocity("sum_1h", "sum", "payer", HOUR, "amount"),
    velocity("max_24h", "max", "payer", DAY, "amount"),
    velocity("payees_24h", "distinct", "payer", DAY, "payee_id"),
    velocity("sum_7d", "sum", "payer", 7 * DAY, "amount"),
    velocity("min_7d", "min", "payer", 7 * DAY, "amount"),
    velocity("mean_30d", "mean", "payer", 30 * DAY, "amount"),
    velocity("since_last", "since_last", "payer", 30 * DAY),
    Velocity(
        name="median_100",
        fn="median",
        by=("payer",),
        window=30 * DAY,
        of=("amount",),
        newest=100,
    ),
    velocity("payers_24h", "distinct", "payee", DAY, "payer_id"),
    velocity("device_payers_7d", "distinct", "device", 7 * DAY, "payer_id"),
    velocity("merchant_sum_24h", "sum", "merchant", DAY, "amount"),
)
"""Twelve values over four kinds of entity, as `reference/state.md` measured them."""


def stream() -> Iterator[Event]:
    """Payments with a payee, a device and a shop each."""
    r = random.Random(1)
    is_real = (handbook.FOLDER / "slice_20180618_20180814.csv.gz").exists()
    cards = handbook.payments(EVENTS) if is_real else simulated(r)
    for subject, own, _ in cards:
        payee = f"x{int(subject.payer[1:]) * 7 + r.randrange(20)}"
        device = f"d{subject.payer}-{r.randrange(2)}"
        yield (
            Subject(
                subject.id,
                subject.at + r.randrange(1_000_000),
                subject.amount_minor,
                subject.payer,
                payee=payee,
                device=device,
                merchant=subject.merchant,
            ),
            own | {"payee_id": payee, "device_id": device, "status": "approved"},
        )


def simulated(r: random.Random) -> Iterator[tuple[Subject, dict[str, Any], bool]]:
    """The same shape without the data."""
    for number in range(EVENTS):
        payer, shop = f"c{r.randrange(5000)}", f"m{r.randrange(10_000)}"
        minor = r.randrange(100, 20_000)
        subject = Subject(f"{number}", number * 9_000_000, minor, payer, merchant=shop)
        own = {"amount": minor / 100, "payer_id": payer, "merchant_id": shop}
        yield subject, own, False


def cost(velocities: Sequence[Velocity], events: Sequence[Event]) -> tuple[float, History]:
    """Microseconds of CPU an event once windows are full: the median of twelve slices."""
    history = History(compile_plan(velocities), since=BEGINNING)
    spent = []
    for start in range(0, len(events), TAIL // 12):
        part = events[start : start + TAIL // 12]
        begin = time.process_time()
        for subject, own in part:
            history.observe(subject, own)
        spent.append((time.process_time() - begin) / len(part) * 1e6)
    return median(spent[-12:]), history


def naive(velocities: Sequence[Velocity], events: Sequence[Event]) -> float:
    """The same by definition, over few events: it looks through all of them each time."""
    definition = reference["Reference"](velocities, since=BEGINNING)
    begin = time.process_time()
    for subject, own in events:
        definition.observe(subject, own)
    return (time.process_time() - begin) / len(events) * 1e6


def bytes_each(history: History) -> dict[str, float]:
    """Bytes of memory an entity of each kind: its columns and its place, without its key."""
    found = {}
    for table in history._tables:
        whole = sys.getsizeof(table.states)
        for state in table.states.values():
            whole += sys.getsizeof(state) + sum(
                [sys.getsizeof(column) for column in state[:-1]]
            )
        found[table.kind] = whole / len(table.states)
    return found


def hot() -> list[tuple[str, float, str]]:
    """One shop that takes every payment: microseconds an event as it grows."""
    velocities = (
        velocity("count_24h", "count", "merchant", DAY),
        velocity("sum_24h", "sum", "merchant", DAY, "amount"),
        velocity("payers_7d", "distinct", "merchant", 7 * DAY, "payer_id"),
        velocity("mean_30d", "mean", "merchant", 30 * DAY, "amount"),
        velocity("count_1h", "count", "merchant", HOUR),
    )
    history = History(compile_plan(velocities), since=BEGINNING)
    r, figures, seen = random.Random(2), list[tuple[str, float, str]](), 0
    for size in (500, 10_000, 50_000):
        timed = []
        while seen < size:
            payer = f"p{r.randrange(20_000)}"
            subject = Subject(f"{seen}", seen * 5_000_000, 1000, payer, merchant="m")
            begin = time.process_time()
            history.observe(subject, {"amount": 10.0, "payer_id": payer})
            timed.append((time.process_time() - begin) * 1e6)
            seen += 1
        figures.append((f"hot shop after {size:,} payments", median(timed[-300:]), "us/event"))
    return figures


def main() -> None:
    """Measure and report."""
    events = list(stream())
    gc.collect()
    gc.freeze()
    twelve, history = cost(TWELVE, events)
    standard, of_book = cost(STANDARD, events)
    figures = [
        ("12 velocities, 4 kinds, generated", twelve, "us/event"),
        ("12 velocities, 4 kinds, by definition, first 500", naive(TWELVE, events[:500]), "us"),
        ("default book", standard, "us/event"),
        ("lean 30 and their median", cost(LEAN, events)[0], "us/event"),
        *[
            (f"12 velocities: a {kind}", size, "bytes")
            for kind, size in bytes_each(history).items()
        ],
        ("default book: a payer", bytes_each(of_book)["payer"], "bytes"),
    ]
    begin, count = time.process_time(), 0
    for _ in history.changed():
        count += 1
    figures.append(("writing an entity", (time.process_time() - begin) / count * 1e6, "us"))
    report(
        "history",
        [*figures, *hot()],
        "Target: 12 velocities <= 20 us an event, an active payer of the default book <= 1,536 "
        "bytes. The key of an entity is not counted.",
    )


if __name__ == "__main__":
    main()
