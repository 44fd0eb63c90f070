"""Champion and challenger on the stream: what both answered, from the records of decisions.

The report is that of a backtest over the payments that both judged. Their outcomes there are
judged anew, by the kept books and the recorded values, and held against what was recorded.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from risk.backtest.compare import compare
from risk.backtest.report import Report
from risk.backtest.sides import contenders
from risk.books import Books
from risk.decision import Challenge, Outcome, Version
from risk.files import BadFile
from risk.replay.reconsider import Records

NOTE: Final = (
    "Before is the champion, which decided; after is the challenger, which only answered."
)
DOUBT: Final = (
    "{count:,} recorded outcomes are not what the kept books give for the recorded values;"
    " `risk verify` names them"
)


class Pair(msgspec.Struct, frozen=True):
    """Hashes of book and scorer on both sides."""

    champion: tuple[str, str]
    challenger: tuple[str, str]


class Answered(msgspec.Struct, gc=False):
    """What of a record tells who judged it, and how."""

    outcome: Outcome
    book: Version
    scorer: Version
    event_time: datetime | None = None
    score: int | None = None
    duplicate_of: str | None = None
    challenger: Challenge | None = None


class Survey:
    """Every record once: which pairs judged, when, and what each answered."""

    def __init__(self, records: Records) -> None:
        self.matrices: dict[Pair, Counter[tuple[str, str]]] = {}
        self.without: Counter[str] = Counter()
        self._newest: dict[Pair, datetime] = {}
        for batch in records():
            for raw in batch:
                self._take(_read(raw))

    def newest(self) -> Pair:
        """Give the pair that judged the latest payment; raises `BadFile` if there is none."""
        if not self._newest:
            raise BadFile(
                "no payment in the data and span was judged by a challenger; the worker's"
                " settings challenger_book and challenger_scorer name one"
            )
        return max(self._newest, key=lambda pair: self._newest[pair])

    def skipped(self, pair: Pair) -> dict[str, int]:
        """Count what a report about this pair leaves out, by reason."""
        others = sum(each.total() for one, each in self.matrices.items() if one != pair)
        found = {**self.without, "was judged by another champion or challenger": others}
        return {reason: count for reason, count in found.items() if count}

    def _take(self, found: Answered | None) -> None:
        if found is None:
            self.without["is no record of a decision"] += 1
        elif found.score is None or found.event_time is None:
            self.without["was no payment"] += 1
        elif found.duplicate_of is not None:
            self.without["repeats an earlier payment"] += 1
        elif found.challenger is None:
            self.without["was not shown to a challenger"] += 1
        elif found.challenger.outcome is None:
            self.without["made its challenger fail"] += 1
        else:
            pair = _pair(found, found.challenger)
            outcomes = (found.outcome, found.challenger.outcome)
            self.matrices.setdefault(pair, Counter())[outcomes] += 1
            newest = self._newest.get(pair)
            self._newest[pair] = max(newest or found.event_time, found.event_time)


def report_beside(records: Records, books: Books, frauds: frozenset[str] | None) -> Report:
    """Compare the newest champion and challenger over what both judged.

    Raises `BadFile` if no challenger judged, `risk.books.NoBook` for one that is not kept.
    """
    survey = Survey(records)
    pair = survey.newest()

    def judged() -> Iterator[list[bytes]]:
        for batch in records():
            yield [raw for raw in batch if _is_of(raw, pair)]

    benches = [books.find(*pair.champion), books.find(*pair.challenger)]
    sides = contenders(benches, [judged])
    found = compare(*sides, frauds)
    recorded = survey.matrices[pair]
    differing = sum(
        abs(group.payments - recorded[one, other])
        for one, row in found.matrix.items()
        for other, group in row.items()
    )
    return msgspec.structs.replace(
        found,
        title="Champion and challenger",
        note=NOTE,
        skipped=survey.skipped(pair),
        # One payment that is judged otherwise is lacking in one cell and too many in another.
        doubts=(DOUBT.format(count=(differing + 1) // 2),) if differing else (),
    )


def _pair(found: Answered, answer: Challenge) -> Pair:
    return Pair((found.book.hash, found.scorer.hash), (answer.book.hash, answer.scorer.hash))


def _is_of(raw: bytes, pair: Pair) -> bool:
    found = _read(raw)
    if found is None or found.challenger is None or found.challenger.outcome is None:
        return False
    return found.duplicate_of is None and _pair(found, found.challenger) == pair


_decode: Final[Any] = msgspec.json.Decoder(Answered).decode


def _read(raw: bytes) -> Answered | None:
    try:
        found: Answered = _decode(raw)
    except msgspec.MsgspecError:
        return None
    return found
