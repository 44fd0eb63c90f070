"""How fast a world is made: columns, bytes, a file, and into Kafka where there is one.

CPU time of one process, without the first days, in which names are looked up first.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from figures import Figure, report

from risk.simulate.spec import Spec
from risk.simulate.world import World

PAYERS = (2_000, 20_000)
WARM_DAYS = 3
DAYS = {2_000: 60, 20_000: 12}
COUNT = int(os.environ.get("BENCH_COUNT", "300000"))


def rate(make: Callable[[int], int], days: int) -> float:
    """Payments per second of CPU; `make` makes a day and says how many payments it has."""
    for number in range(WARM_DAYS):
        make(number)
    begun = time.process_time()
    total = sum(make(number) for number in range(WARM_DAYS, WARM_DAYS + days))
    return total / (time.process_time() - begun)


def worlds() -> list[Figure]:
    """Columns alone, and with memo and JSON."""
    figures: list[Figure] = []
    for payers in PAYERS:
        for what, make in (("columns", _columns), ("with memo and JSON", _lines)):
            speed = rate(make(World(Spec(payers=payers))), DAYS[payers])
            figures.append((f"{payers:,} payers, {what}", speed, "payments/s"))
    return figures


def _columns(world: World) -> Callable[[int], int]:
    return lambda number: len(world.payments(number)[0])


def _lines(world: World) -> Callable[[int], int]:
    return lambda number: len(world.day(number).lines)


def memory() -> list[Figure]:
    """The peak of a short and of a long world: it must not grow with the days."""
    figures: list[Figure] = []
    for days in (10, 60):
        with tempfile.TemporaryDirectory() as folder:
            words = (
                "simulate",
                "--payers",
                "2000",
                "--days",
                str(days),
                "--out",
                f"{folder}/w.jsonl",
            )
            _risk(*words)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        figures.append((f"peak memory, {days} days", peak, "MiB"))
    return figures


def kafka() -> list[Figure]:
    """As fast as possible from one process that makes days and one that sends them."""
    if not os.environ.get("KAFKA_BOOTSTRAP"):
        return []
    name = f"bench-{uuid.uuid4().hex[:8]}"
    topics = {
        f"RISK_TOPIC_{topic}": f"{name}-{topic.lower().replace('_', '-')}"
        for topic in ("TRANSACTIONS", "DECISIONS", "DEAD_LETTERS", "LABELS")
    }
    _risk("topics", "create", **topics)
    told = _risk("simulate", "--kafka", "--count", str(COUNT), **topics)
    sent = float(told.split("(")[1].split("/s")[0].replace(",", ""))
    return [("into Kafka, start included", sent, "payments/s")]


def _risk(*words: str, **environment: str) -> str:
    command = [sys.executable, "-m", "risk", *words]
    done = subprocess.run(
        command, env=os.environ | environment, check=True, capture_output=True, text=True
    )
    return done.stderr


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    report("world", [*worlds(), *memory(), *kafka()], __doc__ or "")
