"""What a changed book costs the payments that arrive meanwhile: latency with and without.

Needs KAFKA_BOOTSTRAP. A worker gets payments at a steady rate; then, at the same rate, its book
is changed again and again, each time as soon as the change before was taken.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench_path import HERE, Bench
from figures import Figure, report

from risk.assembly import default_book

RATE = 200
CHANGES = int(os.environ.get("BENCH_CHANGES", "100"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))


def main() -> None:
    """Both hosts, one after the other."""
    figures: list[Figure] = []
    for runner in ("direct", "faust"):
        figures += measure(runner)
    report(
        "reload",
        figures,
        f"{RATE} payments/s, from the payment's record timestamp to receipt by a reader in "
        f"another process: {SECONDS} s without a change, then while {CHANGES} changes of a "
        "rule file are each read, tested and taken. Generator, broker, reader and worker "
        f"share {os.cpu_count()} cores.",
    )


def measure(runner: str) -> list[Figure]:
    """Latencies of one host."""
    bench = Bench(runner)
    folder = Path(bench.folder.name) / "book"
    shutil.copytree(default_book(), folder)
    bench.environment |= {"RISK_BOOK": str(folder), "RISK_RELOAD_SECONDS": "0.1"}
    with bench.running():
        bench.load(RATE, "--rate", str(RATE))  # the group forms, the state warms
        while bench.decided() < RATE:
            time.sleep(0.1)
        quiet = latencies(bench, SECONDS, folder, changes=0)
        begin = time.monotonic()
        changed = latencies(bench, 2 * CHANGES, folder, changes=CHANGES)
        seconds = (time.monotonic() - begin) / CHANGES
    figures = [(f"{runner}: {key}, no change", value, "ms") for key, value in quiet.items()]
    figures += [(f"{runner}: {key}, changes", value, "ms") for key, value in changed.items()]
    return [*figures, (f"{runner}: a change, until it is taken", seconds, "s")]


def latencies(bench: Bench, seconds: int, folder: Path, *, changes: int) -> dict[str, float]:
    """Send payments for so many seconds, and change the book so often meanwhile."""
    count = RATE * seconds
    command = [sys.executable, str(HERE / "probe.py"), str(count), str(RATE)]
    probe = subprocess.Popen(command, env=bench.environment, stdout=subprocess.PIPE, text=True)
    assert probe.stdout is not None
    probe.stdout.readline()
    words = ["simulate", "--kafka", "--count", str(count), "--rate", str(RATE)]
    sending = subprocess.Popen(
        [sys.executable, "-m", "risk", *words, "--seed", str(2 + changes)],
        env=bench.environment,
        stdout=subprocess.DEVNULL,
    )
    for number in range(changes):
        change(bench, folder, number)
    assert sending.wait() == 0
    found: dict[str, float] = json.loads(probe.communicate(timeout=120)[0])
    return found


def change(bench: Bench, folder: Path, number: int) -> None:
    """Write another version of a rule file, and wait until the worker has taken it."""
    log = Path(bench.folder.name) / "log"
    file = min(folder.glob("*.rules.yaml"))
    plain = file.read_text(encoding="utf-8").split("# change ")[0]
    before = log.read_text(encoding="utf-8").count("book taken")
    file.write_text(f"{plain}# change {number}\n", encoding="utf-8")
    while log.read_text(encoding="utf-8").count("book taken") == before:
        time.sleep(0.05)


if __name__ == "__main__":
    main()
