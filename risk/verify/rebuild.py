"""Verify down to the log: build the values of every recorded decision anew from the payments.

The log is folded from its beginning, and each payment is decided by the book that its record
names, so a book that changed in between changes here at the same payment. What a model read is
taken from the records.
"""

from collections.abc import Callable, Iterator
from itertools import chain

import msgspec

from risk.again import asked_of
from risk.books import Books
from risk.decide import Bench
from risk.decision import Decision, decode
from risk.pipeline import Limits, Pipeline
from risk.replay.labels import NOTHING, Told, read_labels
from risk.replay.payments import Payments, Show, count_partitions, read_payments
from risk.replay.reconsider import Records
from risk.replay.run import NoData
from risk.verify.records import Checked, beside, compare

WITHOUT_PAYMENT = "a decision whose payment is not among the payments"
WITHOUT_DECISION = "a payment without a decision among the records"


class Waiting:
    """Recorded decisions by the place of their payment, read on until one is found.

    Where decisions and payments stand in the same order, few wait at a time.
    """

    def __init__(self, records: Records, found: Checked) -> None:
        self._found = found
        self._decisions = self._read(records)
        self._waiting: dict[tuple[int, int], Decision] = {}

    def first(self) -> Decision | None:
        """Look at the first decision, None if there is none."""
        for decision in self._decisions:
            self._decisions = chain([decision], self._decisions)
            return decision
        return None

    def take(self, partition: int, offset: int) -> Decision | None:
        """Give the decision of a payment, None if there is none."""
        wanted = (partition, offset)
        if wanted in self._waiting:
            return self._waiting.pop(wanted)
        for decision in self._decisions:
            place = (decision.source.partition, decision.source.offset)
            if place == wanted:
                return decision
            self._waiting[place] = decision
        return None

    def left(self) -> int:
        """How many decisions nobody took."""
        return len(self._waiting) + sum(1 for _ in self._decisions)

    def _read(self, records: Records) -> Iterator[Decision]:
        for raw in chain.from_iterable(records()):
            self._found.records += 1
            try:
                yield decode(raw)
            except msgspec.MsgspecError:
                self._found.unread += 1


def rebuild(
    payments: Payments,
    records: Records,
    books: Books,
    limits: Limits,
    show: Show,
    told: Callable[[Bench], Told] = lambda bench: NOTHING,
) -> Checked:
    """Decide the payments anew and compare; topic and epoch are those of the records.

    `told` says where the labels are, for a book that looks at them. Raises `NoData` without
    records, `risk.books.NoBook` for a book that is not kept, and
    `risk.pipeline.OtherVelocities` where a book changed what is kept of the past.
    """
    found = Checked()
    waiting = Waiting(records, found)
    first = waiting.first()
    if first is None:
        raise NoData("there are no decisions to verify")
    bench = books.find(first.book.hash, first.scorer.hash)
    place = first.source
    count = count_partitions(payments)
    limits = msgspec.structs.replace(
        limits, topic=place.topic, epoch=place.epoch, partitions=count
    )
    pipeline = Pipeline(bench, limits, lambda: 0)
    labels = read_labels(told(bench), range(count), positions=False)
    lacking = 0
    for arrival in read_payments(payments, range(count), bench.attributes, show):
        recorded = waiting.take(arrival.partition, arrival.offset)
        if recorded is not None:
            bench = _adopt(pipeline, bench, recorded, books)
        seen = None if recorded is None else recorded.labels
        labels.tell(pipeline, arrival.partition, arrival.offset, seen)
        answer = pipeline.retake(arrival, None if recorded is None else asked_of(recorded))
        if recorded is None:
            lacking += 1
        else:
            compare(recorded, beside(recorded, answer.decision, books.find), found)
    counts = {WITHOUT_PAYMENT: waiting.left(), WITHOUT_DECISION: lacking}
    found.unjudged = {reason: count for reason, count in counts.items() if count}
    return found


def _adopt(pipeline: Pipeline, bench: Bench, recorded: Decision, books: Books) -> Bench:
    wanted = books.find(recorded.book.hash, recorded.scorer.hash)
    if wanted is not bench:
        pipeline.adopt(wanted)
    return wanted
