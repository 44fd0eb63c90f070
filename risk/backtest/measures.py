"""How well stopping fits the labels: measures over a mask of stopped payments."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import polars as pl

from risk.backtest.intervals import Bootstrap, Counts
from risk.backtest.report import Figure, Group, Quality

MEASURES: Final[Mapping[str, Callable[[Counts], Any]]] = {
    "precision": lambda n: n["caught"] / (n["caught"] + n["false"]),
    "recall": lambda n: n["caught"] / n["frauds"],
    "f1": lambda n: 2 * n["caught"] / (n["caught"] + n["false"] + n["frauds"]),
    "value_recall": lambda n: n["caught_minor"] / n["fraud_minor"],
    "false_ratio": lambda n: n["false"] / n["caught"],
}


class Truth:
    """What is counted of payments: their money, and which of them were frauds, if known.

    `frame` has `minor` (money in minor units), `payer`, and `fraud` if there are labels.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self._minor = frame["minor"]
        self._fraud = frame["fraud"] if "fraud" in frame.columns else None
        # By their names, so that the order of the payments does not choose who is drawn.
        self._payers = frame["payer"].rank("dense")

    @property
    def is_labelled(self) -> bool:
        """Whether anybody told which payments were frauds."""
        return self._fraud is not None

    def group(self, mask: pl.Series) -> Group:
        """Count the payments of a mask."""
        minor = int((self._minor * mask).sum())
        if self._fraud is None:
            return Group(int(mask.sum()), minor)
        frauds = mask & self._fraud
        fraud_minor = int((self._minor * frauds).sum())
        return Group(int(mask.sum()), minor, int(frauds.sum()), fraud_minor)

    def quality(self, stopped: pl.Series) -> Quality | None:
        """Measure a mask of stopped payments; None without labels."""
        figures = self.figures(stopped, tuple(MEASURES))
        return None if figures is None else Quality(**figures)

    def figures(
        self, stopped: pl.Series, names: tuple[str, ...]
    ) -> dict[str, Figure | None] | None:
        """Some of the measures with their intervals; None without labels."""
        if self._fraud is None:
            return None
        fraud = self._fraud
        counted = stopped | fraud
        stopped, fraud = stopped.filter(counted), fraud.filter(counted)
        minor = self._minor.filter(counted)
        payers = self._payers.filter(counted).rank("dense").to_numpy() - 1
        parts = {
            "caught": (stopped & fraud).to_numpy(),
            "false": (stopped & ~fraud).to_numpy(),
            "frauds": fraud.to_numpy(),
            "caught_minor": (minor * (stopped & fraud)).to_numpy(),
            "fraud_minor": (minor * fraud).to_numpy(),
        }
        wanted = {name: MEASURES[name] for name in names}
        return Bootstrap(payers).figures(parts, wanted)

    def plain(self, stopped: pl.Series, name: str) -> float | None:
        """One measure without its interval; None without labels or without a value."""
        if self._fraud is None:
            return None
        caught = stopped & self._fraud
        counts = {
            "caught": caught.sum(),
            "false": (stopped & ~self._fraud).sum(),
            "frauds": self._fraud.sum(),
            "caught_minor": (self._minor * caught).sum(),
            "fraud_minor": (self._minor * self._fraud).sum(),
        }
        try:
            return float(MEASURES[name](counts))
        except ZeroDivisionError:
            return None
