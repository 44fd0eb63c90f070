"""Decisions as a table: columns to ask questions of, and the whole record beside them.

The columns never change their names or types; `record` is the decision's JSON, so that nothing
is lost and a decision read back equals the one written, whatever its version.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
from pyarrow import parquet

from risk.decision import Decision, encode
from risk.files import BadFile

_TEXTS: Final = pa.list_(pa.string())

SCHEMA: Final = pa.schema(
    [
        ("id", pa.string()),
        ("topic", pa.string()),
        ("epoch", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("transaction_id", pa.string()),
        ("payer_id", pa.string()),
        ("event_time", pa.timestamp("us", "UTC")),
        ("amount_minor", pa.int64()),
        ("currency", pa.string()),
        ("amount", pa.float64()),
        ("kind", pa.string()),
        ("channel", pa.string()),
        ("outcome", pa.string()),
        ("tier", pa.string()),
        ("score", pa.int32()),
        ("rules", _TEXTS),
        ("codes", _TEXTS),
        ("shadow", _TEXTS),
        ("shadow_outcome", pa.string()),
        ("book", pa.string()),
        ("scorer", pa.string()),
        ("duplicate_of", pa.string()),
        ("record", pa.binary()),
    ]
)
"""`amount` is in major units of the book's currency; `rules` fired, `shadow` were on trial;
`codes` are those of the reasons; `book` and `scorer` are content hashes."""

_OWN: Final = (
    *("id", "transaction_id", "payer_id", "event_time", "amount_minor", "currency"),
    *("outcome", "tier", "score", "shadow_outcome", "duplicate_of"),
)
"""Columns that are fields of the decision by the same name."""


def strip(decision: Decision) -> Decision:
    """Leave out the timings: wall time, and no part of the decision."""
    return msgspec.structs.replace(decision, timings_us={}) if decision.timings_us else decision


def to_table(decisions: Sequence[Decision]) -> pa.Table:
    """Make the table of decisions; raises nothing for any decision."""
    payments = [decision.values.get("payment", {}) for decision in decisions]
    columns: dict[str, list[Any]] = {
        name: [getattr(decision, name) for decision in decisions] for name in _OWN
    }
    for name in ("topic", "epoch", "partition", "offset"):
        columns[name] = [getattr(decision.source, name) for decision in decisions]
    for name in ("amount", "kind", "channel"):
        columns[name] = [values.get(name) for values in payments]
    columns["rules"] = [[hit.rule for hit in decision.hits] for decision in decisions]
    columns["shadow"] = [[hit.rule for hit in decision.shadow] for decision in decisions]
    columns["codes"] = [[reason.code for reason in one.reasons] for one in decisions]
    columns["book"] = [decision.book.hash for decision in decisions]
    columns["scorer"] = [decision.scorer.hash for decision in decisions]
    columns["record"] = [encode(decision) for decision in decisions]
    arrays = [pa.array(columns[field.name], field.type) for field in SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


class TableFile:
    """A Parquet file of decisions being written, a row group a call."""

    def __init__(self, path: Path) -> None:
        # No statistics of the records: their first and last bytes tell nobody anything.
        named = [name for name in SCHEMA.names if name != "record"]
        self._writer = parquet.ParquetWriter(
            path, SCHEMA, compression="zstd", write_statistics=named
        )

    def write(self, table: pa.Table) -> None:
        """Append rows."""
        if table.num_rows:
            self._writer.write_table(table, row_group_size=table.num_rows)

    def copy(self, path: Path) -> None:
        """Append the rows of another file of decisions, its row groups as they are."""
        file = _open(path)
        for number in range(file.num_row_groups):
            self.write(file.read_row_group(number))

    def close(self) -> None:
        """Write the index; before this the file cannot be read."""
        self._writer.close()


def is_table(path: Path) -> bool:
    """Tell whether a Parquet file holds decisions; raises `BadFile` if it cannot be read."""
    return "record" in _open(path).schema_arrow.names


def read_records(path: Path, rows: int = 2048) -> Iterator[list[bytes]]:
    """The records of a file of decisions in batches; raises `BadFile`."""
    file = _open(path)
    if "record" not in file.schema_arrow.names:
        raise BadFile(f"{path}: has no column record, so it holds no decisions")
    done = 0
    try:
        for batch in file.iter_batches(rows, columns=["record"]):
            found = batch.column(0).to_pylist()
            done += len(found)
            yield found
    except (OSError, pa.ArrowException) as error:
        raise BadFile(
            f"{path}: cannot be read after row {done}: {str(error).partition(chr(10))[0]}"
        ) from None


def _open(path: Path) -> Any:
    try:
        # Read ahead, a file would stay in memory from its beginning to where it is read.
        return parquet.ParquetFile(path, pre_buffer=False)
    except (OSError, pa.ArrowException) as error:
        raise BadFile(
            f"{path}: cannot be read as Parquet: {str(error).partition(chr(10))[0]}"
        ) from None
