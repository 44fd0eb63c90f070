"""The faust host: faust brings the records and commits; deciding stays outside its agent.

Used as its guide shows, faust acknowledges what raised and commits past what is in flight. So:
raw bytes, one actor, a queue behind the agent, acknowledgements in log order after delivery,
no tables, no declared topics, no web server.
"""

import asyncio
from collections import defaultdict, deque
from typing import Any

import faust

from risk.settings import Settings
from risk.worker.runtime import Desk

QUEUE = 1_000
"""Events between faust and the desk before the agent waits."""

TICK, PER_EVENT, LONGEST = 0.002, 0.0001, 0.01
"""Seconds the drain waits before a batch: faust hands over one event a turn of the loop, and
without the wait every batch would be a batch of one."""


def build_app(settings: Settings) -> faust.App:
    """A faust app that keeps at-least-once: see the settings' reasons in the module text."""
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
        broker_session_timeout=10.0,
        broker_heartbeat_interval=2.0,
        broker_rebalance_timeout=20.0,
        broker_max_poll_interval=3_600.0,
        broker_max_poll_records=500,
        consumer_auto_offset_reset="earliest",
        table_standby_replicas=1,
        worker_redirect_stdouts=False,
        datadir=str(settings.state_dir / "faust"),
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
        self._stopping = False

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
        self._app.on_partitions_revoked.connect(self._forget)
        await self._app.start()
        drain = asyncio.create_task(self._drain(desk))
        waiting = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({drain, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if drain.done():
                drain.result()
            self._stopping = True
            await drain_quietly(drain)
            await desk.drain()
        finally:
            waiting.cancel()
            drain.cancel()
            await self._app.stop()

    def settle(self, partition: int, next_offset: int) -> None:
        """Acknowledge, in log order, every event before `next_offset`; faust commits them."""
        events = self._unsettled[partition]
        while events and events[0].message.offset < next_offset:
            events.popleft().ack()

    def lag(self) -> dict[int, int]:
        """From the broker's answers to fetches."""
        consumer = self._app.consumer
        found = {}
        for place in consumer.assignment():
            end = consumer.highwater(place)
            if end is not None:
                found[place.partition] = max(0, end - self._positions.get(place.partition, end))
        return found
