"""A recorded decision, decided once more by what its record holds.

The record has every value that was used, so neither the payment nor its history is needed.
What the values mean is for the book that is handed in: the one that decided then, or another.
"""

from collections.abc import Container, Iterable

from features.catalogue import CATALOGUE
from features.fields import microseconds
from features.transaction import Payer, Transaction
from risk.decide import REFUSALS, Bench, Known, decide, refuse
from risk.decision import Decision
from risk.settled import Asked, conclude, hear


class Unfit(Exception):
    """The record cannot come from this program: a field that must be there is absent."""


def again(recorded: Decision, bench: Bench) -> Decision:
    """Decide a recorded payment once more, by what its record holds; raises `Unfit`."""
    if recorded.score is None:
        code = recorded.reasons[0].code if recorded.reasons else ""
        if code not in REFUSALS:
            raise Unfit("a record without a score must have the reason of its refusal")
        return refuse(code, bench, recorded.source, recorded.labels)
    transaction, known = transaction_of(recorded), known_of(recorded)
    asked = asked_of(recorded)
    if asked is None:
        return decide(transaction, known, bench, recorded.source)
    heard = hear(known, transaction.at, bench)
    return conclude(transaction, known, bench, recorded.source, heard, asked)


def transaction_of(recorded: Decision) -> Transaction:
    """Make as much of the payment as the core reads; raises `Unfit`."""
    payment = recorded.values.get("payment", {})
    if (
        recorded.transaction_id is None
        or recorded.payer_id is None
        or recorded.event_time is None
        or recorded.amount_minor is None
        or recorded.currency is None
    ):
        raise Unfit("a judged record must name payment, payer, time and amount")
    return Transaction(
        id=recorded.transaction_id,
        at=microseconds(recorded.event_time),
        kind=payment.get("kind", "other"),  # type: ignore[arg-type]  # as it was recorded
        amount_minor=recorded.amount_minor,
        currency=recorded.currency,
        payer=Payer(recorded.payer_id),
    )


def known_of(recorded: Decision) -> Known:
    """Take what was known from the record."""
    values = recorded.values
    return Known(
        dict(values.get("payment", {})),
        dict(values.get("history", {})),
        dict(values.get("local", {})),
        recorded.flags,
        recorded.labels,
        recorded.marks,
    )


def asked_of(recorded: Decision) -> Asked | None:
    """Take what came of asking from the record: nobody is ever asked again."""
    llm = recorded.llm
    if llm is None:
        return None
    return Asked(llm.status, recorded.values.get("llm"), llm.tokens, llm.cost, llm.reader)


class DataLacks(Exception):
    """The book reads values that nobody recorded."""


def check_values(bench: Bench, decisions: Iterable[Decision]) -> None:
    """Raise `DataLacks` if the book reads what the decisions cannot tell.

    What the program always looks at may be unknown of every payment; a declared velocity or
    attribute that no record names was not looked for.
    """
    told: set[str] = set()
    is_judged = False
    for decision in decisions:
        is_judged = is_judged or (decision.duplicate_of is None and decision.score is not None)
        told.update(decision.unknowns, *decision.values.values())
    absent = lacking(bench, told)
    if absent and is_judged:
        raise DataLacks(
            f"book {bench.book_version.name} {bench.book_version.version} reads"
            f" {', '.join(absent)}, which the recorded decisions do not hold; replay the"
            " payments themselves"
        )


def lacking(bench: Bench, told: Container[str]) -> list[str]:
    """Which of the values that a book reads the records neither hold nor call unknown."""
    always = {value.name for value in CATALOGUE}
    return [name for name in bench.names if name not in told and name not in always]
