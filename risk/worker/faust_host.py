"""The faust host: faust brings the records and commits; deciding stays outside its agent.

Used as its guide shows, faust acknowledges what raised and commits past what is in flight. So:
raw bytes, one actor, a queue behind the agent, acknowledgements in log order after delivery,
no tables, no declared topics, no web server.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import faust
from faust.tables import TableManager

from risk.pipeline import Arrival
from risk.settings import Settings
from risk.worker.runtime import Desk

log = logging.getLogger("risk.worker")

QUEUE = 1_000
"""Events between faust and the desk before the agent waits."""

MOST = 500
"""Events decided in one batch at most."""

TICK, PER_EVENT, LONGEST = 0.002, 0.0001, 0.01
"""Seconds the drain waits before a batch: faust hands over one event a turn of the loop, and
without the wait every batch would be a batch of one."""


class Commits(TableManager):  # type: ignore[misc]  # faust is skipped by the type checker
    """No tables: faust tells its table manager, and nobody else, which commits Kafka took."""

    told: Callable[[int, int], None] | None = None

    def on_commit(self, offsets: Any) -> None:
        """Pass them on; `offsets` are the next ones to be read."""
        super().on_commit(offsets)
        if self.told is not None:
            for place, offset in offsets.items():
                self.told(place.partition, offset)


async def _nothing() -> None:
    """Faust has dropped the acknowledgements by now; they can be committed no more."""


def build_app(settings: Settings) -> faust.App:
    """A faust app that keeps at-least-once: see the settings' reasons in the module text."""
    folder = settings.state_dir / "faust"
    folder.mkdir(parents=True, exist_ok=True)  # faust makes the last part only
    return faust.App(
        settings.group,
        broker=f"kafka://{settings.bootstrap.replace(',', ';')}",
        store="memory://",
        processing_guarantee="at_least_once",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        autodiscover=False,
        stream_buffer_maxsize=512,
        stream_wait_empty=False,
        broker_commit_interval=settings.commit_seconds,
        broker_commit_every=2_000,
        broker_session_timeout=settings.session_seconds,
        broker_heartbeat_interval=settings.session_seconds / 5,
        broker_rebalance_timeout=20.0,
        broker_max_poll_interval=3_600.0,
        broker_max_poll_records=500,
        consumer_auto_offset_reset="earliest",
        table_standby_replicas=1,
        worker_redirect_stdouts=False,
        datadir=str(folder),
        TableManager=Commits,
    )


class FaustHost:
    """Feeds the desk from a faust agent, acknowledges what it settles."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app = build_app(settings)
        self._queue: deque[Any] = deque()
        self._some = asyncio.Event()
        self._room = asyncio.Event()
        self._unsettled: defaultdict[int, deque[Any]] = defaultdict(deque)
        self._positions: dict[int, int] = {}
        self._assigned: dict[int, Any] = {}

    async def run(self, desk: Desk, stop: asyncio.Event) -> None:
        """Feed the desk until `stop`, then drain, commit and leave the group."""
        topic = self._app.topic(
            self._settings.topic_transactions,
            value_type=bytes,
            value_serializer="raw",
            key_type=bytes,
            key_serializer="raw",
        )
        self._app.agent(topic, name="intake")(self._intake)

        @self._app.on_partitions_revoked.connect  # type: ignore[untyped-decorator]
        async def revoke(_app: faust.App, places: Any, **_: Any) -> None:
            self._forget(places)
            revoked = [place.partition for place in places]
            await desk.release(revoked, _nothing)
            desk.assign(revoked)  # what comes from here on was fetched after the rebalance

        @self._app.on_partitions_assigned.connect  # type: ignore[untyped-decorator]
        async def assign(_app: faust.App, places: Any, **_: Any) -> None:
            self._assigned = {place.partition: place for place in places}
            log.info("partitions assigned", extra={"partitions": sorted(self._assigned)})

        self._app.tables.told = desk.committed
        await self._app.start()
        tasks = [
            asyncio.create_task(work)
            for work in (self._drain(desk), stop.wait(), self._app.wait_until_stopped())
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                await tasks[0]
                raise RuntimeError("faust ended by itself") from self._app.crash_reason
            tasks[0].cancel()
            await desk.drain()
        finally:
            for task in tasks:
                task.cancel()
            await self._app.stop()
        await desk.release(list(self._assigned), _nothing)

    def settle(self, partition: int, next_offset: int) -> None:
        """Acknowledge, in log order, every event before `next_offset`; faust commits them."""
        events = self._unsettled[partition]
        while events and events[0].message.offset < next_offset:
            events.popleft().ack()

    def lag(self) -> dict[int, int]:
        """From the broker's answers to fetches."""
        found = {}
        for partition, place in self._assigned.items():
            end = self._app.consumer.highwater(place)
            if end is not None:
                found[partition] = max(0, end - self._positions.get(partition, end))
        return found

    async def _intake(self, stream: Any) -> None:
        async for event in stream.noack().events():
            self._queue.append(event)
            self._some.set()
            while len(self._queue) >= QUEUE:
                self._room.clear()
                await self._room.wait()

    async def _drain(self, desk: Desk) -> None:
        taken = 0
        while True:
            if not self._queue:
                self._some.clear()
                await self._some.wait()
            await asyncio.sleep(min(LONGEST, TICK + PER_EVENT * taken))
            batch: defaultdict[int, list[Arrival]] = defaultdict(list)
            taken = min(len(self._queue), MOST)
            for _ in range(taken):
                event = self._queue.popleft()
                arrival = _arrival_of(event.message)
                self._unsettled[arrival.partition].append(event)
                self._positions[arrival.partition] = arrival.offset + 1
                batch[arrival.partition].append(arrival)
            self._room.set()
            await desk.take(batch)
            await desk.relief(list(batch))

    def _forget(self, places: Any) -> None:
        revoked = {place.partition for place in places}
        self._assigned = {k: v for k, v in self._assigned.items() if k not in revoked}
        kept = [event for event in self._queue if event.message.partition not in revoked]
        self._queue.clear()
        self._queue.extend(kept)
        for partition in revoked:
            self._unsettled[partition].clear()


def _arrival_of(message: Any) -> Arrival:
    stamp = None if message.timestamp is None else round(message.timestamp * 1000)
    return Arrival(message.partition, message.offset, message.key, message.value, stamp)
