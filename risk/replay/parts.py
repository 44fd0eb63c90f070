"""The parts of a replay's result: whole files that a kill cannot spoil.

A replay writes its result in parts of a fixed number of decisions, each under its name only
when it is whole, into a folder beside the result. A run that was killed finds them there and
goes on behind them; at the end they are put together in the order of the log. Which process
made a part, and when, leaves no trace in it.
"""

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from risk.archive.table import TableFile, read_records, to_table
from risk.decision import Decision, Source, encode
from risk.files import BadFile
from risk.ledger import FirstAnswer
from risk.output import Output

ROWS: Final = 8192
"""Decisions in a part; all but the last of a lane have so many."""

PLAN: Final = "plan.json"


class OtherRun(Exception):
    """The parts that lie there are those of another replay."""


class Counts(msgspec.Struct):
    """What the decisions of a part are."""

    rows: int = 0
    repeats: int = 0
    outcomes: dict[str, int] = {}
    refused: dict[str, int] = {}
    elsewhere: int = 0
    """Values by another key than the payer: they know of one partition only."""

    def add(self, other: "Counts") -> None:
        """Count another part."""
        self.rows += other.rows
        self.repeats += other.repeats
        self.elsewhere += other.elsewhere
        self.outcomes = dict(Counter(self.outcomes) + Counter(other.outcomes))
        self.refused = dict(Counter(self.refused) + Counter(other.refused))


def count(decisions: Sequence[Decision], elsewhere: frozenset[str] = frozenset()) -> Counts:
    """Count the decisions of a part; `elsewhere` are the values by another key."""
    refused = [one.reasons[0].code for one in decisions if one.score is None]
    known = [elsewhere.intersection(one.values.get("history", ())) for one in decisions]
    return Counts(
        rows=len(decisions),
        repeats=sum(one.duplicate_of is not None for one in decisions),
        outcomes=dict(Counter(one.outcome for one in decisions)),
        refused=dict(Counter(refused)),
        elsewhere=sum(map(len, known)),
    )


class Answered(FirstAnswer, frozen=True, gc=False, kw_only=True):
    """What was answered, and to which place of the log."""

    source: Source


class Unwritable(BadFile):
    """The place of the parts cannot be written; what is there stays, to go on from."""


class Parts:
    """The folder of the parts of one result. Lanes are partitions, or 0 for a plain list."""

    def __init__(self, result: Path, rows: int = ROWS) -> None:
        self.result = result
        self.rows = rows
        self.folder = result.with_name(result.name + ".parts")
        self._is_table = result.suffix in (".parquet", ".pq")

    def begin(self, plan: Mapping[str, Any]) -> int:
        """Make the folder, or find it again: how many decisions are there already.

        Raises `OtherRun` if another plan (inputs, book, scorer, ...) made what is there.
        """
        wanted = msgspec.json.encode(plan, order="deterministic")
        path = self.folder / PLAN
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                _write_whole(path, wanted)
        except OSError as error:
            raise Unwritable(f"{self.folder}: cannot be written: {error.strerror}") from None
        if path.read_bytes() != wanted:
            raise OtherRun(
                f"{self.folder}: holds the parts of another replay (other data, book or"
                " options); finish that one, or remove the folder"
            )
        return self.totals().rows

    def write(
        self,
        lane: int,
        number: int,
        decisions: Sequence[Decision],
        elsewhere: frozenset[str] = frozenset(),
    ) -> Counts:
        """Write a part and count it; raises `Unwritable`."""
        path = self._path(lane, number)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            counts = count(decisions, elsewhere)
            _write_whole(path.with_suffix(".json"), msgspec.json.encode(counts))
            if self._is_table:
                file = TableFile(part)
                file.write(to_table(decisions))
                file.close()
            else:
                part.write_bytes(b"".join(encode(one) + b"\n" for one in decisions))
            _settle(part, path)
        except OSError as error:
            raise Unwritable(f"{path}: cannot be written: {error.strerror}") from None
        return counts

    def end(self, lane: int) -> None:
        """Say that a lane has all of its parts."""
        _write_whole(self.folder / f"{lane:06}.end", b"")

    def has_ended(self, lane: int) -> bool:
        """Tell whether a lane has all of its parts."""
        return (self.folder / f"{lane:06}.end").exists()

    def of(self, lane: int) -> list[Path]:
        """The parts of a lane in their order."""
        found = sorted(self.folder.glob(f"{lane:06}-*{self._suffix}"))
        return [path for n, path in enumerate(found) if path == self._path(lane, n)]

    def answers(self, lane: int) -> Iterator["Answered"]:
        """What was answered in a lane so far, in the order of the log."""
        for path in self.of(lane):
            yield from map(_decode_answer, self._records(path))

    def records(self) -> Iterator[bytes]:
        """All decisions as JSON, in the order of the lanes."""
        for path in self._all():
            yield from self._records(path)

    def batches(self) -> Iterator[list[bytes]]:
        """All decisions as JSON, a part at a time."""
        for path in self._all():
            yield list(self._records(path))

    def totals(self) -> Counts:
        """What all parts are together."""
        found = Counts()
        for path in self._all():
            found.add(_decode_counts(path.with_suffix(".json").read_bytes()))
        return found

    def keep_partial(self) -> Path | None:
        """Put the parts of a run that cannot go on together, beside the result; then end it.

        Gives the path, `partial-` and the name of the result; None if there were no parts.
        """
        found = self.result.with_name(f"partial-{self.result.name}")
        has_rows = self.totals().rows > 0
        if has_rows:
            self.join(found)
        self.remove()
        return found if has_rows else None

    def join(self, under: Path | None = None) -> None:
        """Put the parts together under the name of the result, or another; raises `BadFile`."""
        result = under or self.result
        if self._is_table:
            whole = result.with_name(result.name + ".part")
            file = TableFile(whole)
            for path in self._all():
                file.copy(path)
            file.close()
            _settle(whole, result)
            return
        with Output(result) as out:
            for path in self._all():
                out.write(path.read_bytes().splitlines())

    def remove(self) -> None:
        """Remove the parts; the result holds them."""
        shutil.rmtree(self.folder)

    def _all(self) -> list[Path]:
        lanes = sorted({int(path.name[:6]) for path in self.folder.glob(f"*-*{self._suffix}")})
        return [path for lane in lanes for path in self.of(lane)]

    def _records(self, path: Path) -> Iterable[bytes]:
        if not self._is_table:
            return path.read_bytes().splitlines()
        return (record for batch in read_records(path) for record in batch)

    @property
    def _suffix(self) -> str:
        return ".parquet" if self._is_table else ".jsonl"

    def _path(self, lane: int, number: int) -> Path:
        return self.folder / f"{lane:06}-{number:06}{self._suffix}"


_decode_answer: Final = msgspec.json.Decoder(Answered).decode
_decode_counts: Final = msgspec.json.Decoder(Counts).decode


def _write_whole(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(content)
    _settle(part, path)


def _settle(part: Path, path: Path) -> None:
    """Give a file its name once it is on the disk."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
