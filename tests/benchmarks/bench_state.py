"""State of a million payers: start, checkpoints beside the stream, memory, restores.

Needs no broker. The store is made of 500 payers' real states (58 payments in 30 days each),
written again under other names. BENCH_ENTITIES changes the million, BENCH_TOUCH how many of
them then pay once, with a checkpoint after each 100,000.
"""

import asyncio
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from figures import Figure, report

from risk.assembly import build_pipeline
from risk.ledger import Entry, FirstAnswer, Ledger
from risk.pipeline import Arrival, Pipeline
from risk.settings import Settings
from risk.state.keeper import ScribeKeeper
from risk.state.stamp import Scope, Stamp, file_name, plan_hash
from risk.state.store import Store
from risk.worker.checkpoints import Checkpoints
from risk.worker.metrics import Metrics

ENTITIES = int(os.environ.get("BENCH_ENTITIES", "1000000"))
TOUCH = int(os.environ.get("BENCH_TOUCH", "500000"))
KINDS, PAYMENTS, DIRTY, BATCH = 500, 58, 20_000, 16
DAY = 86_400


def arrival(number: int, payer: int, day: float) -> Arrival:
    """One card payment."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_767_225_600 + int(day * DAY)))
    text = {
        "id": f"t{number}",
        "time": at,
        "kind": "card",
        "amount": f"{number * 37 % 200}.{number % 100:02}",
        "currency": "EUR",
        "payer": {"id": f"payer-{payer:09}"},
        "merchant": {"id": f"m{number * 31 % 97}"},
        "device": {"id": f"d{payer % 7}"},
    }
    key = f"payer-{payer:09}".encode()
    return Arrival(0, number, key, json.dumps(text).encode())


class Progress:
    """How far the log was taken."""

    next, labels = 1, 0


def settings_of(folder: Path) -> Settings:
    """The worker's settings with its state in a folder."""
    return Settings(state_dir=folder, known_ids=100_000)


def scope_of(settings: Settings, pipeline: Pipeline) -> Scope:
    """What the checkpoint of partition 0 is of."""
    return Scope(
        topic=settings.topic_transactions,
        epoch=settings.topic_epoch,
        partition=0,
        plan=plan_hash(pipeline.plan),
        currency=pipeline.currency,
    )


def build(folder: Path) -> tuple[float, float]:
    """Write the store; returns bytes an entity and bytes on disk."""
    settings, dice = settings_of(folder), random.Random(1)
    pipeline = build_pipeline(settings)
    number = 0
    for payer in range(KINDS):
        for day in sorted(dice.uniform(0, 30) for _ in range(PAYMENTS)):
            pipeline.take([arrival(number, payer, day)])
            number += 1
    changes = pipeline.shard(0).changes()
    states = list(changes.states)
    payers = [content for kind, _, content in states if kind == "payer"]
    scope = scope_of(settings, pipeline)
    stamp = Stamp(
        scope=scope,
        offset=1,
        history=changes.origin,
        ledger_first=changes.ledger_first,
        ledger_next=changes.ledger_next,
    )
    path = folder / "state" / file_name(scope)
    store = Store(path)
    store.commit([row for row in states if row[0] != "payer"], changes.lines, stamp)
    for begin in range(0, ENTITIES, 50_000):
        rows = [
            ("payer", f"payer-{one:09}", payers[one % len(payers)])
            for one in range(begin, min(ENTITIES, begin + 50_000))
        ]
        store.commit(rows, (), stamp)
    store.close()
    return statistics.fmean(map(len, payers)), path.stat().st_size


async def start(folder: Path) -> tuple[Pipeline, Checkpoints, ScribeKeeper]:
    """What a worker does before its first decision."""
    settings = settings_of(folder)
    pipeline = build_pipeline(settings)
    keeper = ScribeKeeper(folder / "state", None, 300)
    checkpoints = Checkpoints(settings, pipeline, keeper, Metrics())
    found = await checkpoints.take_up(0, 0, 2**62)
    if found.start is None:
        raise SystemExit("the checkpoint was not used")
    pipeline.replace(0, found.shard)
    return pipeline, checkpoints, keeper


async def first(folder: Path) -> None:
    """In a process of its own: one decision, then end."""
    pipeline, _, keeper = await start(folder)
    [answer] = pipeline.take([arrival(1, 123_456 % ENTITIES, 31)])
    if "payer_count_7d" not in answer.decision.values["history"]:
        raise SystemExit("the payer was not known")
    print("decided", flush=True)
    await keeper.stop()


def time_to_first(folder: Path) -> float:
    """Seconds from the start of a process to its first decision."""
    begin = time.perf_counter()
    command = [sys.executable, __file__, "first", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - begin
    assert line == "decided\n", line
    return seconds


async def stream(
    pipeline: Pipeline, seconds: float, dice: random.Random, most: int
) -> list[float]:
    """Decide batches; returns the milliseconds from turn to turn of the loop."""
    gaps, last = [], time.perf_counter()
    end = last + seconds
    while (now := time.perf_counter()) < end:
        gaps.append((now - last) * 1e3)
        last = now
        batch = []
        for _ in range(BATCH):
            Progress.next += 1
            batch.append(arrival(Progress.next, dice.randrange(most), 31))
        pipeline.take(batch)
        await asyncio.sleep(0)
    return gaps


async def stalls(folder: Path) -> list[Figure]:
    """The longest gaps of the loop with a checkpoint and without, interleaved."""
    pipeline, checkpoints, keeper = await start(folder)
    dice, place = random.Random(2), Progress()
    worst: dict[bool, list[float]] = {True: [], False: []}
    took: list[float] = []
    for one in range(DIRTY // BATCH + 1):  # warm: every entity of the rounds is in memory
        some = [arrival(one * BATCH + i, (one * BATCH + i) % DIRTY, 31) for i in range(BATCH)]
        pipeline.take(some)
    for _ in range(5):
        worst[False].append(max(await stream(pipeline, 2, dice, DIRTY)))
        for one in range(0, DIRTY, BATCH):
            Progress.next += BATCH
            pipeline.take([arrival(Progress.next + i, one + i, 31) for i in range(BATCH)])
        begin = time.perf_counter()
        checkpoints.committed(0, Progress.next + 10**9)
        work = asyncio.create_task(checkpoints.write(0, place))
        gaps = await stream(pipeline, 2, dice, DIRTY)
        await work
        took.append(time.perf_counter() - begin)
        worst[True].append(max(gaps))
    await checkpoints.close(0, None)
    await keeper.stop()
    name = f"longest gap, {DIRTY:,} dirty"
    return [
        (f"{name}, median of 5", statistics.median(worst[True]), "ms"),
        (f"{name}, worst of 5", max(worst[True]), "ms"),
        ("the same without a checkpoint, median", statistics.median(worst[False]), "ms"),
        ("the same without a checkpoint, worst", max(worst[False]), "ms"),
    ]


async def memory(folder: Path) -> list[Figure]:
    """What entities weigh once they are loaded."""
    pipeline, checkpoints, keeper = await start(folder)
    before, begin, most = rss(), time.process_time(), 0.0
    checkpoints.committed(0, 2**62)
    for one in range(0, TOUCH, BATCH):
        pipeline.take([arrival(10**9 + one + i, one + i, 31) for i in range(BATCH)])
        if one % (100_000 - 100_000 % BATCH) == 0:
            Progress.next += 1
            most = max(most, rss())
            await checkpoints.write(0, Progress())
    cpu = (time.process_time() - begin) / TOUCH * 1e6
    most = max(most, rss())
    await checkpoints.close(0, None)
    await keeper.stop()
    return [
        ("resident after the start", before / 2**20, "MiB"),
        (f"at most, while {TOUCH:,} payers pay for the first time", most / 2**20, "MiB"),
        ("a decision with a first touch, CPU", cpu, "us"),
    ]


def rss() -> float:
    """Resident bytes of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def ledger() -> Figure:
    """100,000 remembered payments, each with an answer of its own id and one of 50 reasons."""
    tracemalloc.start()
    kept = Ledger(100_000)
    for number in range(100_000):
        answer = FirstAnswer(f"{number:032x}", "approve", None, number % 50)
        kept.remember(number.to_bytes(16, "little"), Entry(f"payment-{number:012}", answer))
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return "ledger of 100,000 payments", size / 2**20, "MiB"


def main() -> None:
    """Build, measure, print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begin = time.perf_counter()
        each, size = build(folder)
        figures: list[Figure] = [
            ("stored state of a payer", each, "B"),
            ("store", size / 2**20, "MiB"),
            ("written in", time.perf_counter() - begin, "s"),
        ]
        firsts = [time_to_first(folder) for _ in range(3)]
        figures.append(
            ("process start to first decision, median of 3", statistics.median(firsts), "s")
        )
        figures += asyncio.run(memory(folder))
        figures += asyncio.run(stalls(folder))
        figures.append(ledger())
    report(
        "state",
        figures,
        f"{ENTITIES:,} payers of {PAYMENTS} payments in 30 days, default book, one partition; "
        "the stream decides batches of 16 in the same process, the scribe writes in its own.",
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["first"]:
        asyncio.run(first(Path(sys.argv[2])))
    else:
        main()
