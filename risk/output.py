"""A file of results that appears under its name only when it is whole.

What an interrupted run had written stays beside it as `NAME.part`, and the error says so.
"""

import gzip
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Self, cast

from risk.files import STANDARD, BadFile


class Output:
    """Lines into a file. `-` is standard output; a name ending in `.gz` is compressed.

    Raises `BadFile` when the disk is full or the place cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")

    def __enter__(self) -> Self:
        if self._path == STANDARD:
            self._raw = self._stream = cast(BinaryIO, sys.stdout.buffer)
            return self
        with self._naming():
            self._raw = self._stream = self._part.open("wb")
        if self._path.suffix == ".gz":
            # Without a time of its own in it: the same decisions give the same bytes.
            packed = gzip.GzipFile(fileobj=self._raw, mode="wb", filename="", mtime=0)
            self._stream = cast(BinaryIO, packed)
        return self

    def write(self, lines: list[bytes]) -> None:
        """Append lines, given without their ends."""
        if lines:
            with self._naming():
                self._stream.write(b"\n".join(lines) + b"\n")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._path == STANDARD:
            self._raw.flush()
        elif error is None:
            try:
                with self._naming():
                    self._finish()
            except BadFile as full:
                self._keep(full)
                raise
        else:
            self._keep(error)

    def _finish(self) -> None:
        if self._stream is not self._raw:
            self._stream.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()
        self._part.replace(self._path)

    def _keep(self, error: BaseException) -> None:
        with suppress(OSError):
            self._stream.close()
        with suppress(OSError):
            self._raw.close()
        if self._part.stat().st_size:
            error.add_note(f"what was written is kept as {self._part}")
        else:
            self._part.unlink()

    @contextmanager
    def _naming(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BadFile(f"{self._path}: cannot be written: {error.strerror}") from None
