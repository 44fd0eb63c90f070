"""Replay and backtest: decisions a second a core, two processes beside one, memory.

Run: python tests/benchmarks/bench_replay.py [PAYMENTS], from the root. It simulates
the payments first. Prints a table and writes `.bench/replay.json`.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from figures import Figure, report

from risk.assembly import assemble, build_bench, default_book
from risk.backtest.frame import load
from risk.backtest.judge import TableJudge
from risk.decide import Bench
from risk.replay.recorded import recorded

PAYMENTS = 100_000
RULES = 50


def fifty_rules(bench: Bench) -> Bench:
    """The default book with copies of its rules under other names, up to 50."""
    rules = dict(bench.book.rules)
    copies = list(rules.values())
    for n in range(RULES - len(rules)):
        name = f"{copies[n % len(copies)].id}-{n}"
        rules[name] = msgspec.structs.replace(copies[n % len(copies)], id=name)
    book = msgspec.structs.replace(bench.book, rules=dict(sorted(rules.items())))
    return assemble(book, bench.scorer)


def run_command(*arguments: str) -> tuple[dict[str, float], float, float]:
    """Run `risk`: its summary, CPU seconds of it and its processes, and the peak in MiB."""
    before = os.times()
    process = subprocess.Popen(
        [sys.executable, "-m", "risk", *arguments, "--json"], stdout=subprocess.PIPE
    )
    text = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"risk {arguments[0]} ended with status {status}")
    after = os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    return json.loads(text.splitlines()[-1]), cpu, usage.ru_maxrss / 1024


def measure_frames(records: Path, bench: Bench) -> list[Figure]:
    """As recorded: reading values into a frame, and judging it, on one core."""
    begin = time.process_time()
    loaded = load(recorded([str(records)], ""), bench.book.words, bench.names)
    read = time.process_time() - begin
    judge = TableJudge(bench.book, bench.scorer)
    judge.judge(loaded.frame.head(1000))
    begin = time.process_time()
    judge.judge(loaded.frame)
    judged = time.process_time() - begin
    rows = loaded.frame.height
    return [
        (
            f"as recorded: judging a frame, {len(bench.book.rules)} rules",
            rows / judged,
            "/s a core",
        ),
        ("as recorded: values into a frame", rows / read, "/s a core"),
        ("as recorded: both", rows / (read + judged), "/s a core"),
    ]


def measure_replay(folder: Path, payments: Path) -> list[Figure]:
    """Recomputed: payments through history, text, score and rules, into Parquet."""
    found: list[Figure] = []
    seconds = {}
    for processes in (1, 2):
        out = folder / f"{processes}.parquet"
        given = ("--out", str(out), "--processes", str(processes))
        summary, cpu, peak = run_command("replay", str(payments), *given)
        rows = summary["rows"]
        seconds[processes] = summary["seconds"]
        name = f"recomputed, {processes} processes"
        found += [
            (f"{name}: on the wall", rows / summary["seconds"], "/s"),
            (f"{name}: by CPU, start included", rows / cpu, "/s a core"),
            (f"{name}: peak of the first process", peak, "MiB"),
        ]
    if (folder / "1.parquet").read_bytes() != (folder / "2.parquet").read_bytes():
        raise SystemExit("one process and two made different files")
    found.append(("recomputed: two processes for one", seconds[1] / seconds[2], "times"))
    return found


def measure_verify(records: Path, rows: int) -> list[Figure]:
    """Every record decided again."""
    begin = time.monotonic()
    found, cpu, _ = run_command("verify", str(records))
    seconds = time.monotonic() - begin
    if found["same"] != rows:
        raise SystemExit("not every decision was reproduced")
    return [
        (f"verify {rows:,} records", seconds, "s on the wall"),
        ("verify: by CPU, start included", rows / cpu, "/s a core"),
    ]


def main(count: int) -> None:
    """Measure it all in a folder that is gone afterwards."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["RISK_BOOKS_DIR"] = str(folder / "books")
        payments = folder / "payments.jsonl"
        simulate = [
            "simulate",
            "--count",
            str(count),
            "--payers",
            "2000",
            "--out",
            str(payments),
        ]
        subprocess.run([sys.executable, "-m", "risk", *simulate], check=True)
        figures = measure_replay(folder, payments)
        figures += measure_verify(folder / "1.parquet", count)
        bench = fifty_rules(build_bench(default_book()))
        figures += measure_frames(folder / "1.parquet", bench)
    report("replay", figures, f"{count:,} simulated payments, 4 partitions, the default book")


if __name__ == "__main__":
    os.environ["POLARS_MAX_THREADS"] = "1"
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PAYMENTS)
