"""The audit over Kafka: offsets in = offsets decided, each once, in order per payer.

The transactions are read only where decisions are missing: an offset that holds no record
(compaction, transaction markers) is no payment. Whatever the group has not committed may still
be on its way and is not lost.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from risk.kafka_admin import Cluster, Record
from risk.offset_tally import Findings, Sight, Tally, merged
from risk.reader import parse_low, parse_src
from risk.settings import Settings

Progress = Callable[[int, float | None], None]
"""Told how many records were read, and what part of the decisions that is."""

NEVER: Final = 2**63
"""An offset that no partition reaches."""

NEAR: Final = 5_000
"""Offsets between two gaps that are read over rather than skipped."""

LOOKED_AT: Final = 20_000
"""So many offsets after the commit are looked at; more are only counted."""

STEP: Final = 1_000


class _Judged(msgspec.Struct):
    """The part of a decision that tells a refusal: only those know no payment."""

    transaction_id: str | None = None


_judged = msgspec.json.Decoder(_Judged).decode


def sight(record: Record) -> Sight:
    """Read of a decision what the tally needs."""
    headers = dict(record.headers)
    try:
        refused = _judged(record.value or b"").transaction_id is None
    except msgspec.MsgspecError:
        return Sight(None, -1, record.key, refused=False)
    return Sight(
        parse_src(headers.get("src")), parse_low(headers.get("low")), record.key, refused
    )


def wait_for_commits(cluster: Cluster, settings: Settings, seconds: float) -> bool:
    """Wait until the group has committed up to the end; False if that takes longer."""
    deadline = time.monotonic() + seconds
    while True:
        spans = cluster.spans(settings.topic_transactions)
        commits = cluster.committed(settings.group, settings.topic_transactions)
        if all(commits.get(p, span.start) >= span.stop for p, span in spans.items()):
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.2)


def run_audit(cluster: Cluster, settings: Settings, progress: Progress) -> list[Findings]:
    """Audit every partition of the transactions topic.

    The commits are asked for first: whatever they cover is in the decisions log by then.
    """
    commits = cluster.committed(settings.group, settings.topic_transactions)
    spans = cluster.spans(settings.topic_transactions)
    decisions = cluster.spans(settings.topic_decisions)
    audit = _Audit(cluster, settings, progress, sum(map(len, decisions.values())))
    findings = [
        audit.partition(number, span, decisions.get(number, range(0)), commits.get(number, 0))
        for number, span in sorted(spans.items())
    ]
    beyond = {number: span for number, span in decisions.items() if number not in spans}
    return findings + [audit.partition(n, range(0), span, 0) for n, span in beyond.items()]


class _Audit:
    def __init__(
        self, cluster: Cluster, settings: Settings, progress: Progress, expected: int
    ) -> None:
        self._cluster = cluster
        self._settings = settings
        self._progress = progress
        self._expected = max(1, expected)
        self._count = 0

    def partition(self, number: int, span: range, decisions: range, committed: int) -> Findings:
        settings = self._settings
        tally = Tally(
            number,
            settings.topic_epoch,
            span,
            cut=decisions.start > 0,
            in_flight=settings.in_flight,
        )
        for record in self._read(settings.topic_decisions, number, decisions):
            tally.see(sight(record))
        letters_from = self._bury(tally, number)
        lost, pending = self._look_into(tally, number, committed)
        return tally.findings(lost, pending, letters_from)

    def _bury(self, tally: Tally, number: int) -> int:
        topic = self._settings.topic_dead_letters
        span = self._cluster.spans(topic).get(number, range(0))
        oldest = NEVER if span.start > 0 else 0
        for record in self._read(topic, number, span):
            src = parse_src(dict(record.headers).get("src"))
            tally.bury(src)
            if src and oldest == NEVER:
                oldest = src[2]
        return oldest

    def _look_into(self, tally: Tally, number: int, committed: int) -> tuple[list[int], int]:
        lost: list[int] = []
        pending = 0
        topic = self._settings.topic_transactions
        gaps = tally.gaps()
        after = sum(len(range(max(gap.start, committed), gap.stop)) for gap in gaps)
        if after > LOOKED_AT:
            pending = after
            gaps = [range(gap.start, min(gap.stop, committed)) for gap in gaps]
        wanted = _Cursor([gap for gap in gaps if gap])
        for part in merged(wanted.gaps, NEAR):
            for record in self._read(topic, number, part):
                if not wanted.has(record.offset):
                    continue
                if record.offset < committed:
                    lost.append(record.offset)
                else:
                    pending += 1
        return lost, pending

    def _read(self, topic: str, number: int, span: range) -> Iterator[Record]:
        if not span:
            return
        for record in self._cluster.read(topic, number, span):
            self._count += 1
            if self._count % STEP == 0:
                self._progress(self._count, min(1.0, self._count / self._expected))
            yield record


class _Cursor:
    """Asks in rising order whether an offset lies in one of the sorted gaps."""

    def __init__(self, gaps: list[range]) -> None:
        self.gaps = gaps
        self._at = 0

    def has(self, offset: int) -> bool:
        while self._at < len(self.gaps) and self.gaps[self._at].stop <= offset:
            self._at += 1
        return self._at < len(self.gaps) and offset in self.gaps[self._at]


def totals(findings: list[Findings]) -> Mapping[str, int]:
    """Add up the numbers of all partitions."""
    counted = set(Findings.__struct_fields__) - {"partition", "lost_examples"}
    return {
        name: sum(getattr(found, name) for found in findings)
        for name in Findings.__struct_fields__
        if name in counted
    }
