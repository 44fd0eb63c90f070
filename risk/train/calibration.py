"""From raw scores to probabilities: fitted on payments later than those that trees grew on.

The result is a list of cuts (`risk.score.points`): where the probability, in percent, rounds to
one point more. Two ways: Platt's (a logistic curve, two numbers, for few frauds) and isotonic
(any rising steps, for many).
"""

from itertools import pairwise
from typing import Final, Literal, TypeAlias

import numpy as np

from risk.score.points import MAX_POINTS, points_of
from risk.train.measure import Flags, Floats

Method: TypeAlias = Literal["platt", "isotonic"]
Cuts: TypeAlias = tuple[float, ...]

THRESHOLDS: Final = tuple((k + 0.5) / MAX_POINTS for k in range(MAX_POINTS))
"""Probabilities from which on there is one point more."""


def calibrate(fraud: Flags, raws: Floats, method: Method) -> Cuts:
    """Fit cuts to raw scores and what the payments were; ascending, at most 100 of them."""
    return _platt(fraud, raws) if method == "platt" else _isotonic(fraud, raws)


def probabilities(raws: Floats, cuts: Cuts) -> Floats:
    """What the points of raw scores say, as probabilities."""
    return np.array([points_of(raw, cuts) for raw in raws.tolist()]) / MAX_POINTS


def _platt(fraud: Flags, raws: Floats) -> Cuts:
    slope, offset = fit_logistic(fraud, raws)
    return tuple(float((np.log(p / (1 - p)) - offset) / slope) for p in THRESHOLDS)


def fit_logistic(fraud: Flags, raws: Floats) -> tuple[float, float]:
    """Slope (> 0) and offset of the log odds of fraud over the raw score.

    Newton's method on Platt's softened targets, which keep both finite when the raw score
    divides fraud from genuine without a mistake. A scorer that is no better than chance on
    these payments gets the slope 1: its own log odds, shifted to the true share.
    """
    frauds, size = int(fraud.sum()), len(fraud)
    target = np.where(fraud, (frauds + 1) / (frauds + 2), 1 / (size - frauds + 2))
    design = np.column_stack([raws, np.ones(size)])
    found = np.array([1.0, 0.0])
    for _ in range(50):
        stated = 1 / (1 + np.exp(-(design @ found)))
        weight = np.maximum(stated * (1 - stated), 1e-9)
        curve = design.T @ (design * weight[:, None]) + 1e-9 * np.eye(2)
        step = np.linalg.solve(curve, design.T @ (target - stated))
        found += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    if found[0] > 0:
        return float(found[0]), float(found[1])
    share = (frauds + 1) / (size + 2)
    return 1.0, float(np.log(share / (1 - share)) - raws.mean())


def _isotonic(fraud: Flags, raws: Floats) -> Cuts:
    """Pool neighbours until the shares of fraud ascend; a step is halfway between two pools."""
    values, place = np.unique(raws, return_inverse=True)
    hits = np.bincount(place, weights=fraud)
    sizes = np.bincount(place)
    pools: list[tuple[float, float, float, float]] = []
    for value, hit, size in zip(values.tolist(), hits.tolist(), sizes.tolist(), strict=True):
        pools.append((value, value, hit, size))
        while len(pools) > 1 and pools[-2][2] * pools[-1][3] >= pools[-1][2] * pools[-2][3]:
            (low, _, n, of), (_, high, m, more) = pools[-2:]
            pools[-2:] = [(low, high, n + m, of + more)]
    steps = [(-np.inf, pools[0][2] / pools[0][3])]
    steps += [
        ((left[1] + right[0]) / 2, right[2] / right[3]) for left, right in pairwise(pools)
    ]
    reached = [next((raw for raw, p in steps if p >= least), None) for least in THRESHOLDS]
    return tuple(max(float(raw), -1e9) for raw in reached if raw is not None)
