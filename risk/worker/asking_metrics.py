"""What an operator can watch of the asking. All labels come from closed sets."""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from risk.pipeline import Answer
from risk.settled import Asked

BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 1, 2, 5)
NANO: Final = 1_000_000_000


class AskingMetrics:
    """The numbers of one worker's asking, in the registry of its other ones."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._decided = Counter(
            "risk_llm_decisions",
            "decisions by what came of asking",
            ("status",),
            registry=registry,
        )
        self._tokens = Counter("risk_llm_tokens", "tokens of answers used", registry=registry)
        self._cost = Counter("risk_llm_usd", "their cost at the list price", registry=registry)
        self._late = Counter("risk_llm_late", "answers after the deadline", registry=registry)
        self._revised = Counter(
            "risk_llm_revisions", "decisions made stricter by them", registry=registry
        )
        self._waiting = Gauge("risk_llm_waiting", "payments that wait now", registry=registry)
        self._waited = Histogram(
            "risk_llm_wait_seconds",
            "from a payment's arrival to its answer or the deadline",
            registry=registry,
            buckets=BUCKETS,
        )

    def decided(self, answers: Sequence[Answer]) -> None:
        """Count a batch of answers."""
        statuses: Tally[str] = Tally()
        for answer in answers:
            llm = answer.decision.llm
            if llm is not None:
                statuses[llm.status] += 1
                if llm.tokens:
                    self._spent(llm.tokens, llm.cost)
        for status, count in statuses.items():
            self._decided.labels(status).inc(count)

    def late(self, asked: Asked) -> None:
        """Count an answer that came after the deadline."""
        self._late.inc()
        self._spent(asked.tokens, asked.cost)

    def revised(self) -> None:
        """Count a revision."""
        self._revised.inc()

    def waiting(self, count: int) -> None:
        """Set how many payments wait."""
        self._waiting.set(count)

    def waited(self, seconds: float) -> None:
        """Observe how long a payment waited."""
        self._waited.observe(seconds)

    def watch(self, counts: Mapping[str, int]) -> None:
        """Tell what happened on the way to the model, whenever somebody looks."""
        self._registry.register(_Events(counts))

    def _spent(self, tokens: int, cost: int) -> None:
        self._tokens.inc(tokens)
        self._cost.inc(cost / NANO)


class _Events(Collector):
    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def collect(self) -> Iterable[CounterMetricFamily]:
        family = CounterMetricFamily(
            "risk_llm_events", "what happened on the way to the model", labels=("event",)
        )
        for event, count in sorted(self._counts.items()):
            family.add_metric((event,), count)
        yield family
