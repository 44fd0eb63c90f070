"""Publishing: whatever is ready leaves as one batch, the next one after the acknowledgement.

Batches form by themselves while the last one is in flight. An exception here ends the process:
a gap in the decisions would be a lost payment.
"""

from collections.abc import Awaitable

import msgspec

from risk.intake import DeadLetter
from risk.pipeline import Answer
from risk.settings import Settings
from risk.worker.clients import AIOKafkaProducer, MessageSizeTooLargeError
from risk.worker.lanes import Lane, Slot

MOST = 2_000
"""Decisions in one batch at most; its size in bytes is bounded by the producer."""

CUT_BYTES = 262_144
"""What is kept of a message that the dead-letter topic refuses as too large; the whole of it
still stands in the transactions log at `src`."""


class Outbox:
    """Sends the slots of one partition, in order, and marks them delivered."""

    def __init__(self, producer: AIOKafkaProducer, settings: Settings, partition: int) -> None:
        self._producer = producer
        self._decisions = settings.topic_decisions
        self._dead_letters = settings.topic_dead_letters
        self._partition = partition
        self._prefix = f"{settings.topic_epoch}:{partition}:".encode()

    async def ship(self, lane: Lane) -> list[Slot]:
        """Send what is ready and wait until the broker has it; returns the delivered slots."""
        slots = lane.take(MOST)
        await self._bury([_answer(slot) for slot in slots])
        sent = 0
        while sent < len(slots):
            sent += await self._send(slots, sent, lane.low)
        lane.acknowledge(slots)
        return slots

    async def _send(self, slots: list[Slot], start: int, low: int) -> int:
        batch = self._producer.create_batch()
        low_header = ("low", b"%d" % low)
        count = 0
        for slot in slots[start:]:
            answer = _answer(slot)
            headers = [("src", self._prefix + b"%d" % slot.offset), low_header]
            if answer.decision.labels is not None:
                headers.append(("lab", b"%d" % answer.decision.labels))
            added = batch.append(
                timestamp=None, key=slot.key, value=answer.encoded, headers=headers
            )
            if added is None:
                break
            count += 1
        batch.close()
        delivery = await self._producer.send_batch(
            batch, self._decisions, partition=self._partition
        )
        await delivery
        return count

    async def _bury(self, answers: list[Answer]) -> None:
        """Put the dead letters on their topic before the decisions that speak of them."""
        sent = [
            (answer, letter, await self._send_dead_letter(answer, letter))
            for answer in answers
            if (letter := answer.dead_letter) is not None
        ]
        for answer, letter, delivery in sent:
            try:
                await delivery
            except MessageSizeTooLargeError:
                await (await self._send_dead_letter(answer, letter, CUT_BYTES))

    async def _send_dead_letter(
        self, answer: Answer, letter: DeadLetter, most: int | None = None
    ) -> Awaitable[object]:
        value = answer.arrival.value or b""
        headers = [
            ("src", self._prefix + b"%d" % answer.arrival.offset),
            ("reason", letter.code.encode()),
            ("mistakes", msgspec.json.encode(letter.mistakes)),
        ]
        if most is not None:
            headers.append(("cut", b"%d" % len(value)))
        delivery: Awaitable[object] = await self._producer.send(
            self._dead_letters,
            value[:most],
            key=answer.arrival.key,
            partition=self._partition,
            headers=headers,
        )
        return delivery


def _answer(slot: Slot) -> Answer:
    if slot.answer is None:
        raise TypeError("only answered slots leave a lane")
    return slot.answer
