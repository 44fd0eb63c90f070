"""Gather, decide, act for a batch of the log, with no I/O of its own.

The worker, `risk score` and the tests hand in arrivals and carry the answers away. State is a
fold over the log, one `Shard` a partition: what was decided never enters it, so a fold over the
same arrivals gives the same state, whoever decided them.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from features.catalogue import Value
from features.errors import Malformed, Mistake
from features.history import History
from features.message import parse
from features.money import Rates
from features.text.reading import read
from features.transaction import Transaction
from risk.decide import Bench, Known, decide, refuse, repeat
from risk.decision import Decision, Flag, Source, encode
from risk.ledger import Entry, FirstAnswer, Ledger, digest, first_answer

MAX_AHEAD_US = 24 * 3600 * 1_000_000
"""Event time may be this far after the record's own time; further is a broken clock upstream,
and would push a payer's real history out of its windows."""


class Arrival(msgspec.Struct, frozen=True):
    """One record of the transactions log. `timestamp_ms` is the record's, None in files."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None = None


class DeadLetter(msgspec.Struct, frozen=True):
    """Why a message is no payment: a code of `risk.decide.REFUSALS` and every mistake."""

    code: str
    mistakes: tuple[Mistake, ...]


class Answer(msgspec.Struct, frozen=True):
    """What goes out for one arrival: the decision, its JSON, and a dead letter if it is one."""

    arrival: Arrival
    decision: Decision
    encoded: bytes
    dead_letter: DeadLetter | None = None


class Shard:
    """The state of one partition."""

    def __init__(self, known_ids: int) -> None:
        self.history = History()
        self.ledger = Ledger(known_ids)


class Refused(Exception):
    """The arrival is no payment; carries the dead letter."""

    def __init__(self, code: str, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__(code)
        self.dead_letter = DeadLetter(code, mistakes)


def always(arrival: Arrival) -> bool:
    """Admit every arrival: for shells in which a crash ends the whole run."""
    return True


class Limits(msgspec.Struct, frozen=True):
    """What the pipeline is told about its place: names for the record, bounds for the input."""

    topic: str
    epoch: str
    max_bytes: int
    known_ids: int


class Pipeline:
    """Answers arrivals in the order given. One per process; not thread-safe.

    `clock` gives nanoseconds for the timings, which are no part of the decision.
    """

    def __init__(
        self,
        bench: Bench,
        rates: Rates,
        attributes: Mapping[str, Value],
        limits: Limits,
        clock: Callable[[], int],
    ) -> None:
        self._bench = bench
        self._rates = rates
        self._attributes = attributes
        self._limits = limits
        self._clock = clock
        self._shards: dict[int, Shard] = {}

    def take(
        self, arrivals: Sequence[Arrival], admit: Callable[[Arrival], bool] = always
    ) -> list[Answer]:
        """Decide each arrival; never raises for anything a message may hold.

        `admit` is asked before each one; False refuses it as `CRASHED` without looking at it.
        """
        return [self._answer(arrival, admit(arrival)) for arrival in arrivals]

    def fold(self, arrival: Arrival, recorded: FirstAnswer | None) -> None:
        """Take up the state of an arrival that is decided already, as `take` would have."""
        try:
            transaction = self._parse(arrival)
        except Refused:
            return
        shard = self._shard(arrival.partition)
        fingerprint = digest(transaction)
        entry = shard.ledger.find(transaction.id)
        if entry is None or entry.digest != fingerprint:
            shard.history.observe(transaction, self._base(transaction))
            shard.ledger.remember(transaction.id, Entry(fingerprint, recorded))

    def payers(self) -> int:
        """How many payers the state holds."""
        return sum(shard.history.payers for shard in self._shards.values())

    def _answer(self, arrival: Arrival, admitted: bool) -> Answer:
        source = Source(
            self._limits.topic, self._limits.epoch, arrival.partition, arrival.offset
        )
        start = self._clock()
        try:
            if not admitted:
                raise Refused("CRASHED", ())
            transaction = self._parse(arrival)
        except Refused as refused:
            decision = refuse(refused.dead_letter.code, self._bench, source)
            return Answer(arrival, decision, encode(decision), refused.dead_letter)
        parsed = self._clock()
        decision = self._judge(arrival, transaction, source, parsed)
        timings = {"parse": (parsed - start) // 1000, **decision.timings_us}
        decision = msgspec.structs.replace(decision, timings_us=timings)
        return Answer(arrival, decision, encode(decision))

    def _judge(
        self, arrival: Arrival, transaction: Transaction, source: Source, start: int
    ) -> Decision:
        shard = self._shard(arrival.partition)
        fingerprint = digest(transaction)
        entry = shard.ledger.find(transaction.id)
        repeated = entry is not None and entry.digest == fingerprint
        if repeated and entry is not None and entry.answer is not None:
            return repeat(transaction, entry.answer, self._bench, source)
        base_minor = self._base(transaction)
        look = shard.history.recall if repeated else shard.history.observe
        history = look(transaction, base_minor)
        folded = self._clock()
        reading = read(transaction.memo).values()
        was_read = self._clock()
        flags = _flags(arrival, transaction, id_reused=entry is not None and not repeated)
        known = Known(base_minor, history, reading, flags)
        decision = decide(transaction, known, self._bench, source)
        shard.ledger.remember(transaction.id, Entry(fingerprint, first_answer(decision)))
        timings = {
            "history": (folded - start) // 1000,
            "text": (was_read - folded) // 1000,
            "decide": (self._clock() - was_read) // 1000,
        }
        return msgspec.structs.replace(decision, timings_us=timings)

    def _parse(self, arrival: Arrival) -> Transaction:
        raw = arrival.value or b""
        if len(raw) > self._limits.max_bytes:
            text = f"{len(raw)} bytes; at most {self._limits.max_bytes} are read"
            raise Refused("OVERSIZED", (Mistake("", text),))
        try:
            transaction = parse(raw, self._attributes)
        except Malformed as malformed:
            raise Refused("MALFORMED", malformed.mistakes) from None
        stamp = arrival.timestamp_ms
        if stamp is not None and stamp > 0 and transaction.at > stamp * 1000 + MAX_AHEAD_US:
            text = "lies more than 24 h after the record's own timestamp"
            raise Refused("MALFORMED", (Mistake("time", text),))
        return transaction

    def _base(self, transaction: Transaction) -> int | None:
        return self._rates.to_base(
            transaction.amount_minor, transaction.currency, transaction.at
        )

    def _shard(self, partition: int) -> Shard:
        shard = self._shards.get(partition)
        if shard is None:
            shard = self._shards[partition] = Shard(self._limits.known_ids)
        return shard


def _flags(arrival: Arrival, transaction: Transaction, *, id_reused: bool) -> tuple[Flag, ...]:
    flags: tuple[Flag, ...] = ()
    if arrival.key != transaction.payer.id.encode():
        flags = ("key_mismatch",)
    return (*flags, "id_reused") if id_reused else flags
