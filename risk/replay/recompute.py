"""Decide a log anew from its raw payments, partition beside partition.

State is a fold over one partition, so partitions do not know of each other: they are dealt out
to processes, and any number of them gives the same decisions in the same order as one. What
was decided before a kill is only folded, which costs less than deciding it again.
"""

import gc

import msgspec

from risk.decide import Bench
from risk.decision import Decision
from risk.pipeline import Arrival, Limits, Pipeline
from risk.replay.labels import NOTHING, Told, read_labels
from risk.replay.parts import Parts
from risk.replay.payments import Payments, Show, read_payments
from risk.replay.span import EVERYTHING, Span


class Job(msgspec.Struct, frozen=True):
    """What one process decides: its share of the partitions."""

    payments: Payments
    partitions: tuple[int, ...]
    limits: Limits
    span: Span = EVERYTHING
    told: Told = NOTHING


class Lane:
    """One partition on its way into parts."""

    def __init__(
        self, number: int, parts: Parts, span: Span, elsewhere: frozenset[str]
    ) -> None:
        self._number = number
        self._parts = parts
        self._span = span
        self._elsewhere = elsewhere
        self._written = len(parts.of(number))
        self._answers = parts.answers(number)
        self._next = next(self._answers, None)
        self._decisions: list[Decision] = []

    def take(self, arrival: Arrival, pipeline: Pipeline) -> None:
        """Fold an arrival whose answer is in a part already, decide any other."""
        known = self._next
        if known is not None and known.source.offset == arrival.offset:
            pipeline.fold(arrival, known)
            self._next = next(self._answers, None)
            return
        (answer,) = pipeline.take([arrival])
        decision = answer.decision
        if self._span.holds(decision.source, decision.event_time):
            self._decisions.append(msgspec.structs.replace(decision, timings_us={}))
            if len(self._decisions) == self._parts.rows:
                self._flush()

    def end(self) -> None:
        """Write what is left."""
        if self._decisions:
            self._flush()
        self._parts.end(self._number)

    def _flush(self) -> None:
        self._parts.write(self._number, self._written, self._decisions, self._elsewhere)
        self._written += 1
        self._decisions = []


def deal(partitions: int, processes: int, parts: Parts) -> list[tuple[int, ...]]:
    """Deal the partitions that are not done out to the processes; a share may not be empty."""
    left = [number for number in range(partitions) if not parts.has_ended(number)]
    return [share for i in range(processes) if (share := tuple(left[i::processes]))]


def recompute(job: Job, bench: Bench, parts: Parts, show: Show) -> None:
    """Decide the partitions of a job into their parts; raises what reading them raises."""
    pipeline = Pipeline(bench, job.limits, _no_clock)
    lanes = {n: Lane(n, parts, job.span, by_others(bench)) for n in job.partitions}
    labels = read_labels(job.told, lanes.keys())
    arrivals = read_payments(job.payments, lanes.keys(), bench.attributes, show)
    # The state only grows: walking it again and again costs a tenth and finds no garbage.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    for arrival in arrivals:
        labels.tell(pipeline, arrival.partition, arrival.offset)
        lanes[arrival.partition].take(arrival, pipeline)
    for lane in lanes.values():
        lane.end()


def by_others(bench: Bench) -> frozenset[str]:
    """Values whose key is not the payer: a partition knows only its own share of them."""
    return frozenset(v.name for v in bench.plan.velocities if "payer" not in v.by)


def _no_clock() -> int:
    """Timings are no part of a replayed record, so no clock is asked."""
    return 0
