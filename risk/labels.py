"""Messages of the topic `labels`: what was reported of payments, and how far it was read.

A report names a payment by its id and says fraud or genuine, of which kind, by whom (a
customer, an issuer, a reviewer: all arrive alike), and when that became known. It stands on the
partition of its payment, under the same key: the payer.

Payments and labels are two logs without a common order. What makes one of them is the
**position**: the next offset of the labels when a payment was decided, which its decision
records. Labels are taken in only right before a payment is decided, so positions never fall
along the log, and whoever folds the payments anew takes before each of them the labels up to
its position: then it sees the same labels before the same payments. A payment whose decision is
not known, or says no position, counts as one that came with no new label: it has the position
of the nearest earlier one that is known, and none before the first.
"""

from bisect import bisect_right
from datetime import datetime
from itertools import accumulate
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from features.fields import microseconds
from features.labels import End, Label
from features.transaction import Id

Result: TypeAlias = Literal[End, "malformed"]
"""What became of a label: see `features.labels`; `malformed` is no label at all."""

MAX_AHEAD_US: Final = 24 * 3600 * 1_000_000
"""A label may say that it becomes known so long after the record's own time; further is a
broken clock, and the label would wait for ever."""


class Heard(msgspec.Struct, frozen=True, gc=False):
    """One record of the labels log. `timestamp_ms` is the record's, None in files."""

    offset: int
    value: bytes | None
    timestamp_ms: int | None = None


class Report(msgspec.Struct, frozen=True, gc=False):
    """A label as it is written: JSON with these fields; others are ignored."""

    transaction_id: Id
    label: Literal["fraud", "genuine"]
    known_at: datetime
    kind: Annotated[str, msgspec.Meta(max_length=128)] = ""
    source: Annotated[str, msgspec.Meta(max_length=128)] = ""

    @property
    def known_us(self) -> int:
        """When it became known, in microseconds since 1970 UTC."""
        return microseconds(self.known_at)


_decode: Any = msgspec.json.Decoder(Report).decode


def report_of(message: bytes) -> Report | None:
    """Read a message; None if it is none, or its time has no zone."""
    try:
        report: Report = _decode(message)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return None if report.known_at.tzinfo is None else report


def label_of(heard: Heard) -> Label | None:
    """Read a record as history takes it; None if it is no label."""
    report = report_of(heard.value or b"")
    if report is None:
        return None
    stamp = heard.timestamp_ms or 0
    if stamp > 0 and report.known_us > stamp * 1000 + MAX_AHEAD_US:
        return None
    return Label(report.transaction_id, report.label == "fraud", report.known_us)


class Positions:
    """How far the labels had been read before each payment of one partition."""

    def __init__(self) -> None:
        self._firsts: dict[int, int] = {}
        self._offsets: list[int] = []
        self._positions: list[int] = []

    def note(self, offset: int, position: int) -> None:
        """A decision says so of its payment; in any order."""
        if self._firsts.get(position, offset) >= offset:
            self._firsts[position] = offset
            self._offsets = []

    def clear(self) -> None:
        """Forget all."""
        self._firsts, self._offsets = {}, []

    def at(self, offset: int) -> int:
        """Up to which labels offset a payment saw them; 0 if nothing is known of it."""
        if not self._offsets and self._firsts:
            found = sorted((first, position) for position, first in self._firsts.items())
            self._offsets = [first for first, _ in found]
            self._positions = list(accumulate((position for _, position in found), max))
        place = bisect_right(self._offsets, offset)
        return self._positions[place - 1] if place else 0

    @property
    def last(self) -> int:
        """The greatest position."""
        return max(self._firsts, default=0)
