"""The desk with a scripted model behind HTTP: who waits, what they get, what is left behind."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes.asking_book import claim, payment, write_book
from fakes.log import FakeLog, FakeProducer
from llm.faults import FAULTS
from llm.server import Answer, Script, Server, readings, serving

from features.llm.record import Record
from features.llm.record import decode as decode_record
from risk.again import again
from risk.assembly import build_bench, build_pipeline
from risk.decision import Decision, decode, encode
from risk.pipeline import Arrival
from risk.revision import Revision
from risk.revision import decode as decode_revision
from risk.settings import Settings
from risk.worker.asking_metrics import AskingMetrics
from risk.worker.checkpoints import Checkpoints
from risk.worker.clerk import Clerk
from risk.worker.desk import StreamDesk
from risk.worker.feed import LabelFeed
from risk.worker.journal import Journal
from risk.worker.metrics import Metrics
from risk.worker.model import build_model

MATTERS = "{ask: when-it-matters, deadline_ms: 1500}"
SHORT = "{ask: when-it-matters, deadline_ms: 60}"


class Worker:
    """A desk with everything that asks, on a log in memory."""

    def __init__(self, folder: Path, server: Server, llm: str, more: Mapping[str, Any]) -> None:
        self.folder = write_book(folder / "book", llm)
        self.settings = Settings(
            state_dir=folder,
            checkpoint_seconds=0,
            book=self.folder,
            llm_backend="openai",
            llm_endpoint=server.endpoint,
            llm_model="m",
            llm_price_miss=0.15,
            **more,
        )
        self.log = FakeLog()
        self.tasks: list[asyncio.Task[None]] = []
        self.pipeline = build_pipeline(self.settings)
        self.metrics = Metrics()
        producer: Any = FakeProducer(self.log, lambda: 1)
        self.journal = Journal(producer, self.settings)
        model = build_model(self.settings, self.journal.record)
        assert model is not None
        self.model = model
        asking = AskingMetrics(self.metrics.registry)
        asking.watch(model.extractor.counts)
        self.metrics.also(asking.decided)
        self.failures: list[Exception] = []
        self.clerk = Clerk(
            self.pipeline,
            model,
            self.journal,
            asking,
            self.metrics.decided,
            self.failures.append,
        )
        self.desk = StreamDesk(
            self.settings,
            self.pipeline,
            producer,
            self.log,
            Checkpoints(self.settings, self.pipeline, None, self.metrics),
            LabelFeed("labels", self.pipeline, None, self.metrics, self.spawn),
            self.metrics,
            lambda partition, offset: None,
            self.spawn,
            self.clerk,
        )
        self.spawn(self.journal.readings())
        self.spawn(self.journal.revisions())
        self.count = 0

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        self.tasks.append(asyncio.ensure_future(work))
        return self.tasks[-1]

    async def take(self, *payments: tuple[str, bytes]) -> None:
        """Take payments as (payer, value), in one batch."""
        arrivals = []
        for payer, value in payments:
            arrivals.append(Arrival(0, self.count, payer.encode(), value))
            self.count += 1
        await self.desk.take({0: arrivals})

    def decisions(self) -> list[Decision]:
        """In the order in which they left."""
        records = self.log.records[self.settings.topic_decisions, 0]
        return [decode(record.value or b"") for record in records]

    def revisions(self) -> list[Revision]:
        records = self.log.records[self.settings.topic_revisions, 0]
        return [decode_revision(record.value or b"") for record in records]

    def readings(self) -> list[Record]:
        records = self.log.records[self.settings.topic_reading_log, 0]
        return [decode_record(record.value or b"") for record in records]

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait for something that must come."""
        async with asyncio.timeout(10):
            while not holds():  # noqa: ASYNC110 # anything may be waited for
                await asyncio.sleep(0.005)

    async def end(self) -> None:
        await self.clerk.close()
        assert not self.failures
        for task in self.tasks:
            if task.done():
                task.result()
            task.cancel()


@asynccontextmanager
async def working(
    folder: Path, script: Script | Answer, llm: str = MATTERS, **more: Any
) -> AsyncIterator[Worker]:
    async with serving(script) as server:
        worker = Worker(folder, server, llm, more)
        try:
            yield worker
        finally:
            await worker.end()


def run(work: Awaitable[None]) -> None:
    async def act() -> None:
        await work

    asyncio.run(act())


def statuses(decisions: Sequence[Decision]) -> list[str | None]:
    return [decision.llm.status if decision.llm else None for decision in decisions]


def test_a_payment_waits_only_if_the_answer_can_change_its_outcome(tmp_path: Path) -> None:
    """Small ones, those without a memo and those rejected already are decided at once."""

    async def act() -> None:
        async with working(tmp_path, readings(claim)) as worker:
            await worker.take(
                ("a", payment(1, "a", 50, "flowers for you")),
                ("b", payment(2, "b", 500, None)),
                ("c", payment(3, "c", 500, "flowers for you")),
                ("d", payment(4, "d", 2000, "bitcoin wallet")),
            )
            await worker.desk.drain()
            by_id = {one.transaction_id: one for one in worker.decisions()}
            assert ["not_needed", "none", "answered", "not_needed"] == statuses(
                [by_id[f"t{n}"] for n in range(1, 5)]
            )
            assert ["approve", "approve", "review", "reject"] == [
                by_id[f"t{n}"].outcome for n in range(1, 5)
            ]
            answered = by_id["t3"]
            assert answered.llm is not None
            assert answered.llm.local == answered.llm.without_text == "approve"
            assert answered.llm.tokens > 0 < answered.llm.cost
            assert answered.values["llm"]["text.romance"] is True
            assert answered.values["local"]["text.romance"] is False
            assert "m" == answered.llm.reader.name  # type: ignore[union-attr]
            bench = build_bench(worker.folder)
            for decision in worker.decisions():
                plain = decode(encode(decision))
                plain.timings_us.clear()
                assert encode(plain) == encode(again(plain, bench))

    run(act())


def test_the_same_memo_is_asked_about_once_and_then_known(tmp_path: Path) -> None:
    """The second payment does not wait; a worker that starts again finds it on disk."""

    async def act() -> None:
        async with working(tmp_path, readings(claim)) as worker:
            for number in range(2):
                await worker.take(("a", payment(number, "a", 500, "flowers for you")))
                await worker.desk.drain()
            assert ["answered", "cached"] == statuses(worker.decisions())
            assert ["review"] * 2 == [one.outcome for one in worker.decisions()]
        async with working(tmp_path, readings(claim)) as worker:
            await worker.take(("a", payment(7, "a", 500, "flowers for you")))
            await worker.desk.drain()
            assert ["cached"] == statuses(worker.decisions())

    run(act())


def test_who_waits_holds_back_its_own_payer_only(tmp_path: Path) -> None:
    """Order per payer: the other one's payments leave while it waits."""

    async def act() -> None:
        async with working(tmp_path, readings(claim, after=0.3)) as worker:
            await worker.take(
                ("a", payment(1, "a", 500, "flowers for you")),
                ("a", payment(2, "a", 5, None)),
                ("b", payment(3, "b", 5, None)),
            )
            await worker.until(lambda: worker.decisions())
            assert ["t3"] == [one.transaction_id for one in worker.decisions()]
            await worker.desk.drain()
            assert ["t3", "t1", "t2"] == [one.transaction_id for one in worker.decisions()]

    run(act())


def test_a_repeat_of_a_payment_that_waits_gets_the_same_answer(tmp_path: Path) -> None:
    """It waits too, in the same batch, in a later one, and when nobody is to be asked."""

    async def act() -> None:
        async with working(tmp_path, readings(claim, after=0.1)) as worker:
            first = ("a", payment(1, "a", 500, "flowers for you"))
            await worker.take(first, first)
            await worker.take(first)
            await worker.desk.drain()
            await worker.take(first)
            await worker.desk.drain()
            found = worker.decisions()
            assert ["review"] * 4 == [one.outcome for one in found]
            assert [None, *[found[0].id] * 3] == [one.duplicate_of for one in found]

    async def broke() -> None:
        async with working(tmp_path / "broke", readings(claim), llm_usd_a_day=0) as worker:
            first = ("a", payment(1, "a", 500, "flowers for you"))
            await worker.take(first, first)
            await worker.desk.drain()
            assert ["budget", None] == statuses(worker.decisions())

    run(act())
    run(broke())


def test_at_the_deadline_the_local_reading_decides_and_a_late_answer_can_only_tighten(
    tmp_path: Path,
) -> None:
    """One revision for the payment whose outcome gets stricter, after its decision."""

    async def act() -> None:
        async with working(tmp_path, readings(claim, after=0.4), SHORT) as worker:
            await worker.take(
                ("a", payment(1, "a", 500, "flowers for you")),
                ("b", payment(2, "b", 500, "chairs for you")),
            )
            await worker.desk.drain()
            assert ["timeout"] * 2 == statuses(worker.decisions())
            assert ["approve"] * 2 == [one.outcome for one in worker.decisions()]
            await worker.until(lambda: len(worker.readings()) == 2)
            await worker.journal.flush()
            (revision,) = worker.revisions()
            first = next(one for one in worker.decisions() if one.transaction_id == "t1")
            assert (first.id, "approve") == (revision.revises, revision.before)
            assert ("review", "late") == (
                revision.decision.outcome,
                revision.decision.llm.status if revision.decision.llm else None,
            )
            record = worker.log.records[worker.settings.topic_revisions, 0][0]
            assert b"a" == record.key
            plain = revision.decision
            assert encode(plain) == encode(again(plain, build_bench(worker.folder)))

    run(act())


def test_a_book_may_hold_what_nobody_read(tmp_path: Path) -> None:
    """`at_deadline: review`."""

    async def act() -> None:
        policy = "{deadline_ms: 30, at_deadline: review}"
        async with working(tmp_path, readings(claim, after=0.5), policy) as worker:
            await worker.take(("a", payment(1, "a", 500, "chairs")))
            await worker.desk.drain()
            (decision,) = worker.decisions()
            assert ("review", "MEMO-UNREAD") == (decision.outcome, decision.reasons[-1].code)

    run(act())


@pytest.mark.parametrize(
    ("policy", "calls"), [("always", 2), ("when-it-matters", 1), ("never", 0)]
)
def test_a_book_says_when_to_ask(policy: str, calls: int, tmp_path: Path) -> None:
    """Always with a memo, when it matters, or never, and then nothing of it is recorded."""

    async def act() -> None:
        llm = f"{{ask: {policy}, deadline_ms: 1500}}"
        async with working(tmp_path, readings(claim), llm) as worker:
            await worker.take(
                ("a", payment(1, "a", 50, "flowers for you")),
                ("b", payment(2, "b", 500, "flowers for him")),
                ("c", payment(3, "c", 500, None)),
            )
            await worker.desk.drain()
            found = worker.decisions()
            assert calls == sum(status == "answered" for status in statuses(found))
            assert (policy == "never") == all(one.llm is None for one in found)
            assert calls == len({record.key for record in worker.readings()})

    run(act())


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_the_server_does_every_payment_is_answered(fault: str, tmp_path: Path) -> None:
    """Each fault: decided by the local reading, at the deadline at the latest, nothing left."""
    answer, _ = FAULTS[fault]

    async def act() -> None:
        async with working(tmp_path, answer, "{deadline_ms: 100}") as worker:
            for number in range(6):
                memo = f"flowers {number}"
                await worker.take((f"p{number}", payment(number, f"p{number}", 500, memo)))
            await worker.desk.drain()
            found = worker.decisions()
            assert 6 == len({one.id for one in found}) == len(found)
            assert ["approve"] * 6 == [one.outcome for one in found]
            assert set(statuses(found)) <= {"timeout", "invalid", "open"}

    run(act())


def test_what_nobody_expects_ends_the_process(tmp_path: Path) -> None:
    """A mistake of ours while a payment waits is told, not logged and forgotten."""

    async def act() -> None:
        async with working(tmp_path, readings(claim, after=0.1)) as worker:
            await worker.take(("a", payment(1, "a", 500, "flowers for you")))
            worker.pipeline.conclude = None  # type: ignore[assignment,method-assign]
            await worker.until(lambda: worker.failures)
            assert ["TypeError"] == [type(one).__name__ for one in worker.failures]
            worker.failures.clear()

    run(act())


def test_nothing_that_leaves_or_stays_holds_the_text(tmp_path: Path) -> None:
    """Neither the reading log nor a revision nor a metric; ids of the parties do not leave."""

    async def act() -> None:
        async with working(tmp_path, readings(claim, after=0.2), SHORT) as worker:
            memo = "flowers4you to payer-0815 at DE89370400440532013000"
            await worker.take(("payer-0815", payment(1, "payer-0815", 500, memo)))
            await worker.desk.drain()
            await worker.until(lambda: worker.readings())
            kept = b"".join(
                record.value or b""
                for topic in (
                    worker.settings.topic_reading_log,
                    worker.settings.topic_revisions,
                )
                for record in worker.log.records[topic, 0]
            )
            assert b"flowers4you" not in kept

    async def sent() -> None:
        async with serving(readings(claim)) as server:
            worker = Worker(tmp_path / "b", server, MATTERS, {})
            memo = "flowers to payer-0815 at DE89370400440532013000"
            await worker.take(("payer-0815", payment(1, "payer-0815", 500, memo)))
            await worker.desk.drain()
            raw = b"".join(request.raw for request in server.requests)
            assert b"flowers" in raw
            assert b"0815" not in raw
            assert b"DE89370400440532013000" not in raw
            await worker.end()

    run(act())
    run(sent())
