"""Labels at the desk: recorded positions make one log of two, through crashes too."""

import asyncio
import runpy
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.keeper import FakeKeeper
from fakes.states import Kept, kept

from risk.assembly import build_bench, build_pipeline, default_book
from risk.decide import Bench
from risk.decision import Decision
from risk.labels import Heard, Positions
from risk.ledger import first_answer
from risk.settings import Settings
from risk.worker.checkpoints import Checkpoints
from risk.worker.feed import LabelFeed, LabelsLost
from risk.worker.metrics import Metrics
from risk.worker.restore import arrival_of, fold_log, read_answers

desk = runpy.run_path(str(Path(__file__).with_name("test_desk.py")))
Cluster, Writer, accepted, untimed, hit = (
    desk[name] for name in ("Cluster", "Writer", "accepted", "untimed", "hit")
)
SEEDS = range(24)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default book, with values by labels of 2 minutes and older."""
    folder = Path(shutil.copytree(default_book(), tmp_path_factory.mktemp("b") / "book"))
    file = folder / "book.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace(
            "velocities:\n",
            "velocities:\n"
            "  payee_frauds: {fn: label_count, by: payee, window: 20m, delay: 2m}\n"
            "  payer_fraud_rate: {fn: label_rate, by: payer, window: 20m, delay: 2m}\n",
        ),
        encoding="utf-8",
    )
    return folder


@pytest.fixture(scope="module")
def bench(book: Path) -> Bench:
    return build_bench(book)


def label(dice: Any, number: int) -> bytes:
    """One of a payment so far, or of nobody; known then or later; some are none at all."""
    if dice.random() < 0.1:
        return b'{"transaction_id": "t1", "label": "maybe"}'
    known = number % 60 + dice.randrange(6)
    text = {
        "transaction_id": f"t{number}" if dice.random() < 0.9 else "nobody",
        "label": dice.choice(["fraud", "fraud", "genuine"]),
        "known_at": f"2026-03-01T10:{min(known, 59):02}:30Z",
        "source": dice.choice(["reviewer", "issuer"]),
    }
    return msgspec.json.encode(text)


async def live(cluster: Any, fates: tuple[str, ...]) -> None:
    """As payments pass, labels come; workers die, are left as zombies, hand over."""
    writers = [Writer(cluster)]
    writers[0].own()
    teller = asyncio.ensure_future(tell(cluster))
    for _ in range(cluster.dice.randrange(1, 6)):
        for _ in range(cluster.dice.randrange(300)):
            await asyncio.sleep(0)
        hit(cluster, writers, cluster.dice.choice(fates))
    async with asyncio.timeout(20):
        while cluster.committed < cluster.end():
            await asyncio.sleep(0)
            if not writers[-1].is_well():
                hit(cluster, writers, "kill")
    teller.cancel()
    await writers[-1].stop()
    for writer in writers:
        writer.kill()


async def tell(cluster: Any) -> None:
    """Two labels a payment, about as fast as payments are decided."""
    for number in range(desk["COUNT"] * 2):
        while len(cluster.log.records["decisions", 0]) < number // 2 - 2:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0)
        cluster.log.append("labels", 0, b"p", label(cluster.dice, number // 2))


def heard(cluster: Any) -> list[Heard]:
    found = cluster.log.records["labels", 0]
    return [Heard(record.offset, record.value, record.timestamp) for record in found]


def alone(cluster: Any, bench: Bench, decision: Decision, answers: Any) -> Decision:
    """One payment decided by a fresh pipeline: all before it, then the labels that it saw."""
    pipeline = build_pipeline(cluster.settings, bench)
    for record in cluster.log.records["transactions", 0][: decision.source.offset]:
        pipeline.fold(arrival_of(record), answers[record.offset])
    assert decision.labels is not None
    pipeline.learn(0, heard(cluster)[: decision.labels])
    record = cluster.log.records["transactions", 0][decision.source.offset]
    [answer] = pipeline.take([arrival_of(record)])
    found: Decision = untimed(answer.decision)
    return msgspec.structs.replace(found, labels=decision.labels)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_decision_saw_just_the_labels_that_it_records(
    seed: int, tmp_path: Path, book: Path, bench: Bench
) -> None:
    """Whatever died, and whoever wrote it: payments before it and its position say all."""
    cluster = Cluster(tmp_path, seed, book)
    asyncio.run(live(cluster, ("kill", "zombie", "back")))
    found = accepted(cluster)
    answers = {one.source.offset: first_answer(one) for one in found}
    assert [untimed(one) for one in found] == [
        alone(cluster, bench, one, answers) for one in found
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_serial_fold_by_the_positions_gives_the_decisions_and_the_state(
    seed: int, tmp_path: Path, book: Path, bench: Bench
) -> None:
    """After kills and hand-overs; positions never fall."""
    cluster = Cluster(tmp_path, seed, book)
    asyncio.run(live(cluster, ("kill", "back")))
    found = sorted(accepted(cluster), key=lambda one: one.source.offset)
    positions = [one.labels or 0 for one in found]
    assert positions == sorted(positions)
    serial, expected, told = build_pipeline(cluster.settings, bench), [], heard(cluster)
    for record, until in zip(cluster.log.records["transactions", 0], positions, strict=True):
        serial.learn(0, told[serial.shard(0).labels : until])
        expected += [answer.decision for answer in serial.take([arrival_of(record)])]
    assert [untimed(one) for one in found] == [untimed(one) for one in expected]
    assert kept(serial.shard(0)) == asyncio.run(restored(cluster, bench))


async def restored(cluster: Any, bench: Bench) -> Kept:
    """All that the next worker would know, before it decides anything."""
    pipeline, end = build_pipeline(cluster.settings, bench), cluster.end()
    checkpoints = Checkpoints(cluster.settings, pipeline, FakeKeeper(cluster.folder), Metrics())
    found = await checkpoints.take_up(0, 0, end)
    pipeline.replace(0, found.shard)
    start, positions = found.start or 0, Positions()
    answers = await read_answers(cluster.log, cluster.settings, 0, start, positions)
    feed = LabelFeed("labels", pipeline, cluster.log, Metrics(), asyncio.ensure_future)
    await feed.open(0)

    async def before(offset: int) -> None:
        await feed.take_up_to(0, positions.at(offset))

    await fold_log(
        cluster.log, "transactions", pipeline, 0, start, end, answers, lambda _: True, before
    )
    feed.close(0)
    return kept(found.shard, cluster.folder / "transactions-0.db")


def test_the_runs_above_saw_labels(tmp_path: Path, book: Path) -> None:
    """So the laws are about them: some know frauds, at positions between none and all."""
    known, positions = 0, set()
    for seed in range(4):
        cluster = Cluster(tmp_path / str(seed), seed, book)
        asyncio.run(live(cluster, ("kill", "back")))
        for one in accepted(cluster):
            positions.add(one.labels)
            rate = one.values["history"].get("payer_fraud_rate", 0) if one.values else 0
            known += float(rate) > 0
    assert known >= 8
    assert len(positions) > 10


def test_a_labels_topic_that_was_made_anew_is_named(book: Path, bench: Bench) -> None:
    """Decisions saw labels that it does not hold: no value could be the same again."""
    from fakes.log import FakeLog

    async def listen() -> None:
        pipeline = build_pipeline(Settings(book=book), bench)
        log = FakeLog()
        log.append("labels", 0, b"p", b"{}")
        feed = LabelFeed("labels", pipeline, log, Metrics(), asyncio.ensure_future)
        await feed.open(0)
        await feed.take_up_to(0, 1)
        assert pipeline.shard(0).labels == 1
        with pytest.raises(LabelsLost, match="it ends at 1: it was made anew"):
            await feed.take_up_to(0, 2)
        feed.close(0)
        pipeline.shard(0).labels = 7
        with pytest.raises(LabelsLost, match="were read up to 7"):
            await feed.open(0)

    asyncio.run(listen())


def test_no_more_labels_than_may_be_are_at_hand(
    book: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fetching waits until some were taken in; what a decision saw is fetched all the same."""
    from fakes.log import FakeLog

    monkeypatch.setattr("risk.worker.feed.MOST", 3)

    async def listen() -> None:
        pipeline = build_pipeline(Settings(book=book), bench)
        log = FakeLog()
        feed = LabelFeed("labels", pipeline, log, Metrics(), asyncio.ensure_future)
        await feed.open(0)
        for _ in range(12):
            log.append("labels", 0, b"p", b"{}")
        await turns()
        feed.take(0)
        assert pipeline.shard(0).labels == 3
        await feed.hold(0, 9)
        await turns()
        feed.take(0, 8)
        assert pipeline.shard(0).labels == 8
        await turns()
        feed.take(0)
        assert pipeline.shard(0).labels == 11
        feed.close(0)

    async def turns() -> None:
        for _ in range(100):
            await asyncio.sleep(0)

    asyncio.run(listen())


def test_labels_that_retention_took_are_passed_over(book: Path, bench: Bench) -> None:
    """What is gone was read by nobody: the log says so, and what is left is taken."""
    from fakes.log import FakeLog

    async def listen() -> None:
        pipeline = build_pipeline(Settings(book=book), bench)
        log = FakeLog()
        for _ in range(5):
            log.append("labels", 0, b"p", b"{}")
        log.begins["labels", 0] = 3
        feed = LabelFeed("labels", pipeline, log, Metrics(), asyncio.ensure_future)
        await feed.open(0)
        await feed.catch_up(0)
        feed.take(0)
        assert pipeline.shard(0).labels == 5
        feed.close(0)

    asyncio.run(listen())
