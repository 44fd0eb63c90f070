"""A decision in which a model may have a say: the most severe of three outcomes.

Without text, with the local reading, with the answer: whatever the memo says and whatever a
model was talked into, the outcome is never milder than without them. The record is that of the
one which made it. Pure, as `risk.decide`: what was answered is an argument, and is recorded.
"""

from typing import Final

import msgspec

from features.transaction import Scalar, Transaction
from risk.asking import SEVERITY, severest
from risk.decide import Bench, Known, Weighed, record, weigh
from risk.decision import Decision, Llm, Outcome, Reason, Source, Status, Version

UNREAD: Final = frozenset[Status](["timeout", "budget", "open", "invalid"])
"""What comes of asking in vain."""

HELD: Final = Reason(
    "MEMO-UNREAD", "What the memo says could matter and was not read in time; the book holds it"
)


class Heard(msgspec.Struct, frozen=True, gc=False):
    """A payment before anybody is asked: without text, and by the local reading."""

    without_text: Weighed
    local: Weighed

    @property
    def standing(self) -> Outcome:
        """What no answer can make milder."""
        return severest(self.without_text.outcome, self.local.outcome)


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What came of asking.

    `values` are those of the local reading made worse by the answer, None without an answer.
    `cost` is in nano-USD; `reader` is the model with its prompt, None if nobody was asked.
    """

    status: Status
    values: dict[str, Scalar] | None = None
    tokens: int = 0
    cost: int = 0
    reader: Version | None = None


def hear(known: Known, at: int, bench: Bench) -> Heard:
    """Judge a payment by its local reading, and without text if that had a part in it."""
    local = weigh({**known.payment, **known.history, **known.reading}, at, known.flags, bench)
    if not bench.counsel.heard(local.score, local.ruling):
        return Heard(local, local)
    score, ruling = bench.counsel.without_text({**known.payment, **known.history}, at)
    outcome = ruling.verdict.outcome
    if "id_reused" in known.flags and outcome == "approve":
        outcome = "review"
    # What was known is recorded, whichever way decided.
    return Heard(Weighed(local.values, score, ruling, outcome), local)


def is_needed(heard: Heard, known: Known, at: int, bench: Bench) -> bool:
    """Whether an answer could make the outcome stricter."""
    local = heard.local
    return bench.counsel.may_change(
        local.values, known.reading, at, (local.score, local.ruling), heard.standing
    )


def conclude(
    transaction: Transaction,
    known: Known,
    bench: Bench,
    source: Source,
    heard: Heard,
    asked: Asked,
) -> Decision:
    """Decide with what came of asking. The same arguments give the same record."""
    at = transaction.at
    ways = [heard.local, heard.without_text]
    if asked.values is not None:
        values = {**known.payment, **known.history, **asked.values}
        ways.insert(0, weigh(values, at, known.flags, bench))
    # The first of equals: what the answer says explains more than what stood before it.
    way = max(ways, key=lambda way: SEVERITY[way.outcome])
    llm = Llm(
        asked.status,
        heard.without_text.outcome,
        heard.local.outcome,
        asked.tokens,
        asked.cost,
        asked.reader,
    )
    decision = record(transaction, known, bench, source, way, llm, asked.values)
    is_held = (
        decision.outcome == "approve"
        and bench.book.llm.at_deadline == "review"
        and asked.status in UNREAD
        and is_needed(heard, known, at, bench)
    )
    if not is_held:
        return decision
    reasons = (*decision.reasons, HELD)
    return msgspec.structs.replace(decision, outcome="review", reasons=reasons)
