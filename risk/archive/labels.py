"""Labels as a table: who said of which payment what, and when it became known."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

import msgspec
import pyarrow as pa

from risk.archive.shelf import LABELS


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
