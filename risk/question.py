"""Payments of which it is still open what they will be answered.

They are folded into the history when they come, like all others; only their answer waits for
what a model says of the memo, or for the deadline.
"""

from typing import Final, Protocol

import msgspec

from features.text.local import Memo
from features.text.reading import look, read
from features.text.schema import Reading
from features.transaction import Transaction
from risk.arrival import Arrival
from risk.decide import Bench, Known
from risk.decision import Decision, Flag, Source, Version
from risk.ledger import Entry, Ledger, first_answer
from risk.settled import Asked, Heard, conclude, is_needed
from risk.stopwatch import Stopwatch

NO_MEMO: Final = Asked("none")
NOT_NEEDED: Final = Asked("not_needed")


class Model(Protocol):
    """A model, as far as the pipeline knows it: it is never asked from here."""

    @property
    def version(self) -> Version:
        """Model, prompt version and prompt hash."""
        ...

    def peek(self, memo: Memo) -> Reading | None:
        """The local reading made worse by the answer, if that is known already."""
        ...


class Question:
    """A payment that waits, with all that its decision needs.

    `memo` is fit to leave, `decision` what came of it. `bench` is what judged when it came: a
    book that is taken while it waits does not decide it.
    """

    __slots__ = (
        *("arrival", "bench", "decision", "heard", "known", "memo", "source", "transaction"),
        "watch",
    )
    arrival: Arrival
    watch: Stopwatch

    def __init__(
        self,
        transaction: Transaction,
        known: Known,
        bench: Bench,
        source: Source,
        heard: Heard,
        memo: Memo,
    ) -> None:
        self.transaction = transaction
        self.known = known
        self.bench = bench
        self.source = source
        self.heard = heard
        self.memo = memo
        self.decision: Decision | None = None

    def begin(self, arrival: Arrival, watch: Stopwatch) -> "Question":
        """Note what asked, and the watch that tells how long it waits."""
        self.arrival, self.watch = arrival, watch
        return self

    def answered(self, asked: Asked) -> Decision:
        """The decision by what came of asking."""
        return conclude(
            self.transaction, self.known, self.bench, self.source, self.heard, asked
        )


class Echo(msgspec.Struct, frozen=True, gc=False):
    """A payment that was sent again while the first one still waits: it waits with it.

    `labels` is how far the labels had been read when it came.
    """

    arrival: Arrival
    transaction: Transaction
    flags: tuple[Flag, ...]
    source: Source
    labels: int | None
    first: Question


class Waiting:
    """The open questions of a pipeline, by partition and digest of the payment."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, bytes], tuple[Question, Ledger]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def put(self, fingerprint: bytes, question: Question, ledger: Ledger) -> None:
        """Keep a question; its answer will be remembered in `ledger`."""
        self._open[question.source.partition, fingerprint] = question, ledger

    def find(self, partition: int, fingerprint: bytes) -> Question | None:
        """The question about an equal payment."""
        found = self._open.get((partition, fingerprint))
        return found and found[0]

    def close(self, fingerprint: bytes, question: Question, decision: Decision) -> None:
        """Remember the answer for those who will repeat the payment."""
        place = (question.source.partition, fingerprint)
        found = self._open.get(place)
        if found is not None and found[0] is question:
            del self._open[place]
            found[1].answer(fingerprint, Entry(question.transaction.id, first_answer(decision)))

    def forget(self, partition: int) -> None:
        """The state of a partition was replaced: what waits there is answered, not kept."""
        self._open = {place: one for place, one in self._open.items() if place[0] != partition}


def ask_or_tell(
    transaction: Transaction, known: Known, bench: Bench, heard: Heard, model: Model | None
) -> Asked | Memo:
    """What came of asking without asking, or the memo that must be asked about.

    Without a model nothing was read before.
    """
    if not known.reading["text.length"]:
        return NO_MEMO
    always = bench.book.llm.ask == "always"
    if not always and not is_needed(heard, known, transaction.at, bench):
        return NOT_NEEDED
    memo = memo_of(transaction)
    found = None if model is None else model.peek(memo)
    if model is None or found is None:
        return memo
    return Asked("cached", found.values(), 0, 0, model.version)


def memo_of(transaction: Transaction) -> Memo:
    """The memo as it may leave, without ids of payer and payee; its reading is the local one.

    The local reading is of the memo as it came: what the payer can make vanish by naming an
    account so, vanishes for the model only.
    """
    words = [transaction.payer.id, transaction.payer.account]
    if transaction.payee is not None:
        words += [transaction.payee.id, transaction.payee.account]
    sent = look(transaction.memo, tuple([word for word in words if word]))
    return Memo(sent.text, read(transaction.memo))
