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
        # A device or a pipe is written as it is: to rename a file onto it would destroy it.
        self._in_place = path == STANDARD or (path.exists() and not path.is_file())
        self._part = path if self._in_place else path.with_name(path.name + ".part")

    def __enter__(self) -> Self:
        with self._naming():
            self._raw = self._stream = self._open()
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
        try:
            with self._naming():
                self._close()
                if error is None and not self._in_place:
                    self._part.replace(self._path)
        except BadFile as full:
            if error is None:
                self._tell_part(full)
                raise
        if error is not None:
            self._tell_part(error)

    def _open(self) -> BinaryIO:
        return sys.stdout.buffer if self._path == STANDARD else self._part.open("wb")

    def _close(self) -> None:
        try:
            if self._stream is not self._raw:
                self._stream.close()
            self._raw.flush()
            if not self._in_place:
                os.fsync(self._raw.fileno())
        finally:
            if self._path != STANDARD:
                with suppress(OSError):
                    self._raw.close()

    def _tell_part(self, error: BaseException) -> None:
        if self._in_place or not self._part.exists():
            return
        if self._part.stat().st_size:
            error.add_note(f"what was written is kept as {self._part}")
        else:
            self._part.unlink()

    @contextmanager
    def _naming(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise  # whoever read the output has had enough: no fault of the file
        except OSError as error:
            raise BadFile(f"{self._path}: cannot be written: {error.strerror}") from None
