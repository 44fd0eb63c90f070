"""What is known of a payment before it is judged: its fields, what came before, its memo."""

from collections.abc import Mapping

from features.history import Remembered
from features.payment import payment_values
from features.source import Mark
from features.subject import Subject, subject_of
from features.text.reading import read
from features.transaction import Scalar, Transaction
from risk.decide import Bench, Known
from risk.decision import Flag, Source
from risk.elsewhere import Elsewhere, take_place
from risk.shard import Shard
from risk.stopwatch import Stopwatch


class Gatherer:
    """Gathers for one bench; what it remembers is in the shards.

    `partitions` of the log: with several, values by others than the payer are `partial`.
    `elsewhere` knows values that this process cannot: see `risk.elsewhere`.
    """

    def __init__(self, bench: Bench, partitions: int, elsewhere: Elsewhere | None) -> None:
        self._bench = bench
        self._elsewhere = elsewhere
        others = [v.name for v in bench.plan.velocities if "payer" not in v.by]
        self.partial = tuple(others) if partitions > 1 else ()
        self._partial = by_mark(dict.fromkeys(self.partial, "partial"))

    def gather(
        self,
        shard: Shard,
        source: Source,
        transaction: Transaction,
        flags: tuple[Flag, ...],
        labels: int | None,
        watch: Stopwatch,
        *,
        is_new: bool,
    ) -> Known:
        """All that is known of a payment. A new one is taken into the shard, once."""
        subject, payment = self._seen(transaction)
        remembered = self._remember(shard, source, subject, payment, is_new=is_new)
        history = remembered.values
        watch.lap("history")
        reading = read(transaction.memo).values()
        watch.lap("text")
        if shard.sequences:
            ask = shard.sequences.observe if is_new else shard.sequences.recall
            completed = ask({**payment, **history, **reading}, transaction.at)
            history = {**history, **completed}
            watch.lap("sequences")
        return Known(payment, history, reading, flags, labels, self._marks(shard, remembered))

    def fold(self, shard: Shard, transaction: Transaction) -> None:
        """Take a payment into the shard that was decided before."""
        subject, payment = self._seen(transaction)
        history = shard.history.observe(subject, payment).values
        if shard.sequences:
            reading = read(transaction.memo).values()
            shard.sequences.observe({**payment, **history, **reading}, transaction.at)

    def _seen(self, transaction: Transaction) -> tuple[Subject, dict[str, Scalar]]:
        """A payment as history sees it, and the values of its own fields."""
        bench = self._bench
        base_minor = bench.rates.to_base(
            transaction.amount_minor, transaction.currency, transaction.at
        )
        payment = payment_values(transaction, base_minor, bench.base_exponent)
        return subject_of(transaction, base_minor), payment

    def _remember(
        self,
        shard: Shard,
        source: Source,
        subject: Subject,
        payment: dict[str, Scalar],
        *,
        is_new: bool,
    ) -> Remembered:
        look = shard.history.observe if is_new else shard.history.recall
        own = look(subject, payment)
        if self._elsewhere is None:
            return own
        place = (source.partition, source.offset)
        return take_place(own, self._elsewhere.observe(place, subject, payment))

    def _marks(self, shard: Shard, remembered: Remembered) -> dict[Mark, tuple[str, ...]]:
        if remembered.marks is shard.history.marks:
            return self._partial  # the usual case: made once
        return by_mark(remembered.marks)


def by_mark(marks: Mapping[str, Mark]) -> dict[Mark, tuple[str, ...]]:
    """The names under each mark."""
    found: dict[Mark, list[str]] = {}
    for name, mark in marks.items():
        found.setdefault(mark, []).append(name)
    return {mark: tuple(names) for mark, names in found.items()}
