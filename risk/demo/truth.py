"""The simulator's truth file: which payments are fraud. No decision ever sees it."""

from pathlib import Path

import msgspec


class _Truth(msgspec.Struct):
    """A line; the first one tells of the world instead and has no id."""

    transaction_id: str = ""
    fraud: bool = False


_decode = msgspec.json.Decoder(_Truth).decode


class TruthFile:
    """A file of JSON lines that another process is still writing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def news(self) -> list[str]:
        """The ids of fraudulent payments written since the last call; whole lines only."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._read)
            found = file.read()
        whole = found[: found.rfind(b"\n") + 1]
        self._read += len(whole)
        truths = map(_decode, whole.splitlines())
        return [truth.transaction_id for truth in truths if truth.fraud]
