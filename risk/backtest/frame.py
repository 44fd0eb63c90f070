"""Recorded decisions as a frame of values: one row a payment that was judged.

The frame holds what books read, typed as their words, null where unknown, and what a comparison
counts by. Rows that nobody can judge again are left out and counted with the reason.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import polars as pl

from features.fields import microseconds
from features.transaction import Scalar
from risk.decision import Flag, Source
from rules.vector import DTYPES
from rules.vocabulary import Vocabulary

ROWS: Final = 16_384
"""Records turned into columns at once."""

SEGMENTS: Final = ("kind", "channel", "payer_country")
ALWAYS: Final = ("amount", *SEGMENTS)

NOTHING: Final[Mapping[str, Scalar]] = {}

FIXED: Final[Mapping[str, Any]] = {
    "partition": pl.Int32,
    "offset": pl.Int64,
    "id": pl.String,
    "transaction_id": pl.String,
    "payer": pl.String,
    "at": pl.Int64,
    "reused": pl.Boolean,
}


class Judged(msgspec.Struct, gc=False):
    """The part of a record that a comparison reads."""

    id: str
    source: Source
    transaction_id: str | None = None
    payer_id: str | None = None
    event_time: datetime | None = None
    score: int | None = None
    duplicate_of: str | None = None
    values: dict[str, dict[str, Scalar]] = {}
    unknowns: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()


class Loaded(msgspec.Struct, frozen=True):
    """A frame of values, and what goes with it.

    `skipped` says why rows are not in it, `told` are the values that some record says were
    unknown, `sources` has the source of every value that was known (payment, history, ...).
    """

    frame: pl.DataFrame
    skipped: Mapping[str, int]
    told: frozenset[str]
    sources: Mapping[str, str]


class Loader:
    """Collects records into a frame with the columns of `words` that are asked for."""

    def __init__(self, words: Vocabulary, names: Iterable[str]) -> None:
        wanted = {*names, *ALWAYS} - {"score"}
        self._types = {name: DTYPES[words[name].type] for name in sorted(wanted & words.keys())}
        self._frames: list[pl.DataFrame] = []
        self._skipped: Counter[str] = Counter()
        self._told: set[str] = set()
        self._sources: dict[str, str] = {}

    def add(self, records: Sequence[bytes]) -> None:
        """Take up a batch."""
        rows = [row for raw in records if (row := self._read(raw)) is not None]
        columns = [pl.Series(name, given, FIXED[name]) for name, given in _fixed(rows)]
        sections = {
            source: [_section(row, source) for row in rows]
            for source in {*self._sources.values()}
        }
        for name, dtype in self._types.items():
            section = sections.get(self._sources.get(name, ""), ())
            given = [values.get(name) for values in section] or [None] * len(rows)
            columns.append(_series(name, given, dtype))
        self._frames.append(pl.DataFrame(columns))

    def loaded(self) -> Loaded:
        """Give all that was taken up."""
        schema = {**FIXED, **self._types}
        frame = pl.concat([pl.DataFrame(schema=schema), *self._frames], rechunk=True)
        return Loaded(frame, dict(self._skipped), frozenset(self._told), self._sources)

    def _read(self, raw: bytes) -> Judged | None:
        try:
            row = _decode(raw)
        except msgspec.MsgspecError:
            self._skipped["is no record of a decision"] += 1
            return None
        if row.score is None or row.event_time is None:
            self._skipped["was no payment"] += 1
            return None
        if row.duplicate_of is not None:
            self._skipped["repeats an earlier payment"] += 1
            return None
        self._told.update(row.unknowns)
        for source, values in row.values.items():
            if not self._sources.keys() >= values.keys():
                self._sources.update(dict.fromkeys(values, source))
        return row


def _section(row: Judged, source: str) -> Mapping[str, Scalar]:
    """The values from a source; a model's reading stands in for the local one."""
    if source == "local" and "llm" in row.values:
        return row.values["llm"]
    return row.values.get(source, NOTHING)


_decode: Final = msgspec.json.Decoder(Judged).decode


def load(batches: Iterable[list[bytes]], words: Vocabulary, names: Iterable[str]) -> Loaded:
    """Make the frame of all records; raises what reading raises."""
    loader = Loader(words, names)
    for batch in batches:
        loader.add(batch)
    return loader.loaded()


def _fixed(rows: Sequence[Judged]) -> Iterable[tuple[str, list[Any]]]:
    yield "partition", [row.source.partition for row in rows]
    yield "offset", [row.source.offset for row in rows]
    yield "id", [row.id for row in rows]
    yield "transaction_id", [row.transaction_id for row in rows]
    yield "payer", [row.payer_id for row in rows]
    yield "at", [microseconds(row.event_time) for row in rows if row.event_time]
    yield "reused", ["id_reused" in row.flags for row in rows]


def _series(name: str, given: list[Scalar | None], dtype: Any) -> pl.Series:
    """A column; a value that has not the type of its word is unknown, as in the core."""
    wanted = {pl.Float64: (int, float), pl.String: (str,), pl.Boolean: (bool,)}[dtype]
    if {*map(type, given)} - {*wanted, type(None)}:
        given = [value if type(value) in wanted else None for value in given]
    return pl.Series(name, given, dtype, strict=False)
