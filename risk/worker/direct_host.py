"""The direct host: aiokafka's consumer in one loop.

Every partition is drained at each turn and held in the lanes: aiokafka asks a broker for
nothing while a fetched partition is left undrained.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from aiokafka.abc import ConsumerRebalanceListener

from risk.settings import Settings
from risk.worker.clients import (
    AIOKafkaConsumer,
    CommitFailedError,
    IllegalStateError,
    TopicPartition,
    group_consumer,
)
from risk.worker.restore import arrival_of
from risk.worker.runtime import Desk

log = logging.getLogger("risk.worker")


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    def __init__(
        self, desk: Desk, release: Callable[[list[int]], Coroutine[Any, Any, None]]
    ) -> None:
        self._desk = desk
        self._release = release

    async def on_partitions_revoked(self, revoked: Any) -> None:
        await self._release([place.partition for place in revoked])

    def on_partitions_assigned(self, assigned: Any) -> None:
        partitions = sorted(place.partition for place in assigned)
        self._desk.assign(partitions)
        log.info("partitions assigned", extra={"partitions": partitions})


class DirectHost:
    """Feeds the desk from `getmany`, commits what it settles every `commit_seconds`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._due: dict[int, int] = {}
        self._consumer: AIOKafkaConsumer = None
        self._desk: Desk | None = None
        self._failure: Exception | None = None
        self._positions: dict[int, int] = {}

    async def run(self, desk: Desk, stop: asyncio.Event) -> None:
        """Feed the desk until `stop`, then drain, commit and leave the group."""
        self._desk = desk
        self._consumer = group_consumer(self._settings, _Rebalance(desk, self._give_up))
        await self._consumer.start()
        committer = asyncio.create_task(self._commit_for_ever())
        try:
            while not stop.is_set():
                if committer.done():
                    committer.result()
                await self._turn(desk)
            mine = [place.partition for place in self._consumer.assignment()]
            await desk.drain()
            committer.cancel()
            await desk.release(mine, self._commit)
        finally:
            committer.cancel()
            await self._consumer.stop()

    def settle(self, partition: int, next_offset: int) -> None:
        """Remember what the next commit may say."""
        self._due[partition] = next_offset

    def lag(self) -> dict[int, int]:
        """From the broker's answers to fetches; no call of its own."""
        if self._consumer is None:
            return {}
        found = {}
        for place in self._consumer.assignment():
            end = self._consumer.highwater(place)
            if end is not None:
                position = self._positions.get(place.partition, end)
                found[place.partition] = max(0, end - position)
        return found

    async def _give_up(self, partitions: list[int]) -> None:
        try:
            if self._desk is not None:
                await self._desk.release(partitions, self._commit)
        except Exception as error:  # noqa: BLE001  # aiokafka would log it and go on
            self._failure = error

    async def _turn(self, desk: Desk) -> None:
        if self._failure is not None:
            raise self._failure
        got = await self._consumer.getmany(timeout_ms=100, max_records=self._settings.batch)
        if got:
            await desk.take(
                {place.partition: list(map(arrival_of, found)) for place, found in got.items()}
            )
        for place, records in got.items():
            self._positions[place.partition] = records[-1].offset + 1
            if desk.congested(place.partition) and place in self._consumer.assignment():
                self._consumer.pause(place)
        for place in self._consumer.paused():
            if desk.relieved(place.partition):
                self._consumer.resume(place)
        # getmany does not yield while it has records; acks and heartbeats need a turn.
        await asyncio.sleep(0)

    async def _commit_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._settings.commit_seconds)
            await self._commit()

    async def _commit(self) -> None:
        mine = {place.partition for place in self._consumer.assignment()}
        due = {
            partition: offset for partition, offset in self._due.items() if partition in mine
        }
        self._due.clear()
        if not due:
            return
        topic = self._settings.topic_transactions
        offsets = {TopicPartition(topic, partition): at for partition, at in due.items()}
        try:
            await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            # A rebalance took the partitions away; their next owner decides again, and every
            # reader drops the repeats.
            log.info("commit refused after a rebalance")
        else:
            for partition, offset in due.items():
                if self._desk is not None:
                    self._desk.committed(partition, offset)
