"""What the demo has seen so far, as numbers: pure, whatever the order in which it hears of it.

Arrivals, decisions and the truth come from three places and overtake each other; each is joined
with the others when the later one comes.
"""

from collections import Counter, deque
from collections.abc import Sequence
from typing import Final

import msgspec

from features.money import exponent
from risk.decision import Decision

RATE_MS: Final = 5_000
"""The rate is that of the last five seconds."""

LATELY: Final = 2_000
"""The latency is that of the last so many decisions."""

STOPS: Final = 8
"""How many of the latest stops are kept to be shown."""


class Stop(msgspec.Struct, frozen=True):
    """A payment that did not go through at once. The texts may be an attacker's."""

    outcome: str
    payer: str
    amount: str
    score: int | None
    reason: str


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds from a payment's record to its decision's record."""

    p50: int
    p99: int


class Share(msgspec.Struct, frozen=True):
    """Payments that are fraud, or that are not, and what became of them."""

    rejected: int
    held: int
    total: int

    @property
    def stopped(self) -> float | None:
        """The part that was rejected or held for review, 0 to 1; None of nothing."""
        return (self.rejected + self.held) / self.total if self.total else None


class Picture(msgspec.Struct, frozen=True):
    """The state of the demo at one moment. `rate` is in decisions a second."""

    arrived: int
    decided: int
    rate: float
    outcomes: dict[str, int]
    refused: int
    repeats: int
    stops: tuple[Stop, ...]
    latency: Latency | None
    fraud: Share
    genuine: Share


class Tally:
    """Adds up arrivals, decisions (each payment's first one only) and the truth."""

    def __init__(self) -> None:
        self._arrivals: dict[tuple[int, int], int] = {}
        self._undecided: dict[tuple[int, int], int] = {}
        self._arrived = self._decided = self._refused = self._repeats = 0
        self._outcomes: Counter[str] = Counter()
        self._recent: deque[int] = deque()
        self._latencies: deque[int] = deque(maxlen=LATELY)
        self._stops: deque[Stop] = deque(maxlen=STOPS)
        self._answers: dict[str, str] = {}
        self._frauds: set[str] = set()
        self._split: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}

    def arrive(self, place: tuple[int, int], at_ms: int) -> None:
        """Take up a payment: partition and offset, and its record's time."""
        self._arrived += 1
        decided_ms = self._undecided.pop(place, None)
        if decided_ms is None:
            self._arrivals[place] = at_ms
        else:
            self._latencies.append(decided_ms - at_ms)

    def decide(self, decision: Decision, at_ms: int) -> None:
        """Take up a decision and its record's time."""
        self._decided += 1
        self._recent.append(at_ms)
        self._outcomes[decision.outcome] += 1
        self._repeats += decision.duplicate_of is not None
        if decision.outcome != "approve":
            self._stops.append(_stop(decision))
        place = (decision.source.partition, decision.source.offset)
        arrived_ms = self._arrivals.pop(place, None)
        if arrived_ms is None:
            self._undecided[place] = at_ms
        else:
            self._latencies.append(at_ms - arrived_ms)
        self._judge(decision)

    def learn(self, transaction_id: str) -> None:
        """Hear that a payment is fraud, before or after it is decided."""
        if transaction_id in self._frauds:
            return
        self._frauds.add(transaction_id)
        outcome = self._answers.get(transaction_id)
        if outcome is not None:
            self._split[False][outcome] -= 1
            self._split[True][outcome] += 1

    def picture(self, now_ms: int) -> Picture:
        """Sum up."""
        while self._recent and self._recent[0] <= now_ms - RATE_MS:
            self._recent.popleft()
        return Picture(
            arrived=self._arrived,
            decided=self._decided,
            rate=len(self._recent) * 1000 / RATE_MS,
            outcomes=dict(self._outcomes),
            refused=self._refused,
            repeats=self._repeats,
            stops=tuple(reversed(self._stops)),
            latency=_latency(self._latencies),
            fraud=_share(self._split[True]),
            genuine=_share(self._split[False]),
        )

    def _judge(self, decision: Decision) -> None:
        identity = decision.transaction_id
        if identity is None:
            self._refused += 1
        elif identity not in self._answers:
            self._answers[identity] = decision.outcome
            self._split[identity in self._frauds][decision.outcome] += 1


def _stop(decision: Decision) -> Stop:
    reason = decision.reasons[0].text if decision.reasons else ""
    payer = decision.payer_id or "(no payment)"
    return Stop(decision.outcome, payer, _amount(decision), decision.score, reason)


def _amount(decision: Decision) -> str:
    minor, currency = decision.amount_minor, decision.currency
    if minor is None or currency is None:
        return ""
    decimals = exponent(currency) or 0
    whole, part = divmod(minor, 10**decimals)
    return f"{whole:,}" + (f".{part:0{decimals}}" if decimals else "") + f" {currency}"


def _share(outcomes: Counter[str]) -> Share:
    return Share(outcomes["reject"], outcomes["review"], outcomes.total())


def _latency(found: Sequence[int]) -> Latency | None:
    if not found:
        return None
    ranked = sorted(found)
    return Latency(ranked[len(ranked) // 2], ranked[len(ranked) * 99 // 100])
