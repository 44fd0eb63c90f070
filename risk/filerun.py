"""The pipeline over a file: rows become arrivals as on the topic, and each gets its answer.

Sharding by the payer and counting offsets per partition, as Kafka would have, gives the ids and
the outcomes of the stream. Memory is bounded by the state; rows pass through in batches.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, TypeAlias

import msgspec

from features.errors import Mistake
from risk.files import Row
from risk.intake import DeadLetter
from risk.partitioner import partition_of
from risk.pipeline import Answer, Arrival, Pipeline
from risk.rows import MessageMaker

BATCH: Final = 256
WRONG_WIDTH: Final = Mistake("", "the row has more or fewer cells than the header has columns")

Make: TypeAlias = Callable[[Row], bytes | None]


class Answered(msgspec.Struct, frozen=True, gc=False):
    """A row of the file and its answer."""

    number: int
    answer: Answer

    def rejection(self) -> bytes:
        """Say as JSON why the row is no payment: its number and every mistake, no payload."""
        letter = self.answer.dead_letter or DeadLetter("", ())
        arrival = self.answer.arrival
        return _encode(
            {
                "row": self.number,
                "partition": arrival.partition,
                "offset": arrival.offset,
                "code": letter.code,
                "mistakes": letter.mistakes,
            }
        )


_encode: Final = msgspec.json.Encoder().encode


class _Payer(msgspec.Struct):
    id: str


class _Keyed(msgspec.Struct):
    payer: _Payer


_read_key: Final = msgspec.json.Decoder(_Keyed).decode


def key_of(message: bytes) -> bytes | None:
    """Give a message the key that its producer would: the payer; None if it has none."""
    try:
        return _read_key(message).payer.id.encode()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def plain(row: Row) -> bytes:
    """Take a row that is a message already."""
    return bytes(row.content)


class FileRun:
    """One pass over a file, sharded into `partitions`."""

    def __init__(self, pipeline: Pipeline, partitions: int, maker: MessageMaker | None) -> None:
        self._pipeline = pipeline
        self._make: Make = plain if maker is None else maker.make
        self._next = [0] * partitions

    def answer(self, rows: Iterator[Row]) -> Iterator[list[Answered]]:
        """Answer every row, in order, a batch at a time."""
        while batch := list(islice(rows, BATCH)):
            messages = [self._make(row) for row in batch]
            answers = self._pipeline.take(
                [self._arrive(message or b"") for message in messages]
            )
            yield [
                Answered(row.number, answer if message is not None else _misshapen(answer))
                for row, message, answer in zip(batch, messages, answers, strict=True)
            ]

    def _arrive(self, message: bytes) -> Arrival:
        key = key_of(message)
        partition = partition_of(key, len(self._next))
        offset = self._next[partition]
        self._next[partition] += 1
        return Arrival(partition, offset, key, message)


def _misshapen(answer: Answer) -> Answer:
    letter = DeadLetter("MALFORMED", (WRONG_WIDTH,))
    return msgspec.structs.replace(answer, dead_letter=letter)
