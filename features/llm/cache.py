"""Answers that were paid for already: in memory, and on disk across restarts.

An entry is named by a keyed hash of text, prompt, schema and model, so one made by another
prompt or model can never be taken for an answer; it holds spans and labels, no text. A cache
that fails is a cache that misses: it never stops a payment.
"""

import sqlite3
from collections import OrderedDict
from pathlib import Path
from typing import Final

import msgspec

from features.text.schema import Reading

TTL_S: Final = 30 * 86_400.0
"""How long an answer is good: memos come back monthly (rent, salary), models change."""

FAILURE_TTL_S: Final = 60.0
"""How long a text that got no usable answer is not asked about again."""

_JITTER: Final = 0.1  # entries of one minute must not all run out in one minute


class _Entry(msgspec.Struct, frozen=True):
    reading: Reading | None  # None: there was no usable answer
    expires: float


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Reading).decode


class Shelf:
    """Answers on disk: one SQLite file that its owner alone may read. For one process."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._database = sqlite3.connect(path, isolation_level=None, timeout=0.05)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS answers"
            " (name TEXT PRIMARY KEY, expires REAL NOT NULL, reading BLOB NOT NULL)"
            " WITHOUT ROWID"
        )

    def get(self, name: str) -> tuple[Reading, float] | None:
        """A reading and the second at which it expires; None if there is none to be had."""
        try:
            row = self._database.execute(
                "SELECT reading, expires FROM answers WHERE name = ?", (name,)
            ).fetchone()
            return row and (_decode(row[0]), row[1])
        except (sqlite3.Error, msgspec.MsgspecError):
            return None

    def put(self, name: str, reading: Reading, expires: float) -> bool:
        """Whether it could be kept."""
        try:
            self._database.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?)",
                (name, expires, _encode(reading)),
            )
        except sqlite3.Error:
            return False
        return True

    def drop_expired(self, now: float) -> int:
        """Forget what is no longer good; gives how many. For a quiet moment."""
        try:
            return self._database.execute(
                "DELETE FROM answers WHERE expires <= ?", (now,)
            ).rowcount
        except sqlite3.Error:
            return 0

    def close(self) -> None:
        """Close the file."""
        self._database.close()


class Cache:
    """The last `capacity` answers in memory, all good ones on the shelf if there is one.

    Times are seconds since 1970 UTC, `jitter` in 0..1 is drawn by the caller.
    """

    def __init__(
        self, capacity: int = 65_536, shelf: Shelf | None = None, ttl: float = TTL_S
    ) -> None:
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._capacity = capacity
        self._shelf = shelf
        self._ttl = ttl

    def get(self, name: str, now: float) -> Reading | None:
        """A good answer, None if there is none."""
        entry = self._entries.get(name)
        if entry is None and self._shelf is not None:
            kept = self._shelf.get(name)
            if kept is not None:
                entry = _Entry(*kept)
                self._keep(name, entry)
        if entry is None or entry.expires <= now:
            return None
        self._entries.move_to_end(name)
        return entry.reading

    def failed(self, name: str, now: float) -> bool:
        """Whether there was no usable answer a moment ago."""
        entry = self._entries.get(name)
        return entry is not None and entry.reading is None and entry.expires > now

    def put(self, name: str, reading: Reading, now: float, jitter: float) -> None:
        """Keep an answer."""
        expires = now + self._ttl * (1 - _JITTER * jitter)
        self._keep(name, _Entry(reading, expires))
        if self._shelf is not None:
            self._shelf.put(name, reading, expires)

    def put_failure(self, name: str, now: float) -> None:
        """Remember for a moment, in memory only, that there was no usable answer."""
        self._keep(name, _Entry(None, now + FAILURE_TTL_S))

    def _keep(self, name: str, entry: _Entry) -> None:
        self._entries[name] = entry
        self._entries.move_to_end(name)
        if len(self._entries) > self._capacity:
            self._entries.popitem(last=False)
