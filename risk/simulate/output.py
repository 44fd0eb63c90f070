"""Files: payments as JSON lines or Parquet; truth and labels as JSON lines."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from risk.simulate.labels import Label
from risk.simulate.records import header, label_line, truth_line
from risk.simulate.spec import Spec
from risk.simulate.world import Written


class Sink(Protocol):
    """Takes the days in order."""

    def take(self, day: Written) -> None:
        """Keep one day."""

    def close(self) -> None:
        """Finish; nothing is taken afterwards."""


class JsonLines:
    """Payments, one a line."""

    def __init__(self, path: Path):
        self._file = path.open("wb", buffering=1 << 20)

    def take(self, day: Written) -> None:
        """Append the day's payments."""
        if day.lines:
            self._file.write(("\n".join(day.lines) + "\n").encode())

    def close(self) -> None:
        """Write out what is buffered."""
        self._file.close()


def _struct(*names: str) -> pa.StructType:
    return pa.struct([(name, pa.string()) for name in names])


_SCHEMA = pa.schema(
    [
        *(
            (name, pa.string())
            for name in ("id", "time", "kind", "channel", "status", "amount", "currency")
        ),
        ("payer", _struct("id", "account", "country")),
        ("payee", _struct("id", "name", "account", "country")),
        ("merchant", _struct("id", "category")),
        ("device", _struct("id", "ip", "country")),
        ("memo", pa.string()),
    ]
)


class Parquet:
    """Payments, a row each with the wire message's own fields, a row group a day."""

    def __init__(self, path: Path, spec: Spec):
        schema = _SCHEMA.with_metadata({"world": header(spec)})
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._schema = schema

    def take(self, day: Written) -> None:
        """Append the day's payments."""
        rows: list[dict[str, Any]] = msgspec.json.decode(f"[{','.join(day.lines)}]")
        self._writer.write_table(pa.Table.from_pylist(rows, self._schema))

    def close(self) -> None:
        """Write the footer, without which the file cannot be read."""
        self._writer.close()


class TruthFile:
    """What is true, in the order of the payments, after a header that names the world."""

    def __init__(self, path: Path, spec: Spec):
        self._file = path.open("wb")
        self._file.write(header(spec) + b"\n")

    def take(self, day: Written) -> None:
        """Append the day's truths."""
        self._file.writelines(truth_line(truth) + b"\n" for truth in day.truths)

    def close(self) -> None:
        """Write out what is buffered."""
        self._file.close()


class LabelFile:
    """Every report, in the order in which they become known."""

    def __init__(self, path: Path):
        self._file = path.open("wb")
        self._labels: list[Label] = []

    def take(self, day: Written) -> None:
        """Remember the day's labels: a later day may have one that is known earlier."""
        self._labels += day.labels

    def close(self) -> None:
        """Write them in order."""
        ordered = sorted(self._labels, key=lambda label: (label.known_at, label.transaction_id))
        with self._file:
            self._file.writelines(
                label_line(label, label.known_at) + b"\n" for label in ordered
            )


def write_files(
    spec: Spec, days: Iterable[Written], out: Path, truth: Path | None, labels: Path | None
) -> Iterable[Written]:
    """Write each day as it comes and pass it on. Raises `OSError` where a file cannot be."""
    with ExitStack() as open_files:
        sinks: list[Sink] = [Parquet(out, spec) if out.suffix == ".parquet" else JsonLines(out)]
        sinks += [TruthFile(truth, spec)] if truth else []
        sinks += [LabelFile(labels)] if labels else []
        for sink in sinks:
            open_files.callback(sink.close)
        for day in days:
            for sink in sinks:
                sink.take(day)
            yield day
