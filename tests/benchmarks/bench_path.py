"""The whole path through Kafka: decisions a second, CPU by step, latency, beside the floor.

Needs KAFKA_BOOTSTRAP. The load comes from processes of its own. Throughput is measured on a
backlog that was written before the worker started; CPU is the worker process's own.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from figures import Figure, report

from risk.kafka_admin import end_offsets
from risk.settings import Settings, load

HERE = Path(__file__).parent
RUNNERS = ("pass-through", "direct", "faust")
BACKLOG, WARM = int(os.environ.get("BENCH_COUNT", "60000")), 15_000
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "2"))
RATES = (200, 1_000)
SECONDS = int(os.environ.get("BENCH_SECONDS", "15"))
TICK = os.sysconf("SC_CLK_TCK")


class Bench:
    """Topics of one run and the environment that names them."""

    def __init__(self, runner: str) -> None:
        name = f"bench-{runner}-{uuid.uuid4().hex[:8]}"
        self.folder = tempfile.TemporaryDirectory()
        self.environment = os.environ | {
            "RISK_TOPIC_TRANSACTIONS": f"{name}-in",
            "RISK_TOPIC_DECISIONS": f"{name}-out",
            "RISK_TOPIC_DEAD_LETTERS": f"{name}-dead",
            "RISK_TOPIC_LABELS": f"{name}-labels",
            "RISK_GROUP": name,
            "RISK_STATE_DIR": self.folder.name,
            "RISK_PORT": "0",
            "RISK_LOG_LEVEL": "info",
        }
        self.runner = runner
        self.settings: Settings = load(environment=self.environment)[0]
        self.risk("topics", "create", "--partitions", "4")

    def risk(self, *words: str) -> None:
        """Run one command of ours to its end."""
        command = [sys.executable, "-m", "risk", *words]
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def load(self, count: int, *words: str) -> None:
        """Send payments, as fast as possible or at a rate."""
        self.risk("simulate", "--kafka", "--count", str(count), *words)

    def decided(self) -> int:
        """Records in the decisions topic."""
        return sum(end_offsets(self.settings, self.settings.topic_decisions).values())

    @contextmanager
    def running(self) -> Iterator[tuple[int, str]]:
        """The runner as a process: its pid and the address of its watch port ("" if none)."""
        command = [sys.executable, "-m", "risk", "worker", "--runtime", self.runner]
        if self.runner == "pass-through":
            command = [sys.executable, str(HERE / "pass_through.py")]
        log = Path(self.folder.name) / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(command, env=self.environment, stderr=file)
        try:
            yield process.pid, "" if self.runner == "pass-through" else _port(log)
        finally:
            process.terminate()
            process.wait(20)


def _port(log: Path) -> str:
    while True:
        for line in log.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                found = json.loads(line)
                if found.get("message") == "watch port open":
                    return f"http://127.0.0.1:{found['port']}"
        time.sleep(0.05)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def throughput(runner: str) -> dict[str, float]:
    """CPU us and wall us a decision over a backlog, and CPU by step where we know it."""
    bench = Bench(runner)
    bench.load(BACKLOG)
    total = sum(end_offsets(bench.settings, bench.settings.topic_transactions).values())
    with bench.running() as (pid, watch):
        while (first := bench.decided()) < WARM:
            time.sleep(0.02)
        begin, cpu = time.monotonic(), cpu_seconds(pid)
        while (last := bench.decided()) < total:
            time.sleep(0.02)
        wall, spent = time.monotonic() - begin, cpu_seconds(pid) - cpu
        count = last - first
        found = {"cpu": spent / count * 1e6, "wall": wall / count * 1e6}
        return found | (_steps(watch) if watch else {})


def _steps(watch: str) -> dict[str, float]:
    with urllib.request.urlopen(f"{watch}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    events = float(values["risk_events_total"])
    prefix = 'risk_step_seconds_total{step="'
    return {
        key.removeprefix(prefix).rstrip('"}'): float(value) / events * 1e6
        for key, value in values.items()
        if key.startswith(prefix)
    }


def latency(runner: str, rate: int) -> dict[str, float]:
    """Latency in ms at a rate, seen by a reader in a process of its own."""
    bench = Bench(runner)
    count = rate * SECONDS
    with bench.running():
        bench.load(rate, "--rate", str(rate))  # the group forms, the state warms
        while bench.decided() < rate:
            time.sleep(0.1)
        probe = subprocess.Popen(
            [sys.executable, str(HERE / "probe.py"), str(count), str(rate)],
            env=bench.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert probe.stdout is not None
        probe.stdout.readline()
        bench.load(count, "--rate", str(rate), "--seed", "2")
        found: dict[str, float] = json.loads(probe.communicate(timeout=120)[0])
        return found


def main() -> None:
    """Interleave the runners, take medians, print."""
    rounds = [{runner: throughput(runner) for runner in RUNNERS} for _ in range(ROUNDS)]
    figures: list[Figure] = []
    for runner in RUNNERS:
        runs = [found[runner] for found in rounds]
        middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        figures += [
            (f"{runner}: decisions a second of CPU", 1e6 / middle["cpu"], "1/s"),
            (f"{runner}: decisions a second on the wall", 1e6 / middle["wall"], "1/s"),
            (f"{runner}: CPU a decision", middle["cpu"], "us"),
        ]
        figures += [
            (f"{runner}: of it {step}", value, "us (wall in the step)")
            for step, value in middle.items()
            if step not in ("cpu", "wall")
        ]
    for rate in RATES:
        for runner in RUNNERS:
            found = latency(runner, rate)
            figures += [
                (f"{runner}: {key} at {rate}/s", value, "ms") for key, value in found.items()
            ]
    report(
        "path",
        figures,
        f"Backlog of {BACKLOG} simulated payments on 4 partitions, the first {WARM} not "
        f"counted, median of {ROUNDS} interleaved rounds; latency over {SECONDS} s from the "
        "payment's record timestamp to receipt by a reader in another process. Generator, "
        f"broker, reader and worker share {os.cpu_count()} cores.",
    )


if __name__ == "__main__":
    main()
