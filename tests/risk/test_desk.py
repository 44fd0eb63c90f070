"""The desk under one seed: kills, zombies and hand-overs at any turn of the loop.

Whatever happens, a reader that keeps the mark gets each offset's decision once, in order per
payer, and the same as a pipeline gives that was never interrupted.
"""

import asyncio
import random
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.asking_book import write_book
from fakes.clerk import FakeClerk, answered
from fakes.keeper import FakeKeeper
from fakes.log import FakeLog, FakeProducer
from fakes.states import Kept, kept

from risk.assembly import build_pipeline
from risk.decision import Decision, decode
from risk.pipeline import Arrival
from risk.reader import Mark, parse_low, parse_src
from risk.settings import Settings
from risk.state.stamp import Unusable
from risk.state.store import StoreFailed
from risk.worker.checkpoints import Checkpoints
from risk.worker.desk import StreamDesk
from risk.worker.feed import LabelFeed
from risk.worker.metrics import Metrics
from risk.worker.restore import arrival_of, fold_log, read_answers

COUNT = 40
SEEDS = range(60)


def payment(number: int, payer: int) -> bytes:
    text = {
        "id": f"t{number}",
        "time": f"2026-03-01T10:{number % 60:02}:00Z",
        "kind": "transfer",
        "amount": f"{10 + 9 * number}.00",
        "currency": "EUR",
        "payer": {"id": f"p{payer}"},
        "payee": {"id": f"q{number % 7}"},
        "memo": ("rent", "flowers for you", "chairs")[number % 3],
    }
    return msgspec.json.encode(text)


def fill(log: FakeLog, settings: Settings, dice: random.Random) -> None:
    """Payments of five payers, some sent twice, some that are none."""
    for number in range(COUNT):
        payer = dice.randrange(5)
        value = payment(number, payer)
        if number and dice.random() < 0.15:
            earlier = dice.choice(log.records[settings.topic_transactions, 0])
            log.append(settings.topic_transactions, 0, earlier.key, earlier.value)
        elif dice.random() < 0.1:
            log.append(settings.topic_transactions, 0, b"p%d" % payer, b"{" + value)
        else:
            log.append(settings.topic_transactions, 0, b"p%d" % payer, value)


class Cluster:
    """The group's one partition: who owns it, and what is committed."""

    def __init__(
        self, folder: Path, seed: int, book: Path | None = None, *, asks: bool = False
    ) -> None:
        self.asks = asks
        self.dice = random.Random(seed)
        self.log = FakeLog()
        self.folder = folder / "state"
        settings = Settings(
            state_dir=folder,
            max_attempts=100,
            in_flight=8,
            checkpoint_seconds=1e-6,
            book=write_book(folder / "book") if asks else book,
        )
        # so few may stay in memory that most are read back from the checkpoint
        self.settings = settings.model_copy(update={"resident": 2})
        fill(self.log, self.settings, self.dice)
        self.committed = 0
        self.used_checkpoint = False
        self.owner: Writer | None = None

    def end(self) -> int:
        return len(self.log.records[self.settings.topic_transactions, 0])


class Writer:
    """One worker process: its desk and tasks, and the right to commit while it owns."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.tasks: list[asyncio.Task[None]] = []
        self.keeper = FakeKeeper(cluster.folder)
        self.pipeline = build_pipeline(cluster.settings)
        metrics = Metrics()
        self.desk = StreamDesk(
            cluster.settings,
            self.pipeline,
            FakeProducer(cluster.log, lambda: cluster.dice.randrange(4)),  # type: ignore[arg-type]
            cluster.log,
            Checkpoints(cluster.settings, self.pipeline, self.keeper, metrics),
            LabelFeed(
                "labels",
                self.pipeline,
                cluster.log if self.pipeline.reads_labels else None,
                metrics,
                self._spawn,
            ),
            metrics,
            self._settle,
            self._spawn,
            self._clerk(),
        )
        self.feed: asyncio.Task[None] | None = None
        self.due = -1
        self.is_member = False

    def _clerk(self) -> Any:
        """Who answers what waits, after so many turns that kills fall before and after."""
        dice = self.cluster.dice
        turns = lambda: dice.randrange(60)  # noqa: E731
        return FakeClerk(self.pipeline, turns, self._spawn) if self.cluster.asks else None

    def own(self) -> None:
        """Become the owner and go on from what is committed."""
        self.cluster.owner = self
        self._spawn(self._return(self.feed))

    async def _return(self, before: "asyncio.Task[None] | None") -> None:
        """Notice the rebalance, as a consumer does: revoked, then assigned, then fetching."""
        self.is_member = False
        if before is not None:
            await self.desk.release([0], self._nothing)
            await before
        self.due, self.is_member = -1, True
        self.desk.assign([0])
        if self.cluster.owner is self:
            self.feed = asyncio.ensure_future(self._feed(self.cluster.committed))
            self.tasks.append(self.feed)
            self._spawn(self._commit())

    def kill(self) -> None:
        """As `kill -9`: every task ends where it is."""
        self.keeper.kill()
        for task in self.tasks:
            task.cancel()

    def is_well(self) -> bool:
        """Whether no task has ended for the only reason that may end one: a damaged disk.

        In the real worker it would have ended the process.
        """
        for task in self.tasks:
            if task.done() and not task.cancelled() and task.exception() is not None:
                assert isinstance(task.exception(), (Unusable, StoreFailed)), task.exception()
                return False
        return True

    async def stop(self) -> None:
        """Give the partition up in order, as at a normal end."""
        await self.desk.release([0], self._nothing)

    def _settle(self, partition: int, next_offset: int) -> None:
        self.due = next_offset

    async def _commit(self) -> None:
        """Commit now and then what was settled; Kafka refuses who does not own."""
        while True:
            for _ in range(self.cluster.dice.randrange(20)):
                await asyncio.sleep(0)
            is_owner = self.cluster.owner is self and self.is_member
            if is_owner and self.due > self.cluster.committed:
                self.cluster.committed = self.due
                self.desk.committed(0, self.due)
            await asyncio.sleep(0)

    async def _nothing(self) -> None:
        """A partition that is gone cannot be committed any more."""

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self.tasks.append(asyncio.ensure_future(work))
        return self.tasks[-1]

    async def _feed(self, at: int) -> None:
        records = self.cluster.log.records[self.cluster.settings.topic_transactions, 0]
        while at < len(records):
            if self.cluster.owner is not self and self.cluster.dice.random() < 0.5:
                return  # a zombie notices sooner or later
            if asyncio.current_task() is not self.feed:
                return
            most = self.cluster.dice.randrange(1, 6)
            batch = [arrival_of(record) for record in records[at : at + most]]
            await self.desk.take({0: batch})
            await self.desk.relief([0])
            at += len(batch)
            await asyncio.sleep(0)


def damage(cluster: Cluster) -> None:
    """What a bad disk or a careless person does to a checkpoint: cut, lost, bits turned."""
    for path in cluster.folder.glob("*.db*"):
        content = bytearray(path.read_bytes())
        fate = cluster.dice.choice(("cut", "lose", "turn", "spare"))
        if fate == "lose":
            path.unlink()
        if fate == "cut":
            path.write_bytes(content[: len(content) // 2])
        if fate == "turn" and content:
            for _ in range(9):
                content[cluster.dice.randrange(len(content))] ^= 1 << cluster.dice.randrange(8)
            path.write_bytes(content)


async def live(cluster: Cluster) -> None:
    """Kills, zombies and hand-overs until everything is committed."""
    writers = [Writer(cluster)]
    writers[0].own()
    for _ in range(cluster.dice.randrange(1, 7)):
        for _ in range(cluster.dice.randrange(400)):
            await asyncio.sleep(0)
        hit(cluster, writers)
    async with asyncio.timeout(20):
        while cluster.committed < cluster.end():
            await asyncio.sleep(0)
            if not writers[-1].is_well():
                hit(cluster, writers, "kill")
    await writers[-1].stop()
    for writer in writers:
        writer.kill()


def hit(cluster: Cluster, writers: list[Writer], fate: str = "") -> None:
    """One fault: the owner dies, or stays as a zombie, or hands the partition back."""
    fate = fate or cluster.dice.choice(("kill", "zombie", "back"))
    if fate == "kill":
        writers.pop().kill()
        if not writers and cluster.dice.random() < 0.3:
            damage(cluster)
    if fate == "back" and len(writers) > 1:
        writers.insert(0, writers.pop())
    else:
        writers.append(Writer(cluster))
    writers[-1].own()


def accepted(cluster: Cluster) -> list[Decision]:
    """What a reader takes, in its order."""
    mark, found = Mark(), []
    for record in cluster.log.records[cluster.settings.topic_decisions, 0]:
        headers = dict(record.headers)
        place = parse_src(headers["src"])
        assert place is not None
        assert record.value is not None
        if mark.accept(place[0], place[2], parse_low(headers["low"])):
            found.append(decode(record.value))
    return found


def untimed(decision: Decision) -> Decision:
    return msgspec.structs.replace(decision, timings_us={})


@pytest.mark.parametrize("asks", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_doubled_or_changed_by_crashes(
    seed: int, asks: bool, tmp_path: Path
) -> None:
    """Each offset once, each payer in order, each decision as if nothing had happened.

    Also where payments wait for an answer, whatever dies meanwhile.
    """
    cluster = Cluster(tmp_path, seed, asks=asks)
    asyncio.run(live(cluster))
    found = accepted(cluster)
    arrivals: list[Arrival] = [
        arrival_of(record)
        for record in cluster.log.records[cluster.settings.topic_transactions, 0]
    ]
    serial = build_pipeline(cluster.settings)
    if asks:
        expected = answered(serial, arrivals)
    else:
        expected = [answer.decision for answer in serial.take(arrivals)]
    by_offset = sorted(found, key=lambda decision: decision.source.offset)
    assert [untimed(decision) for decision in expected] == [
        untimed(found) for found in by_offset
    ]
    for payer in {decision.payer_id for decision in found}:
        offsets = [d.source.offset for d in found if d.payer_id == payer]
        assert payer is None or offsets == sorted(offsets)
    refused = {decision.source.offset for decision in found if decision.transaction_id is None}
    buried = {
        parse_src(dict(record.headers)["src"])
        for record in cluster.log.records[cluster.settings.topic_dead_letters, 0]
    }
    assert {("1", 0, offset) for offset in refused} == buried
    assert kept(serial.shard(0)) == asyncio.run(restored(cluster))


async def restored(cluster: Cluster) -> Kept:
    """All that the next worker would know: what is stored, and the log folded from there."""
    pipeline, end, topic = build_pipeline(cluster.settings), cluster.end(), "transactions"
    keeper = FakeKeeper(cluster.folder)
    checkpoints = Checkpoints(cluster.settings, pipeline, keeper, Metrics())
    found = await checkpoints.take_up(0, 0, end)
    pipeline.replace(0, found.shard)
    log, start = cluster.log, found.start or 0
    answers = await read_answers(log, cluster.settings, 0, start)
    await fold_log(log, topic, pipeline, 0, start, end, answers, lambda _: True)
    cluster.used_checkpoint = found.start is not None
    return kept(found.shard, cluster.folder / "transactions-0.db")


def test_most_restarts_find_a_checkpoint(tmp_path: Path) -> None:
    """So the law above is about checkpoints, not only about folding the whole log."""
    found = 0
    for seed in range(6):
        cluster = Cluster(tmp_path / str(seed), seed)
        asyncio.run(live(cluster))
        asyncio.run(restored(cluster))
        found += cluster.used_checkpoint
    assert found >= 3
