"""How good scores are at finding fraud: pure functions of labels and scores.

Arrays are aligned: entry i is one payment. `fraud` is boolean; a higher score means more
suspicious. Equal scores are one step of a curve, whatever their order; where an order is
needed, the earlier payment comes first.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

NAN = float("nan")


def _steps(fraud: Flags, scores: Floats) -> tuple[Ints, Ints]:
    """Frauds and payments at or above each different score, the highest first."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    return np.cumsum(fraud[order])[ends], ends + 1


def auc(fraud: Flags, scores: Floats) -> float:
    """Chance that a fraud scores higher than a genuine payment; NaN without both."""
    frauds = int(fraud.sum())
    if frauds in (0, len(fraud)):
        return NAN
    hits, taken = _steps(fraud, scores)
    recall = np.concatenate([[0.0], hits / frauds])
    false = np.concatenate([[0.0], (taken - hits) / (len(fraud) - frauds)])
    return float(np.trapezoid(recall, false))


def average_precision(fraud: Flags, scores: Floats) -> float:
    """Precision averaged over the recall that each step adds; NaN without fraud."""
    frauds = int(fraud.sum())
    if not frauds:
        return NAN
    hits, taken = _steps(fraud, scores)
    return float(np.sum(np.diff(hits, prepend=0) / frauds * (hits / taken)))


def recall_at(fraud: Flags, scores: Floats, false_rate: float) -> float:
    """Share of the frauds found while at most `false_rate` of the genuine are stopped."""
    frauds = int(fraud.sum())
    if frauds in (0, len(fraud)):
        return NAN
    hits, taken = _steps(fraud, scores)
    allowed = (taken - hits) <= false_rate * (len(fraud) - frauds)
    return float(hits[allowed].max(initial=0) / frauds)


def top(scores: Floats, share: float) -> Flags:
    """The highest-scored share of the payments, whole payments rounded to the nearest."""
    chosen = np.zeros(len(scores), dtype=bool)
    count = round(share * len(scores))
    chosen[np.argsort(-scores, kind="stable")[:count]] = True
    return chosen


def precision(fraud: Flags, chosen: Flags) -> float:
    """Share of the chosen that are fraud; NaN if nothing is chosen."""
    return float(fraud[chosen].mean()) if chosen.any() else NAN


def recall(fraud: Flags, chosen: Flags) -> float:
    """Share of the frauds that are chosen; NaN without fraud."""
    return float(chosen[fraud].mean()) if fraud.any() else NAN


def value_recall(fraud: Flags, chosen: Flags, amounts: Floats) -> float:
    """Share of the money of frauds that is chosen; NaN without fraud."""
    lost = float(amounts[fraud].sum())
    return float(amounts[fraud & chosen].sum()) / lost if lost else NAN


def card_precision(
    fraud: Flags, scores: Floats, days: Ints, cards: Sequence[Any], top_k: int = 100
) -> float:
    """Card precision at `top_k` as the Fraud Detection Handbook defines it.

    Each day the cards are ranked by their highest score; the measure is the share of the first
    `top_k` that had a fraud on that day, averaged over the days. A card that was found does not
    come again on later days.
    """
    found: set[Any] = set()
    shares = []
    for day in np.unique(days):
        best: dict[Any, tuple[float, int]] = {}
        hit: set[Any] = set()
        for row in np.flatnonzero(days == day).tolist():
            card = cards[row]
            if card in found:
                continue
            if fraud[row]:
                hit.add(card)
            rank = (-float(scores[row]), row)
            best[card] = min(rank, best.get(card, rank))
        ranked = sorted(best, key=best.__getitem__)[:top_k]
        caught = hit.intersection(ranked)
        found |= caught
        shares.append(len(caught) / top_k)
    return float(np.mean(shares)) if shares else NAN


def calibration_error(fraud: Flags, probabilities: Floats, bins: int = 10) -> float:
    """Expected calibration error: mean distance of stated and true share of fraud.

    Over `bins` groups of as equal size as ties allow, weighted by their size. Groups of equal
    size, not width: with one fraud in a hundred nearly all payments lie below 0.1.
    """
    return float(
        sum(
            [
                abs(said - true) * count
                for said, true, count in reliability(fraud, probabilities, bins)
            ]
        )
        / max(len(fraud), 1)
    )


def reliability(
    fraud: Flags, probabilities: Floats, bins: int = 10
) -> list[tuple[float, float, int]]:
    """Stated probability, true share of fraud and size of each group, the lowest first."""
    order = np.argsort(probabilities, kind="stable")
    return [
        (float(probabilities[part].mean()), float(fraud[part].mean()), len(part))
        for part in np.array_split(order, bins)
        if len(part)
    ]
