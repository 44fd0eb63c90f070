"""Drift: how far values, and the score, have moved from what training saw.

Measured by the population stability index, PSI: the sum over bins of
(share now - share then) * ln(share now / share then). By custom below 0.1 nothing happened,
from 0.25 on the scorer judges payments that it does not know. Unknown is a bin of its own, so
that a value which stops coming is drift.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import Final

import msgspec

from risk.decision import Decision
from risk.score.model_card import Spread
from risk.score.scorer import Scalar

BINS: Final = 10
NOTABLE: Final = 0.1
LARGE: Final = 0.25
SCORE: Final = "score"


class Drift(msgspec.Struct, frozen=True):
    """One value's drift: the PSI, the shares that were unknown then and now."""

    name: str
    psi: float
    unknown_then: float
    unknown_now: float


def spread_of(values: Iterable[float]) -> Spread:
    """How numbers are spread over at most ten bins of about equal size; NaN is unknown."""
    found = list(values)
    known = sorted([value for value in found if value == value])
    size = len(known)
    edges = sorted({known[size * k // BINS] for k in range(1, BINS)}) if size else []
    counts = [0] * (len(edges) + 2)
    for value in found:
        counts[place_of(value, edges)] += 1
    return Spread(tuple(edges), tuple([count / len(found) for count in counts]))


def place_of(value: float | None, edges: Sequence[float]) -> int:
    """The bin of a value: the last one for what is unknown."""
    if value is None or value != value:
        return len(edges) + 1
    return bisect_left(edges, value)


def stability(then: Sequence[float], counts: Sequence[int]) -> float:
    """PSI of counts against shares; half a payment is added to every bin, so that none is 0."""
    total = sum(counts)
    bins = len(counts)
    found = 0.0
    for share, count in zip(then, counts, strict=True):
        now = (count + 0.5) / (total + 0.5 * bins)
        past = (share * total + 0.5) / (total + 0.5 * bins)
        found += (now - past) * log(now / past)
    return found


def values_of(decision: Decision) -> dict[str, Scalar]:
    """Every known value of a decision, and its score."""
    known = {name: one for part in decision.values.values() for name, one in part.items()}
    return known if decision.score is None else {**known, SCORE: decision.score}


class DriftTally:
    """Counts payments by the bins of a snapshot, a microsecond for each value of a payment.

    With `memory` the counts are halved whenever there are so many payments, so that a stream
    without end is judged by what it was lately.
    """

    def __init__(self, snapshot: Mapping[str, Spread], memory: int | None = None) -> None:
        self.payments = 0
        self._memory = memory
        self._snapshot = snapshot
        self._counts = {name: [0] * len(spread.shares) for name, spread in snapshot.items()}

    def add(self, values: Mapping[str, Scalar]) -> None:
        """Count one payment by its known values, the `score` among them."""
        self.payments += 1
        for name, spread in self._snapshot.items():
            value = values.get(name)
            number = None if value is None or isinstance(value, str) else value
            self._counts[name][place_of(number, spread.edges)] += 1
        if self.payments == self._memory:
            self._fade()

    def drifts(self) -> list[Drift]:
        """The drift of every value so far, the largest first; none before the first payment."""
        found = [self._drift(name) for name in self._snapshot] if self.payments else []
        return sorted(found, key=lambda drift: -drift.psi)

    def _fade(self) -> None:
        self.payments //= 2
        for counts in self._counts.values():
            counts[:] = [count // 2 for count in counts]

    def _drift(self, name: str) -> Drift:
        then, counts = self._snapshot[name].shares, self._counts[name]
        return Drift(name, stability(then, counts), then[-1], counts[-1] / sum(counts))
