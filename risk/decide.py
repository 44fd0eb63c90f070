"""The decision: one pure function, with no clock, no I/O and no randomness.

The worker, files, replay and the tests all call `decide`; whoever wants to know why a payment
was stopped needs this file, the book and the scorer, and nothing else.
"""

from collections.abc import Mapping
from hashlib import blake2b
from itertools import filterfalse
from typing import Final

import msgspec

from features.catalogue import Value
from features.fields import instant
from features.money import Rates
from features.plan import Plan
from features.source import Mark
from features.transaction import Scalar, Transaction
from risk.counsel import Counsel
from risk.decision import (
    Contribution,
    Decision,
    Flag,
    Hit,
    Llm,
    Outcome,
    Reason,
    Source,
    Version,
)
from risk.ledger import FirstAnswer
from risk.score.scorer import Score, Scorer
from rules.engine import Evaluator
from rules.model import Book
from rules.ruling import Ruling, rule_on


class Bench(msgspec.Struct, frozen=True):
    """All that judges: a book, what was made from it, and a scorer.

    `points` evaluates the rules that add points (`rules.points.point_book`). `counsel` tells
    what text has to do with an outcome; whoever asks no model never uses it.
    `names` are the values that book and scorer read; `attributes` those that the book lets
    upstream send.
    """

    book: Book
    evaluator: Evaluator
    points: Evaluator
    scorer: Scorer
    book_version: Version
    scorer_version: Version
    names: tuple[str, ...]
    plan: Plan
    base_exponent: int
    rates: Rates
    attributes: Mapping[str, Value]
    counsel: Counsel

    @property
    def kept(self) -> tuple[str, ...]:
        """What is kept of the past: two benches that agree in it can share one history."""
        return (self.book.currency, *(velocity.digest for velocity in self.plan.velocities))

    @property
    def reads_labels(self) -> bool:
        """Whether any value looks at labels."""
        return any([velocity.delay is not None for velocity in self.plan.velocities])


class Known(msgspec.Struct, frozen=True, gc=False):
    """What was gathered about one payment before it is judged.

    `payment` are the values of its own fields; all three hold known values only. `labels` is
    how far the labels had been read, None if the book reads none; `marks` name the values that
    are not exact.
    """

    payment: dict[str, Scalar]
    history: dict[str, Scalar]
    reading: dict[str, Scalar]
    flags: tuple[Flag, ...] = ()
    labels: int | None = None
    marks: dict[Mark, tuple[str, ...]] = {}


class Weighed(msgspec.Struct, frozen=True, gc=False):
    """How some values of a payment were judged; `values` are all but the score."""

    values: dict[str, Scalar]
    score: Score
    ruling: Ruling
    outcome: Outcome


def decision_id(source: Source) -> str:
    """Identify the decision by the place of its payment: 32 hex digits.

    Versions are no part of it: an upgrade must not make a second decision of an old payment.
    """
    place = f"{source.epoch}:{source.topic}:{source.partition}:{source.offset}"
    return blake2b(place.encode(), digest_size=16).hexdigest()


def decide(transaction: Transaction, known: Known, bench: Bench, source: Source) -> Decision:
    """Judge one payment by what is known about it. The same arguments give the same record."""
    values = {**known.payment, **known.history, **known.reading}
    return record(
        transaction, known, bench, source, weigh(values, transaction.at, known.flags, bench)
    )


def weigh(values: dict[str, Scalar], at: int, flags: tuple[Flag, ...], bench: Bench) -> Weighed:
    """Score the values of one payment and put them through the rules."""
    score = bench.scorer.score(values)
    ruling = rule_on(bench.book, bench.evaluator, bench.points, values, at, score.points)
    outcome: Outcome = ruling.verdict.outcome
    if "id_reused" in flags and outcome == "approve":
        outcome = "review"
    return Weighed(values, score, ruling, outcome)


def record(
    transaction: Transaction,
    known: Known,
    bench: Bench,
    source: Source,
    weighed: Weighed,
    llm: Llm | None = None,
    answer: dict[str, Scalar] | None = None,
) -> Decision:
    """Write down what was decided, and why; `answer` are the values that a model read."""
    score, ruling, outcome = weighed.score, weighed.ruling, weighed.outcome
    unknowns = tuple(filterfalse(weighed.values.__contains__, bench.names))
    verdict = ruling.verdict
    reasons = tuple([Reason(reason.code, reason.text) for reason in verdict.reasons])
    if outcome != verdict.outcome:
        reasons = (*reasons, ID_REUSED)
    values = {"payment": known.payment, "history": known.history, "local": known.reading}
    if answer is not None:
        values["llm"] = answer
    return Decision(
        id=decision_id(source),
        source=source,
        transaction_id=transaction.id,
        payer_id=transaction.payer.id,
        event_time=instant(transaction.at),
        amount_minor=transaction.amount_minor,
        currency=transaction.currency,
        outcome=outcome,
        tier=verdict.tier,
        score=ruling.score,
        contributions=_contributions(score, ruling),
        reasons=reasons,
        hits=tuple([Hit(hit.rule, hit.tier) for hit in verdict.hits]),
        shadow=tuple([Hit(hit.rule, hit.tier) for hit in verdict.shadow]),
        shadow_outcome=verdict.shadow_outcome,
        unknown_rules=verdict.unknown_rules,
        values=values,
        unknowns=unknowns,
        llm=llm,
        book=bench.book_version,
        scorer=bench.scorer_version,
        flags=known.flags,
        labels=known.labels,
        marks=known.marks,
    )


def _contributions(score: Score, ruling: Ruling) -> tuple[Contribution, ...]:
    made = [Contribution(*added) for added in score.contributions]
    made += [Contribution(added.rule, added.points) for added in ruling.added]
    if ruling.bound:
        made.append(Contribution("bound", ruling.bound))
    return tuple(made)


ID_REUSED: Final = Reason(
    "ID-REUSED", "Another payment with the same id and different content came before"
)

REFUSALS: Final[Mapping[str, str]] = {
    "MALFORMED": "The message is no valid payment; it is a dead letter now",
    "OVERSIZED": "The message is too long to be a payment; it is a dead letter now",
    "CRASHED": "Deciding the message ended the worker again and again; it is a dead letter now",
}
"""Why a message got an answer without being judged: the closed set of dead-letter reasons."""


def refuse(code: str, bench: Bench, source: Source, labels: int | None = None) -> Decision:
    """Answer a message that cannot be judged, by the book's policy. Nothing of it is quoted."""
    return Decision(
        id=decision_id(source),
        source=source,
        transaction_id=None,
        payer_id=None,
        event_time=None,
        amount_minor=None,
        currency=None,
        outcome=bench.book.on_malformed,
        tier=None,
        score=None,
        reasons=(Reason(code, REFUSALS[code]),),
        book=bench.book_version,
        scorer=bench.scorer_version,
        labels=labels,
    )


def repeat(
    transaction: Transaction,
    first: FirstAnswer,
    flags: tuple[Flag, ...],
    bench: Bench,
    source: Source,
    labels: int | None = None,
) -> Decision:
    """Answer a payment that was sent before as it was answered then."""
    return Decision(
        id=decision_id(source),
        source=source,
        transaction_id=transaction.id,
        payer_id=transaction.payer.id,
        event_time=instant(transaction.at),
        amount_minor=transaction.amount_minor,
        currency=transaction.currency,
        outcome=first.outcome,
        tier=first.tier,
        score=first.score,
        contributions=first.contributions,
        reasons=first.reasons,
        hits=first.hits,
        book=bench.book_version,
        scorer=bench.scorer_version,
        duplicate_of=first.id,
        flags=flags,
        labels=labels,
    )
