"""The simulator's truth file: which payments are fraud. No decision ever sees it."""

from pathlib import Path

import msgspec


class _Line(msgspec.Struct):
    """The first line tells of the world instead, and has no id."""

    transaction_id: str = ""
    fraud: bool = False


_decode = msgspec.json.Decoder(_Line).decode


def frauds(file: Path) -> list[str]:
    """Read the ids of the payments that are fraud; those not listed are genuine."""
    lines = map(_decode, file.read_bytes().splitlines())
    return [line.transaction_id for line in lines if line.fraud]
