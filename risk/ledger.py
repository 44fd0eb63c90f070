"""Which payments were seen, and what they were answered: a repeat gets its first answer again.

Upstream sends a payment twice after its own time-outs. The second one is no second payment: it
is not folded into the history and it is answered as the first one was. The last `limit`
payments of a partition are remembered, counted along the log, so that a fold over the same log
remembers the same ones.
"""

from collections import Counter, OrderedDict
from hashlib import blake2b

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


class Ledger:
    """The last `limit` payments of one partition, by the digest of their content."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()
        self._ids: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, fingerprint: bytes) -> Entry | None:
        """Look up a payment by its digest; None if it was never seen or is forgotten."""
        return self._entries.get(fingerprint)

    def knows_id(self, transaction_id: str) -> bool:
        """Tell whether a remembered payment bears this id, whatever its content."""
        return transaction_id in self._ids

    def remember(self, fingerprint: bytes, entry: Entry) -> None:
        """Add a payment, or the answer of one that is known without; the oldest one goes."""
        known = self._entries.get(fingerprint)
        if known is None:
            self._entries[fingerprint] = entry
            self._ids[entry.transaction_id] += 1
            self._forget()
        elif known.answer is None:
            self._entries[fingerprint] = entry  # keeps its place: age counts from the first one

    def _forget(self) -> None:
        if len(self._entries) > self._limit:
            _, oldest = self._entries.popitem(last=False)
            self._ids[oldest.transaction_id] -= 1
            if not self._ids[oldest.transaction_id]:
                del self._ids[oldest.transaction_id]
