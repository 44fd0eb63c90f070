"""An offset that ends the process again and again must not stop the stream for ever.

Before an arrival is looked at, its offset is written into a small memory-mapped file, a write
that survives the death of the process (not of the machine). The next process finds the offset
at which the last one died; after `max_attempts` deaths in a row at one offset it is condemned
and answered without being looked at. Two files a partition: the mark, and a list that changes
only after a crash.
"""

import json
import mmap
import os
import struct
from pathlib import Path

NONE = -1
_MARK = struct.Struct("<q")


class PartitionAttempts:
    """The marks of one partition. `begin` never waits for a disk."""

    def __init__(self, folder: Path, name: str, max_attempts: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._crashes_path = folder / f"{name}.crashes.json"
        self._max_attempts = max_attempts
        self._suspect, self._count, self._condemned = self._read_crashes()
        self._map = _open_mark(folder / f"{name}.attempt")
        self._learn(_MARK.unpack_from(self._map)[0])
        self.end()

    def begin(self, offset: int) -> bool:
        """Say which offset is looked at next; False if it is condemned."""
        if offset in self._condemned:
            return False
        _MARK.pack_into(self._map, 0, offset)
        return True

    def end(self) -> None:
        """Nothing is being looked at."""
        _MARK.pack_into(self._map, 0, NONE)

    def _learn(self, died_at: int) -> None:
        if died_at == NONE:
            return
        self._count = self._count + 1 if died_at == self._suspect else 1
        self._suspect = died_at
        if self._count >= self._max_attempts:
            self._condemned.add(died_at)
        text = {
            "suspect": self._suspect,
            "count": self._count,
            "condemned": sorted(self._condemned),
        }
        temporary = self._crashes_path.with_suffix(".tmp")
        temporary.write_text(json.dumps(text), encoding="utf-8")
        temporary.replace(self._crashes_path)

    def _read_crashes(self) -> tuple[int, int, set[int]]:
        try:
            found = json.loads(self._crashes_path.read_text(encoding="utf-8"))
            return int(found["suspect"]), int(found["count"]), set(found["condemned"])
        except FileNotFoundError:
            return NONE, 0, set()
        except (ValueError, KeyError, TypeError):
            # A torn file only costs further attempts; refusing to start would stop payments.
            return NONE, 0, set()


def _open_mark(path: Path) -> mmap.mmap:
    with path.open("a+b") as file:
        if file.seek(0, os.SEEK_END) != _MARK.size:
            file.truncate(0)
            file.write(_MARK.pack(NONE))
            file.flush()
        return mmap.mmap(file.fileno(), _MARK.size)


class Attempts:
    """The marks of all partitions of one topic, opened as they are first needed."""

    def __init__(self, folder: Path, topic: str, max_attempts: int) -> None:
        self._folder = folder
        self._topic = topic
        self._max_attempts = max_attempts
        self._partitions: dict[int, PartitionAttempts] = {}

    def of(self, partition: int) -> PartitionAttempts:
        """The marks of one partition."""
        found = self._partitions.get(partition)
        if found is None:
            name = f"{self._topic}-{partition}"
            found = PartitionAttempts(self._folder, name, self._max_attempts)
            self._partitions[partition] = found
        return found
