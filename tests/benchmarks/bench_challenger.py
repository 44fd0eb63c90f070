"""What a challenger costs: CPU of one pipeline with and without it, side by side.

Run: python tests/benchmarks/bench_challenger.py [PAYMENTS], from the root. Prints a table and
writes `.bench/challenger.json`.
"""

import gc
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from figures import Figure, report

from risk.assembly import assemble, build_bench, build_pipeline, default_book
from risk.challenger import Challenger
from risk.decide import Bench
from risk.filerun import key_of
from risk.pipeline import Arrival
from risk.settings import Settings

PAYMENTS = 20_000
ROUNDS = 5
WARM = 2_000


def simulated(count: int) -> list[Arrival]:
    """Payments of the simulated bank, as one partition."""
    with TemporaryDirectory() as place:
        file = Path(place) / "p.jsonl"
        words = ["simulate", "--count", str(count), "--payers", "500", "--out", str(file)]
        subprocess.run([sys.executable, "-m", "risk", *words], check=True)
        lines = file.read_bytes().splitlines()
    return [Arrival(0, n, key_of(line), line) for n, line in enumerate(lines)]


def stricter(bench: Bench) -> Bench:
    """The same book with other thresholds: compiled and judged on its own."""
    limits = msgspec.structs.replace(bench.book.thresholds, review=30)
    return assemble(msgspec.structs.replace(bench.book, thresholds=limits), bench.scorer)


def cost(log: list[Arrival], bench: Bench, challenger: Challenger | None) -> float:
    """CPU microseconds a payment, all of the pipeline: parse to encoded decision."""
    pipeline = build_pipeline(Settings(), bench)
    pipeline.oppose(challenger)
    pipeline.take(log[:WARM])
    gc.collect()
    begin = time.process_time()
    pipeline.take(log[WARM:])
    return (time.process_time() - begin) / (len(log) - WARM) * 1e6


def main(count: int) -> None:
    """Measure in turns, so that a busy machine is busy for all of them."""
    log, bench = simulated(count + WARM), build_bench(default_book())
    sides = {
        "no challenger": None,
        "a tenth of the payers": Challenger(stricter(bench), 10),
        "all payers": Challenger(stricter(bench)),
    }
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, challenger in sides.items():
            found[name].append(cost(log, bench, challenger))
    costs = {name: statistics.median(each) for name, each in found.items()}
    figures: list[Figure] = [(name, value, "us CPU a payment") for name, value in costs.items()]
    base = costs.pop("no challenger")
    figures += [
        (f"{name}: more", (value / base - 1) * 100, "%") for name, value in costs.items()
    ]
    report("challenger", figures, f"{count:,} simulated payments, median of {ROUNDS} rounds")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PAYMENTS)
