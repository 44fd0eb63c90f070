"""Which payments were seen, and what they were answered: a repeat gets its first answer again.

Upstream sends a payment twice after its own time-outs. The second one is no second payment: it
is not folded into the history and it is answered as the first one was. The last `limit`
payments of a partition are remembered, counted along the log, so that a fold over the same log
remembers the same ones.
"""

from collections import deque
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import msgspec

from features.transaction import Transaction
from risk.decision import Contribution, Decision, Hit, Outcome, Reason


class FirstAnswer(msgspec.Struct, frozen=True, gc=False):
    """The part of a decision that a repeat is answered with; reads any decision's JSON."""

    id: str
    outcome: Outcome
    tier: str | None
    score: int | None
    contributions: tuple[Contribution, ...] = ()
    reasons: tuple[Reason, ...] = ()
    hits: tuple[Hit, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the message was not judged: only then there is no score."""
        return self.score is None


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One remembered payment: its id and its answer, None if that is not known any more."""

    transaction_id: str
    answer: FirstAnswer | None


# JSON, because msgpack has no integers beyond 64 bits; sorted, because the order in which
# attributes were written says nothing.
_encode = msgspec.json.Encoder(order="deterministic").encode


def digest(transaction: Transaction) -> bytes:
    """Return 16 bytes, equal only for equal payments, whatever their JSON looked like."""
    return blake2b(_encode(transaction), digest_size=16).digest()


def first_answer(decision: Decision) -> FirstAnswer:
    """Keep of a decision what a repeat needs."""
    return FirstAnswer(
        decision.id,
        decision.outcome,
        decision.tier,
        decision.score,
        decision.contributions,
        decision.reasons,
        decision.hits,
    )


class Line(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An entry as it is kept and stored: a third of an `Entry`'s memory.

    `place` counts the payments of the partition from 0. The answer is in two parts, because
    only its id differs between most payments; both are empty if it is not known.
    """

    place: int
    fingerprint: bytes
    transaction_id: str
    answer_id: bytes = b""
    answer: bytes = b""


_encode_answer = msgspec.json.Encoder().encode
_decode_answer = msgspec.json.Decoder(FirstAnswer).decode

SHARED: Final = 4_096
"""So many different answers are kept once for all the payments that got them."""


class Ledger:
    """The last `limit` payments of one partition, by the digest of their content."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lines: dict[bytes, Line] = {}
        self._order: deque[bytes] = deque()
        self._ids: dict[str, int] = {}
        self._answers: dict[bytes, bytes] = {}
        self._changed: dict[int, Line] = {}
        self.next = 0

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def first(self) -> int:
        """The place of the oldest payment that is remembered."""
        return self.next - len(self._lines)

    def find(self, fingerprint: bytes) -> Entry | None:
        """Look up a payment by its digest; None if it was never seen or is forgotten."""
        line = self._lines.get(fingerprint)
        if line is None:
            return None
        if not line.answer:
            return Entry(line.transaction_id, None)
        answer = _decode_answer(line.answer)
        identity = line.answer_id.hex()
        return Entry(line.transaction_id, msgspec.structs.replace(answer, id=identity))

    def knows_id(self, transaction_id: str) -> bool:
        """Tell whether a remembered payment bears this id, whatever its content."""
        return transaction_id in self._ids

    def remember(self, fingerprint: bytes, entry: Entry) -> None:
        """Add a payment, or the answer of one that is known without; the oldest one goes."""
        known = self._lines.get(fingerprint)
        if known is None:
            self._add(self._line(self.next, fingerprint, entry))
        elif not known.answer and entry.answer is not None:
            # It keeps its place: age counts from the first one.
            line = self._line(known.place, known.fingerprint, entry)
            self._lines[fingerprint] = self._changed[line.place] = line

    def answer(self, fingerprint: bytes, entry: Entry) -> None:
        """Give a payment that waited its answer; none if it is forgotten, or known already."""
        if fingerprint in self._lines:
            self.remember(fingerprint, entry)

    def answered_before(self, place: int) -> list[Line]:
        """The lines before a place that got their answer since the last `changed`."""
        return [line for line in self._changed.values() if line.place < place]

    def changed(self) -> Iterable[Line]:
        """The lines that changed since the last call."""
        changed, self._changed = self._changed, {}
        return changed.values()

    def load(self, lines: Iterable[Line]) -> None:
        """Take what `changed` gave, in the order of places, into an empty ledger."""
        for line in lines:
            self.next = line.place
            self._add(line)
        self._changed = {}

    def _line(self, place: int, fingerprint: bytes, entry: Entry) -> Line:
        if entry.answer is None:
            return Line(place, fingerprint, entry.transaction_id)
        identity = bytes.fromhex(entry.answer.id)
        answer = _encode_answer(msgspec.structs.replace(entry.answer, id=""))
        if len(self._answers) >= SHARED:
            self._answers.clear()
        answer = self._answers.setdefault(answer, answer)
        return Line(place, fingerprint, entry.transaction_id, identity, answer)

    def _add(self, line: Line) -> None:
        self._lines[line.fingerprint] = self._changed[line.place] = line
        self._order.append(line.fingerprint)
        self._ids[line.transaction_id] = self._ids.get(line.transaction_id, 0) + 1
        self.next = line.place + 1
        if len(self._lines) > self._limit:
            self._forget()

    def _forget(self) -> None:
        oldest = self._lines.pop(self._order.popleft())
        self._changed.pop(oldest.place, None)
        left = self._ids[oldest.transaction_id] - 1
        if left:
            self._ids[oldest.transaction_id] = left
        else:
            del self._ids[oldest.transaction_id]
