"""State after a start or a rebalance: fold the log silently up to where deciding goes on.

The answers already given are read from the decisions log, so that a repeat of an old payment
gets its first answer even if the book has changed, and so that nothing is published twice.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final, Protocol

import msgspec

from risk.ledger import FirstAnswer
from risk.pipeline import Arrival, Pipeline
from risk.reader import parse_low, parse_src
from risk.settings import Settings

_decode = msgspec.json.Decoder(FirstAnswer).decode

NOWHERE: Final = ("", -1, -1)

PATIENCE = 500
"""Records folded before the event loop gets a turn for heartbeats (about 15 ms)."""

MOST_AHEAD: Final = 21_000
"""A decision stands at most so many offsets above its `low`: the greatest `in_flight` that may
be set, and a batch."""


class LogSource(Protocol):
    """Reads topics, as `risk.worker.clients.LogReader` does."""

    def read(
        self, topic: str, partition: int, start: int | None, stop: int | None
    ) -> AsyncIterator[Any]:
        """Records in [start, stop); a negative `start` counts back from the end."""
        ...

    async def begin(self, topic: str, partition: int) -> int:
        """The offset of the oldest record that is kept."""
        ...


def arrival_of(record: Any) -> Arrival:
    """A record of aiokafka as the pipeline takes it."""
    return Arrival(record.partition, record.offset, record.key, record.value, record.timestamp)


async def read_answers(
    source: LogSource, settings: Settings, partition: int, start: int
) -> dict[int, FirstAnswer]:
    """All answers to offsets from `start` on that the decisions log of a partition holds.

    The first record of an offset wins, as it does for every reader.
    """
    topic = settings.topic_decisions
    begin = await source.begin(topic, partition)
    tail = settings.in_flight
    while True:
        tail *= 4
        answers: dict[int, FirstAnswer] = {}
        is_first = True
        async with aclosing(source.read(topic, partition, -tail, None)) as records:  # type: ignore[type-var]
            async for record in records:
                headers = dict(record.headers)
                low = parse_low(headers.get("low"))
                if is_first and record.offset > begin and low + MOST_AHEAD >= start:
                    break  # answers to offsets from `start` on may stand before this one
                is_first = False
                epoch, of, offset = parse_src(headers.get("src")) or NOWHERE
                if (epoch, of) == (settings.topic_epoch, partition) and offset >= start:
                    answers.setdefault(offset, _decode(record.value))
            else:
                return answers


async def fold_log(
    source: LogSource,
    topic: str,
    pipeline: Pipeline,
    partition: int,
    start: int | None,
    stop: int,
    answers: Mapping[int, FirstAnswer],
    admit: Callable[[Arrival], bool],
) -> int:
    """Fold the transactions in [start, stop) of one partition; return how many there were."""
    count = 0
    async for record in source.read(topic, partition, start, stop):
        arrival = arrival_of(record)
        if admit(arrival):
            pipeline.fold(arrival, answers.get(arrival.offset))
        count += 1
        if count % PATIENCE == 0:
            await asyncio.sleep(0)
    return count
