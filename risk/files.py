"""Files of payments: JSON lines, CSV, Parquet, read as a stream whatever their length.

The only door to pyarrow, which is imported only when a Parquet file is met.
"""

import csv
import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeAlias, cast

import msgspec

Format: TypeAlias = Literal["jsonl", "csv", "parquet"]

SUFFIXES: Final[dict[str, Format]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
STANDARD: Final = Path("-")
"""Standard input or output."""

LONGEST_LINE: Final = 4_000_000
"""Bytes kept of a line. A longer one is refused as a payment anyway; its rest is skipped."""

_BATCH: Final = 1024
_BOM: Final = b"\xef\xbb\xbf"


class BadFile(Exception):
    """A file that cannot be read or written; `str()` names it, the place and the reason."""


class Row(msgspec.Struct, frozen=True):
    """One row: its number, from 1 (of the line; in Parquet of the row), and what it holds.

    That is the bytes of a message, or the cells of a table in the order of its columns.
    """

    number: int
    content: bytes | Sequence[Any]


class Source(msgspec.Struct, frozen=True):
    """An open file of payments. `rows` can be read once.

    `columns` is empty for messages; `fraction()` is the part that was read (0 to 1), None for a
    stream whose end is not known.
    """

    columns: tuple[str, ...]
    rows: Iterator[Row]
    fraction: Callable[[], float | None]


def format_of(path: Path) -> Format:
    """Tell the format by the name; raises `BadFile` for a name that does not say it."""
    suffix = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    found = SUFFIXES.get(suffix.lower())
    if found is None:
        raise BadFile(f"{path}: the name does not tell the format; give --format")
    return found


@contextmanager
def open_source(path: Path, format_: Format, delimiter: str = ",") -> Iterator[Source]:
    """Open a file of payments; `-` is standard input. Raises `BadFile`, also while reading."""
    if format_ == "parquet":
        yield _open_parquet(path)
        return
    with _open_raw(path) as raw:
        size = 0 if path == STANDARD else path.stat().st_size
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if path.suffix == ".gz" else raw
        columns: tuple[str, ...] = ()
        if format_ == "csv":
            columns, rows = _read_csv(path, stream, delimiter)
        else:
            rows = _read_lines(stream)
        yield Source(columns, _guard(path, rows), lambda: _fraction(raw, size))


def _fraction(raw: BinaryIO, size: int) -> float | None:
    if not size:
        return None
    return 1.0 if raw.closed else min(1.0, raw.tell() / size)


@contextmanager
def _open_raw(path: Path) -> Iterator[BinaryIO]:
    if path == STANDARD:
        yield sys.stdin.buffer
        return
    try:
        raw = path.open("rb")
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from None
    with raw:
        yield raw


def _guard(path: Path, rows: Iterator[Row]) -> Iterator[Row]:
    """Say of a fault in the file where it is."""
    number = 0
    try:
        for row in rows:
            number = row.number
            yield row
    except (OSError, EOFError, ValueError, zlib.error, csv.Error) as error:
        raise BadFile(f"{path}: cannot be read after line {number}: {error}") from None


def _read_lines(stream: BinaryIO) -> Iterator[Row]:
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        rest = line
        while len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE)
        content = line.removeprefix(_BOM).strip() if number == 1 else line.strip()
        if content:
            yield Row(number, content)


def _read_csv(
    path: Path, stream: BinaryIO, delimiter: str
) -> tuple[tuple[str, ...], Iterator[Row]]:
    # Bytes that are no UTF-8 survive as surrogates: the row is refused, not the file.
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        columns = tuple(next(reader, ()))
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise BadFile(f"{path}: cannot be read: {error}") from None
    return columns, (Row(reader.line_num, cells) for cells in reader if cells)


def _open_parquet(path: Path) -> Source:
    import pyarrow as pa
    from pyarrow import parquet

    if path == STANDARD:
        raise BadFile("Parquet cannot be read from standard input: its index stands at the end")
    try:
        # Read ahead, a file would stay in memory from its beginning to where it is read.
        file = parquet.ParquetFile(path, pre_buffer=False)
    except (OSError, pa.ArrowException) as error:
        raise BadFile(f"{path}: cannot be read as Parquet: {_first_line(error)}") from None
    done = 0

    def rows() -> Iterator[Row]:
        nonlocal done
        try:
            for batch in file.iter_batches(_BATCH):
                cells = [_plain(column) for column in batch.columns]
                for row in zip(*cells, strict=True):
                    done += 1
                    yield Row(done, row)
        except (OSError, pa.ArrowException) as error:
            raise BadFile(
                f"{path}: cannot be read after row {done}: {_first_line(error)}"
            ) from None

    total = file.metadata.num_rows
    return Source(
        tuple(file.schema_arrow.names), rows(), lambda: done / total if total else None
    )


def _plain(column: Any) -> list[Any]:
    """Cells as Python values. Nanoseconds are cut to microseconds: Python has no others."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return cast(list[Any], column.to_pylist())


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
