"""Messages of the log, or rows of a file, as history sees them: parsed by the same edge."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from features.catalogue import Value
from features.errors import Malformed
from features.message import parse
from features.money import Rates
from features.payment import payment_values
from features.subject import subject_of
from risk.files import BadFile, Row, Source
from risk.kafka_admin import Cluster
from risk.labels import report_of
from risk.ledger import Entry, Ledger, digest
from risk.rows import MessageMaker
from risk.train.gather import Passed, Verdict

REMEMBERED: Final = 100_000
"""Payments among which one that comes again is recognised."""


class Reader:
    """Makes payments of messages; what is none, or came before, is counted and left out."""

    def __init__(self, rates: Rates, attributes: Mapping[str, Value], exponent: int) -> None:
        self.malformed = 0
        self.repeated = 0
        self._rates = rates
        self._attributes = attributes
        self._exponent = exponent
        self._ledger = Ledger(REMEMBERED)

    def read(self, message: bytes) -> Passed | None:
        """Read one message."""
        try:
            transaction = parse(message, self._attributes)
        except Malformed:
            self.malformed += 1
            return None
        fingerprint = digest(transaction)
        if self._ledger.find(fingerprint) is not None:
            self.repeated += 1
            return None
        self._ledger.remember(fingerprint, Entry(transaction.id, None))
        base = self._rates.to_base(
            transaction.amount_minor, transaction.currency, transaction.at
        )
        values = payment_values(transaction, base, self._exponent)
        return Passed(subject_of(transaction, base), values)


class Said(msgspec.Struct, frozen=True):
    """Columns of a file that say what became of each payment, `delay` microseconds later."""

    fraud: str
    kind: str | None
    delay: int


def from_file(
    source: Source, maker: MessageMaker | None, reader: Reader, said: Said | None = None
) -> Iterator[Passed]:
    """The payments of an open file in its order; raises `BadFile` for a column it has not."""
    judge = None if said is None else _judge(source, said)
    for row in source.rows:
        message = row.content if maker is None else maker.make(row)
        passed = reader.read(bytes(message or b""))
        if passed is not None:
            yield passed if judge is None else judge(row, passed)


def _judge(source: Source, said: Said) -> Callable[[Row, Passed], Passed]:
    missing = [name for name in (said.fraud, said.kind) if name and name not in source.columns]
    if missing:
        shown = ", ".join(source.columns) or "none: it holds messages"
        raise BadFile(f"there is no column {missing[0]} in the file; its columns are {shown}")
    fraud = source.columns.index(said.fraud)
    kind = source.columns.index(said.kind) if said.kind else None

    def judge(row: Row, passed: Passed) -> Passed:
        if str(row.content[fraud]).lower() not in TRUE:
            return passed
        known_at = passed.subject.at + said.delay
        name = "" if kind is None else str(row.content[kind])
        verdict = Verdict(passed.subject.id, is_fraud=True, known_at=known_at, kind=name)
        return msgspec.structs.replace(passed, verdict=verdict)

    return judge


TRUE: Final = frozenset({"1", "1.0", "true", "fraud", "yes"})
"""What a cell says of a fraud, in small letters."""


def verdict_of(message: bytes) -> Verdict | None:
    """Read a message of the topic `labels`; None if it is none."""
    report = report_of(message)
    if report is None:
        return None
    return Verdict(report.transaction_id, report.label == "fraud", report.known_us, report.kind)


def verdicts(source: Source, name: str) -> list[Verdict]:
    """The labels of a JSON lines file; raises `BadFile` for a line that is none."""
    found = []
    for row in source.rows:
        verdict = verdict_of(bytes(row.content))
        if verdict is None:
            raise BadFile(
                f"{name}: line {row.number} is no label: {{transaction_id, label: fraud or "
                "genuine, known_at: time with zone, kind}"
            )
        found.append(verdict)
    return found


def from_topic(cluster: Cluster, topic: str, reader: Reader) -> Iterator[Passed]:
    """The payments of a topic; partitions are merged by the time at which records came in."""
    for record in _merged(cluster, topic):
        passed = reader.read(record.value or b"")
        if passed is not None:
            yield passed


def verdicts_from_topic(cluster: Cluster, topic: str) -> list[Verdict]:
    """The labels of a topic; what is none is left out."""
    found = [verdict_of(record.value or b"") for record in _merged(cluster, topic)]
    return [verdict for verdict in found if verdict is not None]


def _merged(cluster: Cluster, topic: str) -> Iterable[Any]:
    spans = cluster.spans(topic).items()
    parts = [cluster.read(topic, partition, span) for partition, span in spans if span]
    return heapq.merge(*parts, key=lambda record: record.timestamp)
