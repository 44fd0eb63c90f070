"""Confidence intervals by the bootstrap, the same on every machine.

Payers are drawn, not payments: the payments of one case stand or fall together. How often each
payer is drawn is Poisson(1), made from a counter by splitmix64, so nothing depends on the
version of a library. Only payments that are stopped or frauds enter any of the measures.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np

from risk.backtest.report import Figure

Counts: TypeAlias = Mapping[str, Any]
"""Sums over the drawn payments by name, one entry a draw."""

DRAWS: Final = 400
_SHARES: Final = (0.025, 0.975)

# Poisson(1) by its distribution function, in 2**64ths: 0 with 0.368, 1 with 0.368, ...
_POISSON: Final = (
    0.36787944117144233,
    0.7357588823428847,
    0.9196986029286058,
    0.9810118431238462,
    0.9963401531726563,
    0.9994058151824183,
    0.999916758850712,
    0.9999898032361932,
)


def draw(seed: int, payers: int, number: int) -> Any:
    """How often each of the payers is drawn the `number`-th time: whole numbers >= 0."""
    steps = np.arange(payers, dtype=np.uint64) + np.uint64((seed << 40) + (number << 24) + 1)
    with np.errstate(over="ignore"):
        state = steps * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    state ^= state >> np.uint64(31)
    uniform = (state >> np.uint64(11)).astype(np.float64) / 2.0**53
    return np.searchsorted(np.array(_POISSON), uniform, side="right")


class Bootstrap:
    """Draws payers again and again and tells the spread of measures.

    `payers` has the number of the payer of each payment, from 0.
    """

    def __init__(self, payers: Any, seed: int = 1, draws: int = DRAWS) -> None:
        self._payers = np.asarray(payers)
        self._count = int(self._payers.max()) + 1 if len(self._payers) else 0
        self._seed = seed
        self._draws = draws

    def figures(
        self,
        parts: Mapping[str, Any],
        measures: Mapping[str, Callable[[Counts], Any]],
    ) -> dict[str, Figure | None]:
        """Measure sums over the payments; None where the measure itself has no value.

        `parts` has a number for each payment under each name; a measure makes one number of
        their sums, NaN if it cannot.
        """
        names = list(parts)
        by_payer = np.zeros((len(names), self._count))
        for row, name in enumerate(names):
            given = np.asarray(parts[name], dtype=np.float64)
            by_payer[row] = np.bincount(self._payers, given, self._count)
        whole = dict(zip(names, by_payer.sum(axis=1), strict=True))
        sums = [by_payer @ draw(self._seed, self._count, n) for n in range(self._draws)]
        drawn = dict(zip(names, np.array(sums).T, strict=True))
        found: dict[str, Figure | None] = {}
        with np.errstate(divide="ignore", invalid="ignore"):
            for name, measure in measures.items():
                found[name] = _figure(float(measure(whole)), measure(drawn))
        return found


def _figure(value: float, drawn: Any) -> Figure | None:
    usable = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or not len(usable):
        return None
    low, high = np.quantile(usable, _SHARES)
    return Figure(value, float(low), float(high))
