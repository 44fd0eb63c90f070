"""The door to aiokafka: a producer that loses nothing, consumers that commit nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
)

from risk.settings import Settings

__all__ = [
    "AIOKafkaConsumer",
    "AIOKafkaProducer",
    "CommitFailedError",
    "IllegalStateError",
    "KafkaConnectionError",
    "KafkaError",
    "LogReader",
    "MessageSizeTooLargeError",
    "TopicPartition",
    "group_consumer",
    "producer",
]

BATCH_BYTES = 524_288
"""At aiokafka's 16 KiB seven decisions fill a batch, and one produce request is in flight."""

REQUEST_BYTES = 8 * 1024 * 1024


def producer(settings: Settings) -> AIOKafkaProducer:
    """An idempotent producer: a retry inside the client can neither double nor reorder."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap,
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        max_batch_size=BATCH_BYTES,
        max_request_size=REQUEST_BYTES,
        compression_type="zstd",
    )


def group_consumer(settings: Settings, listener: Any) -> AIOKafkaConsumer:
    """A member of the workers' group on the transactions topic; commits only when told.

    4 ms of waiting for 64 KiB halves the cost of small batches at low rates.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap,
        group_id=settings.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=int(settings.session_seconds * 1_000),
        heartbeat_interval_ms=int(settings.session_seconds * 200),
        max_poll_interval_ms=3_600_000,  # folding a long log is no sign of death
        rebalance_timeout_ms=20_000,
        max_partition_fetch_bytes=262_144,
        fetch_min_bytes=65_536,
        fetch_max_wait_ms=4,
    )
    consumer.subscribe([settings.topic_transactions], listener=listener)
    return consumer


FOLLOW_MS = 5_000
"""How long a broker holds a fetch to which nothing has come: it answers at once if something
does."""


class LogReader:
    """Reads single partitions, outside any group, with one consumer for all of them.

    It is started when it is first needed; one read at a time.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer: AIOKafkaConsumer = None
        self._turn = asyncio.Lock()

    async def read(
        self, topic: str, partition: int, start: int | None, stop: int | None
    ) -> AsyncIterator[Any]:
        """Read one partition's records in [start, stop). Offsets may have gaps.

        `start` None or before the log's beginning means its beginning; a negative `start`
        counts back from `stop`; `stop` None means the end as it is now.
        """
        place = TopicPartition(topic, partition)
        async with self._turn:
            consumer = await self._started()
            consumer.assign([place])
            try:
                begin = (await consumer.beginning_offsets([place]))[place]
                end = (await consumer.end_offsets([place]))[place]
                stop = end if stop is None else min(stop, end)
                wanted = begin if start is None else (stop + start if start < 0 else start)
                consumer.seek(place, max(begin, wanted))
                while await consumer.position(place) < stop:
                    found = await consumer.getmany(place, timeout_ms=1000)
                    for record in found.get(place, []):
                        if record.offset < stop:
                            yield record
            finally:
                consumer.unsubscribe()

    async def begin(self, topic: str, partition: int) -> int:
        """The offset of the oldest record that is kept."""
        return (await self.span(topic, partition))[0]

    async def span(self, topic: str, partition: int) -> tuple[int, int]:
        """The offset of the oldest record that is kept, and that of the next one to come."""
        place = TopicPartition(topic, partition)
        async with self._turn:
            consumer = await self._started()
            begins = await consumer.beginning_offsets([place])
            ends = await consumer.end_offsets([place])
        return int(begins[place]), int(ends[place])

    async def follow(
        self, topic: str, partition: int, start: int
    ) -> AsyncIterator[tuple[Sequence[Any], int]]:
        """Records from `start` on, and how far that is; for ever, by a consumer of its own."""
        place = TopicPartition(topic, partition)
        consumer = _plain_consumer(self._settings, 1024 * 1024, FOLLOW_MS)
        await consumer.start()
        try:
            consumer.assign([place])
            consumer.seek(place, start)
            while True:
                found = await consumer.getmany(place, timeout_ms=FOLLOW_MS)
                yield found.get(place, []), await consumer.position(place)
        finally:
            await consumer.stop()

    async def stop(self) -> None:
        """Close the connection."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            self._consumer = _plain_consumer(self._settings, 4 * 1024 * 1024)
            await self._consumer.start()
        return self._consumer


def _plain_consumer(settings: Settings, most_bytes: int, wait_ms: int = 500) -> Any:
    """A consumer outside any group, told where to read; a fetch of nothing takes `wait_ms`."""
    return AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=most_bytes,
        fetch_max_wait_ms=wait_ms,
    )
