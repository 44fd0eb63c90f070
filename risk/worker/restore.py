"""State after a start or a rebalance: fold the log silently up to where deciding goes on.

The answers already given are read from the decisions log, so that a repeat of an old payment
gets its first answer even if the book has changed, and so that nothing is published twice. They
also say how far the labels had been read (`risk.labels`): the fold takes them in just there.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final, Protocol

import msgspec

from risk.labels import Positions
from risk.ledger import FirstAnswer
from risk.pipeline import Arrival, Pipeline
from risk.reader import Mark, parse_low, parse_src
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
    source: LogSource,
    settings: Settings,
    partition: int,
    start: int,
    positions: Positions | None = None,
    since: int | None = None,
) -> dict[int, FirstAnswer]:
    """All answers to offsets from `start` on that the decisions log of a partition holds.

    The first record of an offset wins, as it does for every reader. `positions` are told how
    far the labels had been read before each offset from `since` on.
    """
    topic = settings.topic_decisions
    begin = await source.begin(topic, partition)
    oldest = start if since is None else min(start, since)
    tail = settings.in_flight
    while True:
        tail *= 4
        answers: dict[int, FirstAnswer] = {}
        noted = _Noted(positions)
        is_first = True
        async with aclosing(source.read(topic, partition, -tail, None)) as records:  # type: ignore[type-var]
            async for record in records:
                headers = dict(record.headers)
                low = parse_low(headers.get("low"))
                if is_first and record.offset > begin and low + MOST_AHEAD >= oldest:
                    break  # answers to offsets from `oldest` on may stand before this one
                is_first = False
                epoch, of, offset = parse_src(headers.get("src")) or NOWHERE
                if (epoch, of) != (settings.topic_epoch, partition) or offset < oldest:
                    continue
                noted.add(epoch, offset, low, headers.get("lab"))
                if offset >= start:
                    answers.setdefault(offset, _decode(record.value))
            else:
                return answers


class _Noted:
    """Tells positions what a reader would accept."""

    def __init__(self, positions: Positions | None) -> None:
        self._positions = positions
        self._mark = Mark()
        if positions is not None:
            positions.clear()

    def add(self, epoch: str, offset: int, low: int, position: bytes | None) -> None:
        if self._positions is not None and self._mark.accept(epoch, offset, low):
            known = parse_low(position)
            if known >= 0:
                self._positions.note(offset, known)


async def _unlabelled(offset: int) -> None:
    """No label is taken in before a payment."""


async def fold_log(
    source: LogSource,
    topic: str,
    pipeline: Pipeline,
    partition: int,
    start: int | None,
    stop: int,
    answers: Mapping[int, FirstAnswer],
    admit: Callable[[Arrival], bool],
    before: Callable[[int], Awaitable[None]] = _unlabelled,
) -> int:
    """Fold the transactions in [start, stop) of one partition; return how many there were.

    `before` is called with each offset: what it saw of the labels has to be taken in.
    """
    count = 0
    async for record in source.read(topic, partition, start, stop):
        arrival = arrival_of(record)
        await before(arrival.offset)
        if admit(arrival):
            pipeline.fold(arrival, answers.get(arrival.offset))
        count += 1
        if count % PATIENCE == 0:
            await asyncio.sleep(0)
    return count
