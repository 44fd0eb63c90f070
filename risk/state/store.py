"""The door to SQLite: one file a partition, in which states and offset change together.

Write-ahead log with synchronous NORMAL: a killed process loses nothing, a power failure at most
the newest checkpoints, and never the agreement of states and offset. One process writes (see
`risk.state.scribe`), one worker reads.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from risk.ledger import Line
from risk.state.stamp import Stamp, Unusable, read_stamp, seal, unseal, write_stamp

Row: TypeAlias = tuple[str, str, bytes]
"""Kind, key, state; no bytes for what is gone."""

SCHEMA: Final = (
    "create table if not exists stamp (one integer primary key check (one = 1), content blob)",
    # With row ids: without them a state longer than a quarter page takes pages of its own.
    "create table if not exists state (kind text, key text, content blob, "
    "primary key (kind, key))",
    "create table if not exists ledger (place integer primary key, content blob)",
)
UPSERT: Final = (
    "insert into state values (?, ?, ?) "
    "on conflict (kind, key) do update set content = excluded.content"
)
# SQLite's defaults (2 MB of cache, a merge every 1,000 pages) double the time of a checkpoint.
WRITING: Final = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "cache_size=-65536",
    "wal_autocheckpoint=20000",
    "journal_size_limit=268435456",
)
_line = msgspec.msgpack.Decoder(Line).decode
_encode_line = msgspec.msgpack.Encoder().encode


class StoreFailed(Exception):
    """A checkpoint cannot be written: the disk is full or broken."""


class Store:
    """The writing side of one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            raise StoreFailed(_explain(path, error)) from None

    def _open(self) -> None:
        self._db = sqlite3.connect(self._path, isolation_level=None)
        for line in WRITING:
            self._db.execute(f"pragma {line}")
        for line in SCHEMA:
            self._db.execute(line)

    def commit(self, rows: Iterable[Row], lines: Iterable[Line], stamp: Stamp) -> None:
        """Make all of it durable, or nothing; raises `StoreFailed`."""
        db = self._db
        try:
            db.execute("begin immediate")
            for kind, key, content in rows:
                if content:
                    sealed = seal(content, kind, key)
                    db.execute(UPSERT, (kind, key, sealed))
                else:
                    db.execute("delete from state where kind = ? and key = ?", (kind, key))
            db.executemany(
                "insert or replace into ledger values (?, ?)",
                ((line.place, seal(_encode_line(line), str(line.place))) for line in lines),
            )
            db.execute("delete from ledger where place < ?", (stamp.ledger_first,))
            db.execute("insert or replace into stamp values (1, ?)", (write_stamp(stamp),))
            db.execute("commit")
        except sqlite3.Error as error:
            raise StoreFailed(_explain(self._path, error)) from None

    def share(self, path: Path) -> None:
        """Copy the file to a folder from which others may take it; raises `StoreFailed`."""
        try:
            self._db.execute("pragma wal_checkpoint(truncate)")
            copy_whole(self._path, path)
        except (sqlite3.Error, OSError) as error:
            raise StoreFailed(_explain(path, error)) from None

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


class Reading:
    """The reading side of one file; raises `Unusable` for whatever is wrong with it.

    `on_damage` is told the path before a damaged state is spoken of.
    """

    def __init__(
        self, path: Path, on_damage: Callable[[Path], None] = lambda path: None
    ) -> None:
        self._path = path
        self._on_damage = on_damage
        if not path.exists():
            raise Unusable("missing")
        with _wrong():
            self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
            self._db.execute("pragma cache_size=-32768")

    def stamp(self) -> Stamp:
        """What the checkpoint says of itself."""
        with _wrong():
            row = self._db.execute("select content from stamp").fetchone()
        if row is None:
            raise Unusable("missing", "nothing was ever committed to the file")
        return read_stamp(row[0])

    def load(self, kind: str, key: str) -> bytes | None:
        """The state of one entity, None if there is none."""
        try:
            with _wrong():
                row = self._db.execute(
                    "select content from state where kind = ? and key = ?", (kind, key)
                ).fetchone()
            return unseal(row[0], kind, key) if row else None
        except Unusable:
            self._on_damage(self._path)
            raise

    def states(self, kinds: Iterable[str]) -> Iterator[Row]:
        """All states of these kinds."""
        for kind in kinds:
            with _wrong():
                rows = self._db.execute(
                    "select key, content from state where kind = ?", (kind,)
                )
                for key, content in rows:
                    yield kind, key, unseal(content, kind, key)

    def lines(self, stamp: Stamp) -> list[Line]:
        """The ledger, oldest first."""
        with _wrong():
            rows = self._db.execute(
                "select place, content from ledger order by place"
            ).fetchall()
        if [place for place, _ in rows] != list(range(stamp.ledger_first, stamp.ledger_next)):
            raise Unusable("corrupt", "lines of the ledger are missing")
        return [_line(unseal(content, str(place))) for place, content in rows]

    def sizes(self) -> list[tuple[str, int, int]]:
        """By kind: how many entities and how many bytes of state."""
        with _wrong():
            return self._db.execute(
                "select kind, count(*), sum(length(content)) from state group by kind"
            ).fetchall()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


class _wrong:  # noqa: N801  # reads as a word of the `with` statement
    """Turns what SQLite raises into a reason."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, sqlite3.DatabaseError):
            reason = (
                "torn"
                if "malformed" in str(error) or "not a database" in str(error)
                else ("corrupt")
            )
            raise Unusable(reason, str(error)) from None  # type: ignore[arg-type]


def remove(path: Path) -> None:
    """Delete a checkpoint with what SQLite keeps beside it."""
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def set_aside(path: Path) -> None:
    """Move a damaged checkpoint out of the way, for people to look at."""
    if path.exists():
        path.replace(path.with_name(path.name + ".damaged"))
    remove(path)


def copy_store(source: Path, target: Path) -> None:
    """Copy a checkpoint that nobody writes, with what SQLite keeps beside it."""
    Store(source).close()  # the last one to close it merges the log into the file
    remove(target)
    copy_whole(source, target)


def put_in_place(part: Path, path: Path) -> None:
    """Let a closed file take the place of a checkpoint that nobody uses, in one step."""
    if path.exists():
        with suppress(StoreFailed):  # it is damaged, and goes
            Store(path).close()
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file so that nobody ever sees a part of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    shutil.copyfile(source, part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)


def _explain(path: Path, error: Exception) -> str:
    return (
        f"the checkpoint {path} cannot be written: {error}. Nothing more is decided or "
        "committed; make room or repair the disk, then start again: nothing is lost"
    )
