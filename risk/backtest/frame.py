"""Recorded decisions as a frame of values: one row a payment that was judged.

The frame holds what books read, typed as their words, null where unknown, and what a comparison
counts by. Rows that nobody can judge again are left out and counted with the reason.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
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

SECTIONS: Final = ("payment", "history", "local")
"""Where the values of a record may come from; a model's reading stands in for the local one."""

FIXED: Final[Mapping[str, Any]] = {
    "partition": pl.Int32,
    "offset": pl.Int64,
    "id": pl.String,
    "transaction_id": pl.String,
    "payer": pl.String,
    "at": pl.Int64,
    "reused": pl.Boolean,
}


class Judged(msgspec.Struct, frozen=True, gc=False):
    """The part of a record that a comparison reads; a loader adds its values by section."""

    id: str
    source: Source
    transaction_id: str | None = None
    payer_id: str | None = None
    event_time: datetime | None = None
    score: int | None = None
    duplicate_of: str | None = None
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
        self._decode = _decoder(tuple(self._types))
        fields = {name: f"v{n}" for n, name in enumerate(self._types)}
        self._getters = {name: attrgetter(field) for name, field in fields.items()}

    def add(self, records: Sequence[bytes]) -> None:
        """Take up a batch."""
        rows = [row for raw in records if (row := self._read(raw)) is not None]
        columns = [pl.Series(name, given, FIXED[name]) for name, given in _fixed(rows)]
        sections = {name: list(map(attrgetter(f"values.{name}"), rows)) for name in SECTIONS}
        sections["local"] = [row.values.llm or row.values.local for row in rows]
        columns += [
            _series(name, self._given(name, sections), dtype)
            for name, dtype in self._types.items()
        ]
        self._frames.append(pl.DataFrame(columns))

    def loaded(self) -> Loaded:
        """Give all that was taken up."""
        schema = {**FIXED, **self._types}
        frame = pl.concat([pl.DataFrame(schema=schema), *self._frames], rechunk=True)
        return Loaded(frame, dict(self._skipped), frozenset(self._told), self._sources)

    def _given(self, name: str, sections: Mapping[str, list[Any]]) -> list[Any]:
        """The values of a name, from the section in which it was first known."""
        get, known = self._getters[name], self._sources.get(name)
        given: list[Any] = []
        for source in SECTIONS if known is None else (known,):
            given = list(map(get, sections[source]))
            if known is None and given.count(None) < len(given):
                self._sources[name] = source
                break
        return given

    def _read(self, raw: bytes) -> Any:
        """Decode a record with its values; None for one that is left out, which is counted."""
        try:
            row = self._decode(raw)
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
        return row


def _decoder(names: tuple[str, ...]) -> Callable[[bytes], Any]:
    """Decode records as `Judged`, with `values.SECTION.v0` and so on for the names.

    What is not asked for never becomes a Python value, which is half of the time.
    """
    same: Any = {"gc": False, "frozen": True}
    rename = {f"v{n}": name for n, name in enumerate(names)}
    section = msgspec.defstruct(
        "Section", [(field, Any, None) for field in rename], rename=rename, **same
    )
    given = [(name, section, section()) for name in SECTIONS]
    values = msgspec.defstruct("Values", [*given, ("llm", section | None, None)], **same)
    record = msgspec.defstruct(
        "Record", [("values", values, values())], bases=(Judged,), **same
    )
    return msgspec.json.Decoder(record).decode


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
