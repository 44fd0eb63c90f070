"""Labels as a table: who said of which payment what, and when it became known."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa

from risk.archive.shelf import LABEL_KIND, LABELS, Archive, read_table


class Label(msgspec.Struct):
    """One fraud report as it stands on the labels topic."""

    transaction_id: str
    label: str
    known_at: datetime
    kind: str | None = None
    source: str | None = None


_decode: Final = msgspec.json.Decoder(Label).decode


def to_labels(records: Iterable[bytes]) -> tuple[Any, int]:
    """Make the table of labels; also how many records are none."""
    found, strange = [], 0
    for raw in records:
        try:
            found.append(_decode(raw))
        except msgspec.MsgspecError:
            strange += 1
    columns: dict[str, list[Any]] = {
        name: [getattr(label, name) for label in found]
        for name in ("transaction_id", "label", "kind", "source", "known_at")
    }
    columns["key"] = [
        blake2b(msgspec.json.encode(label), digest_size=16).hexdigest() for label in found
    ]
    arrays = [pa.array(columns[field.name], field.type) for field in LABELS]
    return pa.Table.from_arrays(arrays, schema=LABELS), strange


def newest_labels(folder: Path) -> dict[str, str]:
    """Give the newest label of each payment in an archive; raises `BadFile`."""
    columns = ["known_at", "key", "transaction_id", "label"]
    rows: list[tuple[datetime, str, str, str]] = []
    for file in Archive(folder).files(LABEL_KIND):
        table = read_table(file, columns)
        rows += zip(*[table[name].to_pylist() for name in columns], strict=True)
    return {transaction_id: label for _, _, transaction_id, label in sorted(rows)}
