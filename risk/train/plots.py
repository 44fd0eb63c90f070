"""Pictures of a course: is the score a probability, and how much does it find. As PNG.

The door to matplotlib, which is imported only here and only when something is drawn.
"""

from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from typing import Any, Final, TypeAlias

import numpy as np

from risk.train.calibration import probabilities
from risk.train.course import Course

Draw: TypeAlias = Callable[[Any, Course], None]
SIZE: Final = (6.4, 4.2)
DPI: Final = 130
BANDS: Final = (0, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 101)
"""Bounds of groups of scores."""


def pictures(course: Course) -> dict[str, bytes]:
    """PNG images by name."""
    from matplotlib.figure import Figure

    found = {}
    for name, draw in PICTURES.items():
        figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
        axes = figure.add_subplot()
        draw(axes, course)
        axes.grid(alpha=0.3)
        with BytesIO() as stream:
            figure.savefig(stream, format="png", metadata={"Software": None})
            found[name] = stream.getvalue()
    return found


def _calibration(axes: Any, course: Course) -> None:
    """True share of fraud over the score, by bands; a larger dot is more payments."""
    score = 100 * probabilities(course.raws, course.cuts)
    for low, high in pairwise(BANDS):
        chosen = (score >= low) & (score < high)
        if chosen.any():
            said, true = score[chosen].mean(), 100 * course.test.fraud[chosen].mean()
            size = 3 + 2 * np.log10(chosen.sum())
            axes.plot(said, true, "o", color="C0", markersize=size)
    axes.plot([0, 100], [0, 100], "--", color="gray", linewidth=1)
    axes.set(
        title="Is the score a probability? (test; the line is perfect)",
        xlabel="score",
        ylabel="share that was fraud, %",
    )
    axes.set_xscale("symlog", linthresh=1)
    axes.set_yscale("symlog", linthresh=1)


def _gain(axes: Any, course: Course) -> None:
    """Share of the frauds and of their money over the share of payments that are looked at."""
    order = np.argsort(-course.raws, kind="stable")
    fraud = course.test.fraud[order]
    money = np.where(fraud, course.test.amounts[order], 0)
    share = 100 * np.arange(1, len(order) + 1) / len(order)
    axes.plot(share, 100 * np.cumsum(fraud) / max(fraud.sum(), 1), label="frauds")
    axes.plot(share, 100 * np.cumsum(money) / max(money.sum(), 1e-9), label="their money")
    axes.plot(share, share, "--", color="gray", linewidth=1, label="by chance")
    axes.set_xscale("log")
    axes.set(
        title="How much is found (test)",
        xlabel="payments looked at, highest score first, %",
        ylabel="found, %",
    )
    axes.legend()


def _precision(axes: Any, course: Course) -> None:
    """Precision over recall."""
    order = np.argsort(-course.raws, kind="stable")
    hits = np.cumsum(course.test.fraud[order])
    axes.plot(
        100 * hits / max(hits[-1], 1), 100 * hits / np.arange(1, len(order) + 1), linewidth=1.2
    )
    axes.set(
        title="Precision over recall (test)",
        xlabel="frauds found, %",
        ylabel="stopped payments that are fraud, %",
        ylim=(0, 102),
    )


PICTURES: Final[dict[str, Draw]] = {
    "calibration": _calibration,
    "gain": _gain,
    "precision": _precision,
}
