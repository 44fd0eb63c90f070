"""`risk score` on real tables: payments a second, memory, and where the CPU time goes.

Run: python tests/benchmarks/bench_score.py [FOLDER OF THE DATA], from the repository's root.
Prints a table and writes `.bench/score.json`. Data that is not there is left out, and said.
"""

import csv
import gc
import gzip
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from figures import Figure, report

from risk.assembly import build_bench, default_book
from risk.decision import encode
from risk.filerun import FileRun
from risk.files import open_source
from risk.mapping import load_map
from risk.pipeline import Limits, Pipeline
from risk.rows import MessageMaker
from risk.vocabulary import attribute_values

HANDBOOK = "handbook/slice_20180618_20180814.csv.gz"
OXFORD = "text/oxford-expenditure/expenditure_sample.csv.gz"
MAP = Path(__file__).with_name("handbook.toml")
STEP_ROWS = 60_000


def run_command(what: str, file: Path, *options: str) -> list[Figure]:
    """Run the command as people do; its own count, and what the system says it used."""
    with TemporaryDirectory() as folder:
        out = f"{folder}/out.jsonl"
        command = [sys.executable, "-m", "risk", "score", str(file), "--out", out, "--json"]
        process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE)
        text = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{what}: risk score ended with status {status}")
    summary = json.loads(text)
    rows = summary["rows"]
    if rows != sum(summary["outcomes"].values()):
        raise SystemExit(f"{what}: {rows} rows, but not as many decisions")
    cpu = usage.ru_utime + usage.ru_stime
    return [
        (f"{what}: payments", rows, "rows"),
        (f"{what}: rows that are no payments", sum(summary["refused"].values()), "rows"),
        *((f"{what}: {name}", n, "rows") for name, n in summary["outcomes"].items()),
        (f"{what}: on the wall", rows / summary["seconds"], "payments/s"),
        (f"{what}: CPU, start included", cpu / rows * 1e6, "us/payment"),
        (f"{what}: peak memory", usage.ru_maxrss / 1024, "MiB"),
    ]


def measure_steps(file: Path) -> list[Figure]:
    """CPU time by step in this process; the pipeline is handed a clock of CPU time."""
    bench = build_bench(default_book())
    attributes = attribute_values(bench.book.attributes)
    # The pipeline divides by 1,000 for microseconds: fed with picoseconds it tells nanoseconds.
    pipeline = Pipeline(
        bench,
        Limits("transactions", "1", 65_536, 100_000),
        lambda: time.thread_time_ns() * 1000,
    )
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    steps: Counter[str] = Counter()
    with open_source(file, "csv") as source:
        maker = MessageMaker(load_map(MAP, attributes), source.columns, attributes)
        run = FileRun(pipeline, 1, maker)
        begin = time.thread_time_ns()
        encoding = count = 0
        for batch in run.answer(islice(source.rows, STEP_ROWS)):
            for row in batch:
                steps.update(row.answer.decision.timings_us)
            start = time.thread_time_ns()
            for row in batch:
                encode(row.answer.decision)
            encoding += time.thread_time_ns() - start
            count += len(batch)
        whole = time.thread_time_ns() - begin - encoding
    steps["encode"] = encoding
    steps["read, map, batch, the clocks themselves"] = whole - sum(steps.values())
    return [(f"step: {name}", n / count / 1000, "us/payment") for name, n in steps.items()]


def memos(file: Path) -> Iterator[bytes]:
    """Lines of a council's spending, each as the memo of a transfer."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        for number, row in enumerate(csv.DictReader(text)):
            yield json.dumps(
                {
                    "id": f"ox-{number}",
                    "time": f"{row['paid_date']}T12:00:00Z",
                    "kind": "transfer",
                    "amount": row["amount"].lstrip("-"),
                    "currency": "GBP",
                    "payer": {"id": "oxford", "country": "GB"},
                    "payee": {"id": row["supplier_id"] or "unknown"},
                    "memo": f"{row['category']} {row['supplier']}"[:1000],
                }
            ).encode()


def main(folder: Path) -> None:
    """Measure what is there."""
    figures: list[Figure] = []
    if (handbook := folder / HANDBOOK).exists():
        figures += run_command("handbook", handbook, "--map", str(MAP))
        figures += measure_steps(handbook)
    else:
        print(f"skipped: {handbook} is not there")
    if (oxford := folder / OXFORD).exists():
        with TemporaryDirectory() as place:
            file = Path(place) / "oxford.jsonl"
            file.write_bytes(b"\n".join(memos(oxford)))
            figures += run_command("oxford memos", file)
    else:
        print(f"skipped: {oxford} is not there")
    if figures:
        report("score", figures, f"CPU by step: the first {STEP_ROWS:,} rows, one process")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "shared/data"))
