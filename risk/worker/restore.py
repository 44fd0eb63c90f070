"""State after a start or a rebalance: fold the log silently up to where deciding goes on.

The answers already given are read from the decisions log, so that a repeat of an old payment
gets its first answer even if the book has changed, and so that nothing is published twice.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import msgspec

from risk.ledger import FirstAnswer
from risk.pipeline import Arrival, Pipeline
from risk.reader import parse_src
from risk.settings import Settings

_decode = msgspec.json.Decoder(FirstAnswer).decode

PATIENCE = 500
"""Records folded before the event loop gets a turn for heartbeats (about 15 ms)."""


class ReadLog(Protocol):
    """Reads one partition of a topic, as `risk.worker.clients.read_range` does."""

    def __call__(
        self, topic: str, partition: int, start: int | None, stop: int | None
    ) -> AsyncIterator[Any]:
        """Records in [start, stop); a negative `start` counts back from the end."""
        ...


def arrival_of(record: Any) -> Arrival:
    """A record of aiokafka as the pipeline takes it."""
    return Arrival(record.partition, record.offset, record.key, record.value, record.timestamp)


async def read_answers(
    read: ReadLog, settings: Settings, partition: int
) -> dict[int, FirstAnswer]:
    """The newest answers in the decisions log of one partition, by input offset.

    The first record of an offset wins, as it does for every reader.
    """
    answers: dict[int, FirstAnswer] = {}
    tail = -max(settings.known_ids, settings.in_flight)
    async for record in read(settings.topic_decisions, partition, tail, None):
        place = parse_src(dict(record.headers).get("src"))
        if place is not None and place[:2] == (settings.topic_epoch, partition):
            answers.setdefault(place[2], _decode(record.value))
    return answers


async def fold_log(
    read: ReadLog,
    topic: str,
    pipeline: Pipeline,
    partition: int,
    start: int | None,
    stop: int,
    answers: dict[int, FirstAnswer],
    admit: Callable[[Arrival], bool],
) -> int:
    """Fold the transactions in [start, stop) of one partition; return how many there were."""
    count = 0
    async for record in read(topic, partition, start, stop):
        arrival = arrival_of(record)
        if admit(arrival):
            pipeline.fold(arrival, answers.get(arrival.offset))
        count += 1
        if count % PATIENCE == 0:
            await asyncio.sleep(0)
    return count
