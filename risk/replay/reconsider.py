"""Decide recorded decisions anew by another book or scorer, from the values they hold.

A repeat has no values of its own: it gets the new answer to the payment that it repeats.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Final, TypeAlias

import msgspec

from risk.again import Unfit, again, check_values
from risk.books import Books
from risk.decide import Bench
from risk.decision import Decision, Source, decode
from risk.files import BadFile
from risk.ledger import first_answer
from risk.replay.parts import Counts, Parts
from risk.replay.span import EVERYTHING, Span

Records: TypeAlias = Callable[[], Iterator[list[bytes]]]
"""Reads all records from the beginning, in batches."""

_MARK: Final = b'"duplicate_of":"'


class Batch(msgspec.Struct, frozen=True):
    """A part's worth of records, and the records that those among them repeat, by id."""

    number: int
    start: int
    records: list[bytes]
    firsts: dict[str, bytes]


def within(records: Records, span: Span) -> Records:
    """Only the records of decisions that lie in the span."""
    if span == EVERYTHING:
        return records

    def read() -> Iterator[list[bytes]]:
        for batch in records():
            yield [raw for raw in batch if _lies_in(raw, span)]

    return read


def batches(records: Records, rows: int, skip: int = 0) -> Iterator[Batch]:
    """Cut the records into parts of so many rows, with what their repeats need.

    The first `skip` parts are left out.

    Raises `BadFile` for a repeat whose first answer is not among the records.
    """
    firsts = _firsts(records)
    flat = chain.from_iterable(records())
    number = 0
    while part := list(islice(flat, rows)):
        if number >= skip:
            wanted = {name for name in map(_repeated, part) if name}
            yield Batch(
                number, number * rows, part, {n: firsts[n] for n in wanted if n in firsts}
            )
        number += 1


def reconsider(batch: Batch, bench: Bench) -> list[Decision]:
    """Decide a batch anew; raises `BadFile` for what is no record of a decision."""
    found = []
    for index, raw in enumerate(batch.records):
        try:
            found.append(_again(raw, batch.firsts, bench))
        except (msgspec.MsgspecError, Unfit) as error:
            row = batch.start + index + 1
            raise BadFile(
                f"record {row} is no decision that can be replayed: {error}"
            ) from None
    return found


def check_first(batch: Batch, bench: Bench) -> None:
    """Raise `risk.again.DataLacks` if the book reads what the records do not hold."""
    decisions = []
    for raw in batch.records:
        try:
            decisions.append(decode(raw))
        except msgspec.MsgspecError:
            continue  # told with its row when it is its turn
    check_values(bench, decisions)


class _Place:
    """What one process works with, set once."""

    bench: Bench
    parts: Parts


def set_up(books: Books, key: tuple[str, str], parts: Parts) -> None:
    """Prepare a process."""
    _Place.bench = books.find(*key)
    _Place.parts = parts


def write_part(batch: Batch) -> Counts:
    """Decide a batch anew and write its part."""
    decisions = reconsider(batch, _Place.bench)
    return _Place.parts.write(0, batch.number, decisions)


def _again(raw: bytes, firsts: dict[str, bytes], bench: Bench) -> Decision:
    recorded = decode(raw)
    if recorded.duplicate_of is None:
        return again(recorded, bench)
    first = firsts.get(recorded.duplicate_of)
    if first is None:
        raise Unfit("it repeats a decision that is not among the records")
    answer = first_answer(again(decode(first), bench))
    return msgspec.structs.replace(
        recorded,
        outcome=answer.outcome,
        tier=answer.tier,
        score=answer.score,
        contributions=answer.contributions,
        reasons=answer.reasons,
        hits=answer.hits,
        book=bench.book_version,
        scorer=bench.scorer_version,
        timings_us={},
    )


def _firsts(records: Records) -> dict[str, bytes]:
    """The records that others repeat, by id; in most data there are few."""
    wanted = {name for batch in records() for name in map(_repeated, batch) if name}
    if not wanted:
        return {}
    return {
        found: raw for batch in records() for raw in batch if (found := id_of(raw)) in wanted
    }


class _Named(msgspec.Struct):
    id: str = ""
    duplicate_of: str | None = None
    event_time: datetime | None = None
    source: Source | None = None


def _lies_in(raw: bytes, span: Span) -> bool:
    names = _names(raw)
    return names.source is not None and span.holds(names.source, names.event_time)


_decode_names: Final = msgspec.json.Decoder(_Named).decode


def id_of(raw: bytes) -> str:
    """The id of a record, empty if it has none."""
    return _names(raw).id


def _repeated(raw: bytes) -> str | None:
    return _names(raw).duplicate_of if _MARK in raw else None


def _names(raw: bytes) -> _Named:
    try:
        return _decode_names(raw)
    except msgspec.MsgspecError:
        return _Named()
