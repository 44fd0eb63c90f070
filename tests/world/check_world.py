"""Whether the world is as hard as it should be, and nothing gives the fraud away.

    python tests/world/check_world.py [--seeds 101-105] [--payers 4000]
        [--days 90] [--processes 2]

Prints a table with limits and measured values (mean and standard deviation over the seeds) and
ends with status 1 if a mean is outside its limits. Takes about two minutes a seed.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any

import measures
import numpy as np
import sameness
from columns import read
from history import event, past

from risk.simulate.describe import told
from risk.simulate.spec import Spec


@dataclass(frozen=True)
class Limit:
    """Between which values a measure has to lie."""

    low: float
    high: float


LIMITS = {
    "share of cards and cash": Limit(0.64, 0.68),
    "share of transfers": Limit(0.19, 0.23),
    "share of debits": Limit(0.12, 0.16),
    "mean card payment": Limit(30, 45),
    "median transfer": Limit(70, 120),
    "genuine payments at night": Limit(0.015, 0.03),
    "fraud, by what the preset promises": Limit(0.9, 1.1),
    "best single value, all": Limit(0.5, 0.75),
    "best single value, card": Limit(0.5, 0.75),
    "best single value, shop": Limit(0.5, 0.75),
    "best single value, transfer": Limit(0.5, 0.75),
    "densest value (50 rows or more)": Limit(0, 0.30),
    "event only: AP": Limit(0, 0.10),
    "strong model: AUC": Limit(0.84, 0.93),
    "strong model: AP": Limit(0.33, 0.52),
    "strong model: recall at 0.1 % false": Limit(0.28, 0.45),
    "recall at 1 %: card_not_present": Limit(0.5, 0.85),
    "recall at 1 %: account_takeover": Limit(0.5, 0.85),
    "recall at 1 %: other scams": Limit(0, 0.5),
    "recall at 1 %: investment_scam, romance_scam": Limit(0, 0.15),
    "memo: word list, AUC": Limit(0.5, 0.56),
    "memo: character n-grams, AUC": Limit(0, 0.65),
    "memo: fraud texts also genuine": Limit(0.8, 1),
    "metadata, AUC": Limit(0, 0.53),
    "densest segment, times its kind": Limit(0, 10),
    "planted leak, AUC": Limit(0.75, 1),
    "labels known after their payment": Limit(1, 1),
}
SCAMS = (
    "purchase_scam", "bank_impersonation", "other_impersonation", "advance_fee",
    "invoice_redirection",
)  # fmt: skip
SLOW = ("investment_scam", "romance_scam")


def measure(spec: Spec) -> tuple[dict[str, float], dict[str, tuple[int, int]], list[str]]:
    """All measures of one world, the frauds found by kind, and remarks for the reader."""
    table = read(spec)
    values = {**event(table), **past(table)}
    found, kinds = measures.models(table, values)
    best = measures.single_values(table, values)
    densest, value = measures.telling_value(table)
    times, segment = measures.segments(table)
    found |= measures.marginals(table) | measures.memos(table)
    found |= {f"best single value, {scope}": area for scope, (area, _) in best.items()}
    found |= {
        "fraud, by what the preset promises": float(table.fraud.sum())
        / sameness.promised(spec),
        "densest value (50 rows or more)": densest,
        "metadata, AUC": measures.metadata(table),
        "densest segment, times its kind": times,
        "planted leak, AUC": measures.planted(table),
        "labels known after their payment": float(table.late.all()),
    }
    remarks = [told(spec), f"  {len(table.lines):,} payments, fraud {table.fraud.mean():.3%}"]
    remarks += [f"  best single value, {scope}: {name}" for scope, (_, name) in best.items()]
    remarks += [f"  densest value: {value}; densest segment: {segment}"]
    return found, kinds, remarks


def pooled(kinds: dict[str, list[int]]) -> dict[str, float]:
    """Recall by group of kinds, over all seeds together: one seed has a handful of some."""
    groups = {"other scams": SCAMS, ", ".join(SLOW): SLOW}
    groups |= {kind: (kind,) for kind in ("card_not_present", "account_takeover")}
    return {
        f"recall at 1 %: {name}": sum(kinds[k][0] for k in members) / all_of
        for name, members in groups.items()
        if (all_of := sum(kinds[kind][1] for kind in members))
    }


def row(name: str, values: list[float]) -> tuple[str, bool]:
    """One line of the table, and whether the mean is within its limits."""
    mean, spread = float(np.mean(values)), float(np.std(values))
    limit = LIMITS.get(name)
    holds = limit is None or limit.low <= mean <= limit.high
    limits = f"{limit.low:g} .. {limit.high:g}" if limit else ""
    mark = "" if limit is None else "ok" if holds else "OUTSIDE"
    return f"{name:<46}{limits:>15}{mean:>10.3f}{spread:>9.3f}  {mark}", holds


def each(specs: list[Spec], processes: int) -> Iterator[Any]:
    """`measure` of each world, several at a time where asked."""
    if processes == 1:
        yield from map(measure, specs)
        return
    with get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(measure, specs)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="101-105")
    parser.add_argument("--payers", type=int, default=4_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--preset", default="train")
    parser.add_argument("--processes", type=int, default=1)
    chosen = parser.parse_args()
    first, _, last = chosen.seeds.partition("-")
    columns: dict[str, list[float]] = defaultdict(list)
    kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    world = Spec(payers=chosen.payers, days=chosen.days, preset=chosen.preset)
    specs = [replace(world, seed=n) for n in range(int(first), int(last or first) + 1)]
    for found, by_kind, remarks in each(specs, chosen.processes):
        print("\n".join(remarks), flush=True)
        for name, value in found.items():
            columns[name].append(value)
        for kind, (hits, every) in by_kind.items():
            kinds[kind] = [kinds[kind][0] + hits, kinds[kind][1] + every]
    columns |= {name: [value] for name, value in pooled(kinds).items()}
    print(f"\n{'measure':<46}{'limits':>15}{'mean':>10}{'sd':>9}")
    names = [*LIMITS, *(name for name in columns if name not in LIMITS)]
    lines = [row(name, columns[name]) for name in names if columns[name]]
    print("\n".join(line for line, _ in lines))
    print("\nfound at 1 % of false alarms, all seeds: ", end="")
    print(", ".join(f"{kind} {hits}/{every}" for kind, (hits, every) in sorted(kinds.items())))
    same = sameness.check()
    print("\n".join(f"{text:<71}  {'ok' if holds else 'OUTSIDE'}" for text, holds in same))
    return 0 if all(holds for _, holds in (*lines, *same)) else 1


if __name__ == "__main__":
    sys.exit(main())
