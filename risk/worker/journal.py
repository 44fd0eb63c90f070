"""What asking leaves behind: the reading log, and revisions of decisions.

A revision goes out after the broker has the decision that it revises, with the same key and on
the same partition. An exception here ends the process, as everywhere: a log with holes could
not be replayed.
"""

import asyncio
from collections.abc import Awaitable
from typing import Final

from features.llm.record import Record
from features.llm.record import encode as encode_record
from risk.revision import Revision
from risk.revision import encode as encode_revision
from risk.settings import Settings
from risk.worker.clients import AIOKafkaProducer
from risk.worker.lanes import Slot

PAUSE_SECONDS: Final = 0.01
"""Between looks at whether a decision is delivered."""


class Journal:
    """Publishes one thing after the other; `readings` and `revisions` are run as tasks."""

    def __init__(self, producer: AIOKafkaProducer, settings: Settings) -> None:
        self._producer = producer
        self._settings = settings
        self._records: asyncio.Queue[Record] = asyncio.Queue()
        self._revisions: asyncio.Queue[tuple[Revision, Slot]] = asyncio.Queue()

    def record(self, record: Record) -> None:
        """Write down what a call brought about one text."""
        self._records.put_nowait(record)

    def revise(self, revision: Revision, slot: Slot) -> None:
        """Tell of a stricter outcome once the slot's decision is delivered."""
        self._revisions.put_nowait((revision, slot))

    async def readings(self) -> None:
        """Publish the reading log, for ever."""
        topic = self._settings.topic_reading_log
        while True:
            found = [await self._records.get()]
            while not self._records.empty():
                found.append(self._records.get_nowait())
            sent: list[Awaitable[object]] = [
                await self._producer.send(
                    topic, encode_record(record), key=record.fingerprint.encode()
                )
                for record in found
            ]
            for delivery in sent:
                await delivery
            for _ in found:
                self._records.task_done()

    async def revisions(self) -> None:
        """Publish revisions, for ever."""
        while True:
            revision, slot = await self._revisions.get()
            while not slot.done:  # noqa: ASYNC110 # rare, and a lane tells nobody of a slot
                await asyncio.sleep(PAUSE_SECONDS)
            source = revision.decision.source
            place = f"{source.epoch}:{source.partition}:{source.offset}"
            delivery = await self._producer.send(
                self._settings.topic_revisions,
                encode_revision(revision),
                key=slot.key,
                partition=source.partition,
                headers=[("src", place.encode())],
            )
            await delivery
            self._revisions.task_done()

    async def flush(self) -> None:
        """Wait until all of it is published."""
        await self._records.join()
        await self._revisions.join()
