"""The door to matplotlib: four pictures of a world in one file."""

from itertools import accumulate
from pathlib import Path
from typing import Any

from risk.simulate.describe import Survey, told
from risk.simulate.identities import payer_id
from risk.simulate.uses import CARD, CASH, DEBIT, KINDS, TRANSFER, USES

_DAY_MILLIS = 86_400_000


class NoMatplotlib(Exception):
    """Drawing needs matplotlib, which is not installed."""


def draw_survey(found: Survey, path: Path) -> None:
    """Hours, amounts by use, fraud by kind over time, money through one mule: a PNG.

    Raises `NoMatplotlib` and `OSError`.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        text = "drawing needs matplotlib: pip install matplotlib, or describe without --draw"
        raise NoMatplotlib(text) from None
    figure = Figure(figsize=(15, 10), layout="constrained")
    figure.suptitle(told(found.spec), fontsize=10)
    axes = figure.subplots(2, 2)
    _hours(axes[0, 0], found)
    _amounts(axes[0, 1], found)
    _frauds(axes[1, 0], found)
    _mule(axes[1, 1], found)
    figure.savefig(path, dpi=110, format="png")


def _hours(axes: Any, found: Survey) -> None:
    for kind in (CARD, TRANSFER, DEBIT, CASH):
        counts = [found.hours[kind, hour] for hour in range(24)]
        total = sum(counts) or 1
        axes.plot(range(24), [count / total for count in counts], label=KINDS[kind], marker="o")
    axes.set(title="When: share of each kind by hour", xlabel="hour of the day", ylabel="share")
    axes.legend()


def _amounts(axes: Any, found: Survey) -> None:
    uses = [use for use in sorted(found.amounts) if found.amounts[use]]
    sums = [[max(cents, 1) / 100 for cents in found.amounts[use]] for use in uses]
    names = [USES[use].name for use in uses]
    look = {"orientation": "horizontal", "whis": (5, 95), "showfliers": False}
    axes.boxplot(sums, tick_labels=names, **look)
    axes.set_xscale("log")
    axes.invert_yaxis()
    axes.set(title="How much: 5th to 95th percentile by use", xlabel=found.spec.currency)


def _frauds(axes: Any, found: Survey) -> None:
    kinds = sorted(found.frauds, key=lambda kind: -found.frauds[kind].payments)
    for row, kind in enumerate(kinds):
        days = found.frauds[kind].days
        axes.scatter(days, [row] * len(days), s=14, alpha=0.45)
    axes.set_yticks(range(len(kinds)), [f"{k} ({found.frauds[k].payments})" for k in kinds])
    axes.invert_yaxis()
    axes.set(title="Fraud: a dot a payment", xlabel="day")


def _mule(axes: Any, found: Survey) -> None:
    """The balance that each move leaves, from the first stolen money on."""
    axes.set(title="Money through one mule: no mule banks here in these days", xlabel="day")
    if not found.flows:
        return
    number = max(found.flows, key=lambda n: found.flows[n].stolen)
    flow = sorted(found.flows[number].moves)
    thefts = [at for at, _, stolen in flow if stolen]
    moves = [m for m in flow if thefts[0] - _DAY_MILLIS <= m[0] <= thefts[-1] + 2 * _DAY_MILLIS]
    heights = [cents / 100 for cents in accumulate(cents for _, cents, _ in moves)]
    places = [at / _DAY_MILLIS for at, _, _ in moves]
    axes.step(places, heights, where="post", color="grey", linewidth=1)
    for stolen, colour, label in (
        (True, "tab:red", "of a case"),
        (False, "tab:blue", "ordinary"),
    ):
        chosen = [n for n, move in enumerate(moves) if move[2] == stolen]
        points = [places[n] for n in chosen], [heights[n] for n in chosen]
        axes.scatter(*points, s=18, color=colour, label=label)
    axes.set(
        title=f"Money through one mule ({payer_id(number)}): in less out",
        ylabel=found.spec.currency,
    )
    axes.legend()
