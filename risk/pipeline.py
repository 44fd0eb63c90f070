"""Gather, decide, act for a batch of the log, with no I/O of its own.

The worker, `risk score` and the tests hand in arrivals and carry the answers away. State is a
fold over the log, one `Shard` a partition: what was decided never enters it, so a fold over the
same arrivals gives the same state, whoever decided them.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from features.plan import Plan
from features.table import Loader
from features.text.local import Memo
from features.transaction import Transaction
from risk.arrival import Arrival
from risk.challenger import Challenger, check_fit, misfits
from risk.decide import Bench, Known, decide, refuse, repeat
from risk.decision import Challenge, Decision, Source, encode
from risk.elsewhere import Elsewhere
from risk.gatherer import Gatherer
from risk.intake import DeadLetter, Refused, condemn, flags_of, receive
from risk.labels import Heard, Result, label_of
from risk.ledger import Entry, FirstAnswer, digest, first_answer
from risk.question import Echo, Model, Question, Waiting, ask_or_tell
from risk.settled import Asked, conclude, hear
from risk.shard import Shard
from risk.stopwatch import Stopwatch
from rules.sequences import Sequences

__all__ = ["Answer", "Arrival", "Limits", "OtherVelocities", "Pipeline", "always"]


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What goes out for one arrival: the decision, its JSON, and a dead letter if it is one."""

    arrival: Arrival
    decision: Decision
    encoded: bytes
    dead_letter: DeadLetter | None = None


class OtherVelocities(Exception):
    """A book that cannot take over the history of the one before."""


def always(arrival: Arrival) -> bool:
    """Admit every arrival: for shells in which a crash ends the whole run."""
    return True


class Limits(msgspec.Struct, frozen=True):
    """What the pipeline is told about its place: names for the record, bounds for the input.

    `partitions` of the log: with several, each knows only its own payments of a payee.
    """

    topic: str
    epoch: str
    max_bytes: int
    known_ids: int
    partitions: int = 1


class Pipeline:
    """Answers arrivals in the order given. One per process; not thread-safe.

    `clock` gives nanoseconds for the timings, which are no part of the decision. `elsewhere`
    knows values that this process cannot: see `risk.elsewhere`.
    """

    def __init__(
        self,
        bench: Bench,
        limits: Limits,
        clock: Callable[[], int],
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._elsewhere = elsewhere
        self._bench = bench
        self._gatherer = Gatherer(bench, limits.partitions, elsewhere)
        self._limits = limits
        self._clock = clock
        self._shards: dict[int, Shard] = {}
        self._model: Model | None = None
        self._told: Asked | None = None
        self._waiting = Waiting()
        self._reads_labels = bench.reads_labels
        self._challenger: Challenger | None = None

    @property
    def bench(self) -> Bench:
        """What judges."""
        return self._bench

    @property
    def plan(self) -> Plan:
        """What is kept of every entity."""
        return self._bench.plan

    @property
    def reads_labels(self) -> bool:
        """Whether any value looks at labels."""
        return self._bench.reads_labels

    @property
    def partial(self) -> tuple[str, ...]:
        """Values that are of one partition of several: those by others than the payer."""
        return self._gatherer.partial

    @property
    def currency(self) -> str:
        """The currency in which amounts are kept."""
        return self._bench.book.currency

    def adopt(self, bench: Bench) -> None:
        """Judge by another bench from the next arrival on.

        A challenger that does not fit it is let go. Raises `OtherVelocities` if what is kept
        of the past does not fit it.
        """
        if bench.kept != self._bench.kept:
            raise OtherVelocities(
                "the book declares other velocities or another currency than the one before: "
                "the history must be built anew, so restart the workers"
            )
        self._bench = bench
        self._gatherer = Gatherer(bench, self._limits.partitions, self._elsewhere)
        if self._challenger is not None and any(misfits(bench, self._challenger.bench)):
            self._challenger = None
        for shard in self._shards.values():
            shard.sequences = Sequences(bench.book, before=shard.sequences)

    def consult(self, model: Model) -> None:
        """Ask a model from now on, as the book says: `take_in` then gives questions too."""
        self._model = model

    @property
    def challenger(self) -> Challenger | None:
        """What judges beside, if anything does."""
        return self._challenger

    def oppose(self, challenger: Challenger | None) -> None:
        """Let a challenger judge beside from the next arrival on; None ends it.

        Raises `risk.challenger.Misfit` if it cannot judge by the values that are gathered here.
        """
        if challenger is not None:
            check_fit(self._bench, challenger.bench)
        self._challenger = challenger

    def take(
        self, arrivals: Sequence[Arrival], admit: Callable[[Arrival], bool] = always
    ) -> list[Answer]:
        """Decide each arrival, asking no model; never raises for anything a message may hold.

        `admit` is asked before each one; False refuses it as `CRASHED` without looking at it.
        """
        model, self._model = self._model, None
        try:
            answers = [self._answer(arrival, admit(arrival)) for arrival in arrivals]
        finally:
            self._model = model
        return [answer for answer in answers if isinstance(answer, Answer)]

    def take_in(
        self, arrivals: Sequence[Arrival], admit: Callable[[Arrival], bool] = always
    ) -> list[Answer | Question | Echo]:
        """Decide each arrival, as `take` does, but for those that wait for what a model says.

        Whoever takes a question must come back with `conclude`, and then `echo` its echoes.
        """
        return [self._answer(arrival, admit(arrival)) for arrival in arrivals]

    def retake(self, arrival: Arrival, asked: Asked | None) -> Answer:
        """Decide an arrival with what came of asking then; None: nobody was to be asked."""
        self._told = asked
        try:
            (answer,) = self.take([arrival])
        finally:
            self._told = None
        return answer

    def conclude(self, question: Question, asked: Asked) -> Answer:
        """Decide a payment that waited; from now on a repeat of it gets this answer."""
        question.watch.lap("llm")
        decision = question.decision = question.answered(asked)
        self._waiting.close(digest(question.transaction), question, decision)
        return self._out(question.arrival, question.transaction, decision, question.watch)

    def echo(self, echo: Echo, decision: Decision) -> Answer:
        """Answer a repeat as the first one was, which waited too."""
        again = repeat(
            echo.transaction,
            first_answer(decision),
            echo.flags,
            echo.first.bench,
            echo.source,
            echo.labels,
        )
        return Answer(echo.arrival, again, encode(again))

    def fold(self, arrival: Arrival, recorded: FirstAnswer | None) -> None:
        """Take up the state of an arrival that was decided before, as `take` would have.

        `recorded` is its answer if it is still known. What was refused then never entered the
        state, although another version, or a process that has not crashed on it, could read it.
        """
        if recorded is not None and recorded.refused:
            return
        try:
            transaction = self._parse(arrival)
        except Refused:
            return
        shard = self.shard(arrival.partition)
        fingerprint = digest(transaction)
        if shard.ledger.find(fingerprint) is None:
            self._gatherer.fold(shard, transaction)
        shard.ledger.remember(fingerprint, Entry(transaction.id, recorded))

    def learn(self, partition: int, heard: Iterable[Heard]) -> list[Result]:
        """Take labels in, in the order of their topic; tell what became of each of them.

        Those of earlier calls that had to wait and are settled by now come first.
        """
        shard = self.shard(partition)
        results: list[Result] = [*shard.history.settled()]
        for one in heard:
            label = label_of(one)
            results.append("malformed" if label is None else shard.history.learn(label))
            shard.labels = one.offset + 1
        return results

    def shard(self, partition: int) -> Shard:
        """The state of a partition; an empty one if nothing of it was ever taken."""
        shard = self._shards.get(partition)
        if shard is None:
            shard = self._shards[partition] = self.empty()
        return shard

    def empty(self, loader: Loader | None = None) -> Shard:
        """A state to restore into; `loader` gives what is stored and not in memory."""
        return Shard(
            self._limits.known_ids,
            self._bench.plan,
            self._bench.book,
            loader,
            is_shared=self._limits.partitions > 1,
        )

    def replace(self, partition: int, shard: Shard | None) -> None:
        """Go on from another state of a partition; None lets it go."""
        self._shards.pop(partition, None)
        self._waiting.forget(partition)
        if shard is not None:
            self._shards[partition] = shard

    def payers(self) -> int:
        """How many payers the state holds."""
        return sum(shard.history.sizes().get("payer", 0) for shard in self._shards.values())

    def _answer(self, arrival: Arrival, admitted: bool) -> Answer | Question | Echo:
        source = Source(
            self._limits.topic, self._limits.epoch, arrival.partition, arrival.offset
        )
        watch = Stopwatch(self._clock)
        try:
            transaction = self._parse(arrival) if admitted else condemn()
        except Refused as refused:
            labels = self._position(arrival.partition)
            decision = refuse(refused.dead_letter.code, self._bench, source, labels)
            return Answer(arrival, decision, encode(decision), refused.dead_letter)
        watch.lap("parse")
        found = self._judge(arrival, transaction, source, watch)
        if not isinstance(found, Decision):
            return found
        return self._out(arrival, transaction, found, watch)

    def _out(
        self, arrival: Arrival, transaction: Transaction, decision: Decision, watch: Stopwatch
    ) -> Answer:
        beside = self._beside(decision, transaction, watch)
        decision = msgspec.structs.replace(decision, challenger=beside, timings_us=watch.laps)
        return Answer(arrival, decision, encode(decision))

    def _beside(
        self, decision: Decision, transaction: Transaction, watch: Stopwatch
    ) -> Challenge | None:
        if self._challenger is None or decision.duplicate_of is not None:
            return None
        answer = self._challenger.answer(decision, transaction.at)
        watch.lap("challenger")
        return answer

    def _judge(
        self, arrival: Arrival, transaction: Transaction, source: Source, watch: Stopwatch
    ) -> Decision | Question | Echo:
        shard = self.shard(arrival.partition)
        fingerprint = digest(transaction)
        entry = shard.ledger.find(fingerprint)
        id_reused = entry is None and shard.ledger.knows_id(transaction.id)
        flags = flags_of(arrival.key, transaction, id_reused=id_reused)
        labels = self._position(arrival.partition)
        if entry is not None and entry.answer is not None:
            repeated = repeat(transaction, entry.answer, flags, self._bench, source, labels)
            watch.lap("decide")
            return repeated
        if self._waiting and (first := self._waiting.find(arrival.partition, fingerprint)):
            return Echo(arrival, transaction, flags, source, labels, first)
        known = self._gatherer.gather(
            shard, source, transaction, flags, labels, watch, is_new=entry is None
        )
        decision = self._decide(transaction, known, source)
        if isinstance(decision, Question):
            shard.ledger.remember(fingerprint, Entry(transaction.id, None))
            self._waiting.put(fingerprint, decision, shard.ledger)
            return decision.begin(arrival, watch)
        shard.ledger.remember(fingerprint, Entry(transaction.id, first_answer(decision)))
        watch.lap("decide")
        return decision

    def _decide(
        self, transaction: Transaction, known: Known, source: Source
    ) -> Decision | Question:
        bench, model, told = self._bench, self._model, self._told
        if told is None and (model is None or bench.book.llm.ask == "never"):
            return decide(transaction, known, bench, source)
        heard = hear(known, transaction.at, bench)
        asked = told or ask_or_tell(transaction, known, bench, heard, model)
        if isinstance(asked, Memo):
            return Question(transaction, known, bench, source, heard, asked)
        return conclude(transaction, known, bench, source, heard, asked)

    def _position(self, partition: int) -> int | None:
        """How far the labels of a partition were read, None if nothing looks at them."""
        return self.shard(partition).labels if self._reads_labels else None

    def _parse(self, arrival: Arrival) -> Transaction:
        raw, limit = arrival.value or b"", self._limits.max_bytes
        return receive(raw, arrival.timestamp_ms, limit, self._bench.attributes)
