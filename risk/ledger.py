"""Which payments were seen, and what they were answered: a repeat gets its first answer again.

Upstream sends a payment twice after its own time-outs. The second one is no second payment: it
is not folded into the history and it is answered as the first one was. The last `limit` ids of
a partition are remembered, counted along the log, so that a fold over the same log remembers
the same ones.
"""

from collections import OrderedDict
from hashlib import blake2b

import msgspec

from features.transaction import Transaction
from risk.decision import Contribution, Decision, Hit, Outcome, Reason


class FirstAnswer(msgspec.Struct, frozen=True):
    """The part of a decision that a repeat is answered with; reads any decision's JSON."""

    id: str
    outcome: Outcome
    tier: str | None
    score: int | None
    contributions: tuple[Contribution, ...] = ()
    reasons: tuple[Reason, ...] = ()
    hits: tuple[Hit, ...] = ()


class Entry(msgspec.Struct, frozen=True):
    """One remembered payment: a digest of its content and its answer, None if that is gone."""

    digest: bytes
    answer: FirstAnswer | None


_encode = msgspec.msgpack.Encoder().encode


def digest(transaction: Transaction) -> bytes:
    """16 bytes that are equal only for equal payments, whatever their JSON looked like."""
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
    """The last `limit` payment ids of one partition, in the order of the log."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[str, Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, transaction_id: str) -> Entry | None:
        """The first payment with this id, if it is still remembered."""
        return self._entries.get(transaction_id)

    def remember(self, transaction_id: str, entry: Entry) -> None:
        """Add a payment that was not known; the oldest one goes when the ledger is full."""
        if transaction_id in self._entries:
            return  # the id was reused for other content: the first payment keeps it
        self._entries[transaction_id] = entry
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)
