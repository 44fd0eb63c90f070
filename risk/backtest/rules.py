"""What each rule did, what only it catches, and which rules catch the same."""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

import polars as pl

from risk.backtest.judge import Judgement
from risk.backtest.measures import Truth
from risk.backtest.report import Figure, Overlap, RuleLine
from rules.model import Book

NAMES: Final = ("precision", "recall", "false_ratio")
MOST_OVERLAPS: Final = 20


def rule_lines(
    side: str, book: Book, judgement: Judgement, truth: Truth, stopped: pl.Series
) -> Iterator[RuleLine]:
    """One line for each rule that is not off, those that fired most first in their mode."""
    alone = _alone(book, judgement, stopped)
    for mode, masks in (("live", judgement.rules), ("shadow", judgement.shadow)):
        counts = {name: int(masks[name].sum()) for name in masks.columns}
        for name in sorted(masks.columns, key=lambda rule: (-counts[rule], rule)):
            mask = masks[name]
            figures: dict[str, Figure | None] = truth.figures(mask, NAMES) or {}
            yield RuleLine(
                rule=name,
                side=side,
                mode=mode,
                fired=truth.group(mask),
                alone=truth.group(alone.get(name, mask & False)),
                precision=figures.get("precision"),
                recall=figures.get("recall"),
                false_ratio=figures.get("false_ratio"),
            )


def overlaps(judgement: Judgement) -> list[Overlap]:
    """The pairs of live rules that fire together, the closest first."""
    masks = judgement.rules
    fired = {name: int(masks[name].sum()) for name in masks.columns}
    found = []
    for first, second in combinations([name for name in masks.columns if fired[name]], 2):
        both = int((masks[first] & masks[second]).sum())
        if both:
            share = both / min(fired[first], fired[second])
            found.append(Overlap(first, second, both, share))
    found.sort(key=lambda pair: (-pair.share, -pair.payments, pair.first, pair.second))
    return found[:MOST_OVERLAPS]


def _alone(book: Book, judgement: Judgement, stopped: pl.Series) -> dict[str, pl.Series]:
    """Where a rule is the only one that stops the payment.

    The score, and rules that speak because a value is unknown, count as others too: what they
    would stop anyway is no gain of the rule. A rule with points stops nothing by itself.
    """
    masks = judgement.rules
    if not masks.width:
        return {}
    stopping = [
        name
        for name in masks.columns
        if name in book.rules and book.outcomes[book.rules[name].tier] != "approve"
    ]
    others = judgement.silent
    together = pl.DataFrame([masks[name].cast(pl.Int16) for name in stopping]).sum_horizontal()
    return {name: masks[name] & stopped & (together == 1) & (others == 0) for name in stopping}
