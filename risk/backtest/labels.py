"""Which payments were frauds, as far as anybody reported: JSON lines, or an archive."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from risk.archive.labels import newest_labels
from risk.files import BadFile, format_of, open_source


class Line(msgspec.Struct):
    """A label (`label`: fraud or anything else), or a line of the simulator's truth file."""

    transaction_id: str = ""
    label: str | None = None
    fraud: bool | None = None


_decode: Final = msgspec.json.Decoder(Line).decode


def read_frauds(paths: Iterable[Path]) -> frozenset[str]:
    """Read the ids of payments labelled fraud; the last label of a payment counts.

    Raises `BadFile`. Whoever is not labelled counts as good.
    """
    labels: dict[str, bool] = {}
    for path in paths:
        if path.is_dir():
            archived = newest_labels(path).items()
            labels |= {name: label == "fraud" for name, label in archived}
            continue
        if format_of(path) != "jsonl":
            raise BadFile(f"{path}: labels are read from JSON lines or an archive")
        with open_source(path, "jsonl") as source:
            for row in source.rows:
                line = _line(path, row.number, bytes(row.content))
                if line.transaction_id:
                    labels[line.transaction_id] = bool(line.fraud) or line.label == "fraud"
    if not labels:
        raise BadFile("there are no labels in " + ", ".join(map(str, paths)))
    return frozenset(name for name, is_fraud in labels.items() if is_fraud)


def _line(path: Path, number: int, raw: bytes) -> Line:
    try:
        return _decode(raw)
    except msgspec.MsgspecError:
        raise BadFile(
            f"{path}: line {number} is no label: transaction_id with label or fraud"
        ) from None
