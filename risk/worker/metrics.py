"""The door to prometheus-client: what an operator can watch.

Every label comes from a closed set: partitions, outcomes, the book's own rule ids, steps, the
values of the scorer's card and the codes of refusals. Nothing that a payment holds becomes a
label. Counters are tallied a batch at a time: a labelled increment costs a microsecond, a
payment has sixty.
"""

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from risk.decision import Challenge, Outcome
from risk.drift import DriftTally, values_of
from risk.labels import Result
from risk.pipeline import Answer
from risk.score.model_card import Spread
from risk.worker.lanes import Slot

DRIFT_STEP = 16
"""One payment of so many in a batch is counted: thirty values take 10 us, an event has 50."""

DRIFT_MEMORY = 50_000
"""Counted payments after which older ones weigh half."""

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)


class Metrics:
    """The numbers of one worker, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._drift: DriftTally | None = None
        self._more: list[Callable[[Sequence[Answer]], None]] = []
        self._events = self._counter("risk_events", "records decided", ())
        self._outcomes = self._counter("risk_decisions", "decisions by outcome", ("outcome",))
        self._hits = self._counter("risk_rule_hits", "rules that fired", ("rule", "mode"))
        self._unknown = self._counter(
            "risk_rule_unknowns", "rules whose condition was unknown", ("rule",)
        )
        self._labels = self._counter(
            "risk_labels", "labels by what became of them", ("result",)
        )
        self._dead = self._counter(
            "risk_dead_letters", "messages that are no payment", ("reason",)
        )
        self._flags = self._counter("risk_flags", "payments marked as odd", ("flag",))
        self._repeats = self._counter("risk_repeats", "payments answered as before", ())
        self._passed = self._counter("risk_passed_by", "records already in the log", ())
        self._folded = self._counter("risk_folded", "records folded while restoring", ())
        self._engine_failures = self._counter(
            "risk_engine_failures", "payments that another engine judged: the book's failed", ()
        )
        self._mismatches = self._counter(
            "risk_engine_mismatches", "payments that a second evaluator judges otherwise", ()
        )
        self._reloads = self._counter("risk_book_reloads", "changed books", ("result",))
        self._challenged = self._counter(
            "risk_challenger",
            "payments that the challenger judged: the same outcome, another, or it failed",
            ("result",),
        )
        self._challengers = self._counter(
            "risk_challenger_reloads", "challengers taken or refused", ("result",)
        )
        self._restoring = self._counter("risk_restore_seconds", "time spent restoring", ())
        self._checkpoints = self._counter("risk_checkpoints", "checkpoints written", ())
        self._written = self._counter("risk_checkpoint_states", "states in checkpoints", ())
        self._writing = self._counter(
            "risk_checkpoint_seconds", "from the mark to the acknowledgement", ()
        )
        self._refused = self._counter(
            "risk_checkpoints_refused", "checkpoints that could not be used", ("reason",)
        )
        self._steps = self._counter(
            "risk_step_seconds", "time by step; by risk_events_total for a mean", ("step",)
        )
        self._delivery = Histogram(
            "risk_delivery_seconds",
            "from a record's arrival in the worker to the broker's acknowledgement",
            registry=self.registry,
            buckets=BUCKETS,
        )
        self._latency = Histogram(
            "risk_latency_seconds",
            "from the record's own timestamp to the broker's acknowledgement of its decision",
            registry=self.registry,
            buckets=BUCKETS,
        )
        self._partial = Gauge(
            "risk_partial_values",
            "declared values that know only one partition of several",
            registry=self.registry,
        )
        self._in_flight = Gauge(
            "risk_in_flight",
            "decisions between intake and acknowledgement",
            ("partition",),
            registry=self.registry,
        )

    def decided(self, answers: Sequence[Answer]) -> None:
        """Count a batch of answers."""
        outcomes: Tally[str] = Tally()
        hits: Tally[tuple[str, str]] = Tally()
        unknown: Tally[str] = Tally()
        steps: Tally[str] = Tally()
        beside: Tally[str] = Tally()
        rare: list[Answer] = []
        for answer in answers:
            decision = answer.decision
            outcomes[decision.outcome] += 1
            hits.update((hit.rule, "live") for hit in decision.hits)
            hits.update((hit.rule, "shadow") for hit in decision.shadow)
            unknown.update(decision.unknown_rules)
            steps.update(decision.timings_us)
            if decision.challenger is not None:
                beside[_result(decision.challenger, decision.outcome)] += 1
            if answer.dead_letter or decision.flags or decision.duplicate_of:
                rare.append(answer)
        self._events.inc(len(answers))
        _add(self._outcomes, outcomes)
        for (rule, mode), count in hits.items():
            self._hits.labels(rule, mode).inc(count)
        _add(self._unknown, unknown)
        _add(self._challenged, beside)
        for step, micros in steps.items():
            self._steps.labels(step).inc(micros / 1e6)
        self._odd(rare)
        self._tell(answers)
        if self._drift is not None:
            for answer in answers[::DRIFT_STEP]:
                self._drift.add(values_of(answer.decision))

    def also(self, decided: Callable[[Sequence[Answer]], None]) -> None:
        """Let somebody else count the answers too."""
        self._more.append(decided)

    def delivered(self, slots: Iterable[Slot], now: float) -> None:
        """Observe the latencies of slots that the broker has; `now` is monotonic seconds."""
        wall = time.time()  # noqa: TID251  # latency of the service, not a time of a payment
        for slot in slots:
            self._delivery.observe(now - slot.taken_at)
            stamp = slot.answer.arrival.timestamp_ms if slot.answer else None
            if stamp:
                self._latency.observe(max(0.0, wall - stamp / 1000))

    def in_flight(self, partition: int, count: int) -> None:
        """Set how many decisions of a partition are undelivered."""
        self._in_flight.labels(str(partition)).set(count)

    def passed_by(self, count: int) -> None:
        """Count records whose decision was in the log already."""
        self._passed.inc(count)

    def restored(self, count: int, seconds: float) -> None:
        """Count a restore: records folded and how long it took."""
        self._folded.inc(count)
        self._restoring.inc(seconds)

    def checkpointed(self, states: int, seconds: float) -> None:
        """Count a checkpoint: how many states it took along, and how long it took."""
        self._checkpoints.inc()
        self._written.inc(states)
        self._writing.inc(seconds)

    def refused(self, reason: str) -> None:
        """Count a checkpoint that could not be used, by a reason of `risk.state.stamp`."""
        self._refused.labels(reason).inc()

    def labelled(self, results: Mapping[Result, int]) -> None:
        """Count labels by what became of them; one that waited is counted again at its end."""
        for result, count in results.items():
            self._labels.labels(result).inc(count)

    def partial(self, values: int) -> None:
        """Set how many declared values know only one partition of several."""
        self._partial.set(values)

    def mismatched(self) -> None:
        """Count a payment on which two evaluators differ."""
        self._mismatches.inc()

    def engine_failed(self) -> None:
        """Count a payment that another evaluator judged, because the book's own failed."""
        self._engine_failures.inc()

    def reloaded(self, result: Literal["taken", "refused"]) -> None:
        """Count a changed book."""
        self._reloads.labels(result).inc()

    def challenger_reloaded(self, result: Literal["taken", "refused"]) -> None:
        """Count a challenger that was read."""
        self._challengers.labels(result).inc()

    def watch_lag(self, lag: Callable[[], Mapping[int, int]]) -> None:
        """Ask `lag` for records by partition that were not taken, whenever somebody looks."""
        self.registry.register(_Lag(lag))

    def watch_drift(self, snapshot: Mapping[str, Spread]) -> None:
        """Tell how far values and score are from this snapshot, by one payment in a few."""
        self._drift = DriftTally(snapshot, DRIFT_MEMORY)
        self.registry.register(_Drift(self._drift))

    def application(self) -> Any:
        """A WSGI application that answers with all of it in Prometheus' text format."""
        return make_wsgi_app(self.registry)

    def _counter(self, name: str, text: str, labels: tuple[str, ...]) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _tell(self, answers: Sequence[Answer]) -> None:
        for more in self._more:
            more(answers)

    def _odd(self, answers: Iterable[Answer]) -> None:
        for answer in answers:
            if answer.dead_letter is not None:
                self._dead.labels(answer.dead_letter.code).inc()
            if answer.decision.duplicate_of is not None:
                self._repeats.inc()
            for flag in answer.decision.flags:
                self._flags.labels(flag).inc()


class _Lag(Collector):
    def __init__(self, lag: Callable[[], Mapping[int, int]]) -> None:
        self._lag = lag

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "risk_lag", "records in the log that were not taken yet", labels=("partition",)
        )
        for partition, records in sorted(self._lag().items()):
            family.add_metric((str(partition),), records)
        yield family


class _Drift(Collector):
    def __init__(self, tally: DriftTally) -> None:
        self._tally = tally

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "risk_drift_psi",
            "population stability index of a value, and of the score, against training",
            labels=("value",),
        )
        for drift in self._tally.drifts():
            family.add_metric((drift.name,), drift.psi)
        yield family


def _result(answer: Challenge, outcome: Outcome) -> str:
    if answer.outcome is None:
        return "failed"
    return "same" if answer.outcome == outcome else "other"


def _add(counter: Counter, tally: Mapping[str, int]) -> None:
    for label, count in tally.items():
        counter.labels(label).inc(count)
