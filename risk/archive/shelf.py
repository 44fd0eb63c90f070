"""Decisions and labels as Parquet by day: written so that a kill leaves nothing twice.

    FOLDER/decisions/day=2026-03-02/0123456789abcdef.parquet
    FOLDER/labels/day=2026-03-05/...

A row is known by its key, and a key that is in its day already is not written again: whoever
is killed runs again over the same data. A file is there whole or not at all. When a day's files
are put together, a note says which ones the new file replaces, so that a kill in between is
mended by whoever opens the archive next.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
from pyarrow import compute, parquet

from risk.archive.table import SCHEMA, to_table
from risk.decision import Decision
from risk.files import BadFile

NO_DAY: Final = "none"
NOTE: Final = "replace.json"

LABELS: Final = pa.schema(
    [
        ("key", pa.string()),
        ("transaction_id", pa.string()),
        ("label", pa.string()),
        ("kind", pa.string()),
        ("source", pa.string()),
        ("known_at", pa.timestamp("us", "UTC")),
    ]
)


class Kind(msgspec.Struct, frozen=True):
    """What is archived: its folder's name, the columns, the key of a row, the time of a day."""

    name: str
    schema: Any
    key: str
    time: str


DECISIONS: Final = Kind("decisions", SCHEMA, "id", "event_time")
LABEL_KIND: Final = Kind("labels", LABELS, "key", "known_at")
KINDS: Final = (DECISIONS, LABEL_KIND)


class Busy(Exception):
    """Another process writes into the archive."""


class Archive:
    """The folder of an archive. Open it for writing with `writing`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[tuple[str, str], set[str]] = {}

    @contextmanager
    def writing(self) -> Iterator["Archive"]:
        """Be the only writer; raises `Busy`, or `BadFile` if the place cannot be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / ".lock").open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise Busy(f"{self.folder}: another process writes into it") from None
                self.mend()
                yield self
        except OSError as error:
            raise BadFile(f"{self.folder}: cannot be written: {error.strerror}") from None

    def add(self, kind: Kind, table: Any) -> int:
        """Write the rows that are not there yet; return how many they were."""
        return sum(self._add_day(kind, day, rows) for day, rows in _by_day(kind, table))

    def add_decisions(self, decisions: Sequence[Decision]) -> int:
        """Write the decisions that are not there yet; return how many they were."""
        return self.add(DECISIONS, to_table(decisions))

    def compact(self, least: int = 2) -> int:
        """Put the files of each day that has as many together; return how many days."""
        done = 0
        for kind in KINDS:
            for day in self._days(kind):
                files = _files(day)
                if len(files) >= least:
                    _replace(kind, day, files)
                    done += 1
        return done

    def mend(self) -> None:
        """Finish what a kill interrupted."""
        for kind in KINDS:
            for day in self._days(kind):
                if (day / NOTE).exists():
                    _finish(day)
                for part in day.glob(".*.part"):
                    part.unlink()

    def files(self, kind: Kind) -> list[Path]:
        """All files of a kind, by day."""
        return [file for day in self._days(kind) for file in _files(day)]

    def _days(self, kind: Kind) -> list[Path]:
        return sorted((self.folder / kind.name).glob("day=*"))

    def _add_day(self, kind: Kind, day: str, table: Any) -> int:
        folder = self.folder / kind.name / f"day={day}"
        folder.mkdir(parents=True, exist_ok=True)
        known = self._known.get((kind.name, day))
        if known is None:
            # Data comes by time: what is asked for next is the same day or one beside it.
            self._known = {key: keys for key, keys in [*self._known.items()][-3:]}
            known = self._known[kind.name, day] = _keys(kind, folder)
        fresh = []
        for row, key in enumerate(table[kind.key].to_pylist()):
            if key not in known:
                known.add(key)
                fresh.append(row)
        if fresh:
            _write(kind, folder, table.take(fresh))
        return len(fresh)


def _by_day(kind: Kind, table: Any) -> Iterator[tuple[str, Any]]:
    times = table[kind.time]
    days = compute.fill_null(compute.strftime(times, format="%Y-%m-%d"), NO_DAY)
    for day in sorted(set(days.to_pylist())):
        yield day, table.filter(compute.equal(days, day))


def _files(day: Path) -> list[Path]:
    return sorted(path for path in day.glob("*.parquet") if not path.name.startswith("."))


def _keys(kind: Kind, day: Path) -> set[str]:
    found: set[str] = set()
    for file in _files(day):
        found.update(read_table(file, [kind.key])[kind.key].to_pylist())
    return found


def read_table(file: Path, columns: list[str] | None = None) -> Any:
    """Read a file of an archive; raises `BadFile`."""
    try:
        return parquet.ParquetFile(file).read(columns)
    except (OSError, pa.ArrowException) as error:
        text = str(error).partition("\n")[0]
        raise BadFile(f"{file}: cannot be read as Parquet: {text}") from None


def _write(kind: Kind, day: Path, table: Any) -> Path:
    """Write rows under a name made of their keys: the same rows are the same file."""
    digest = blake2b("\n".join(table[kind.key].to_pylist()).encode(), digest_size=8)
    path = day / f"{digest.hexdigest()}.parquet"
    part = day / f".{path.name}.part"
    parquet.write_table(table, part, compression="zstd")
    _settle(part, path)
    return path


def _replace(kind: Kind, day: Path, files: list[Path]) -> None:
    table = pa.concat_tables([read_table(file) for file in files])
    order = [(kind.time, "ascending"), (kind.key, "ascending")]
    whole = table.sort_by(order)
    digest = blake2b("\n".join(whole[kind.key].to_pylist()).encode(), digest_size=8).hexdigest()
    part = day / f".{digest}.parquet.new"
    parquet.write_table(whole, part, compression="zstd", row_group_size=65_536)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    note = {"new": f"{digest}.parquet", "old": [file.name for file in files]}
    draft = day / f".{NOTE}.part"
    draft.write_bytes(msgspec.json.encode(note))
    _settle(draft, day / NOTE)
    _finish(day)


def _finish(day: Path) -> None:
    """Do what the note says; each step may have been done before a kill."""
    note = msgspec.json.decode((day / NOTE).read_bytes())
    part = day / f".{note['new']}.new"
    for name in note["old"]:
        if name != note["new"]:
            (day / name).unlink(missing_ok=True)
    if part.exists():
        part.replace(day / note["new"])
    (day / NOTE).unlink()


def _settle(part: Path, path: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
