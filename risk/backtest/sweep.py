"""A parameter of a rule, or a pair, tried over its range: what each setting would cost."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Final

import msgspec
import polars as pl

from risk.backtest.causes import Judging
from risk.backtest.judge import TableJudge
from risk.backtest.measures import Truth
from risk.backtest.report import Setting, Sweep
from rules.model import Book, Param

MOST_SETTINGS: Final = 900


class BadSweep(Exception):
    """The sweep names no parameter that can be swept; `str()` says what can."""


def read_names(text: str, book: Book) -> tuple[tuple[str, str], ...]:
    """Read `RULE.param` or `RULE.param,RULE.param`; raises `BadSweep`."""
    found = []
    for name in text.split(","):
        rule, _, param = name.strip().partition(".")
        if rule not in book.dossiers or param not in book.dossiers[rule].params:
            raise BadSweep(f"there is no parameter {name.strip()}; {_known(book)}")
        if book.dossiers[rule].params[param].sweep is None:
            raise BadSweep(
                f"{name.strip()} has no range `sweep: [low, high, step]` in the book"
            )
        found.append((rule, param))
    if len(found) > 2:
        raise BadSweep("at most two parameters are swept together")
    return tuple(found)


def sweep(
    judging: Judging,
    names: Sequence[tuple[str, str]],
    truth: Truth,
    days: float,
    capacity: float | None,
) -> Sweep:
    """Try every setting; `capacity` is how many reviews a day people can do."""
    ranges = [_range(judging.book.dossiers[rule].params[param]) for rule, param in names]
    if (count := len(list(product(*ranges)))) > MOST_SETTINGS:
        raise BadSweep(f"{count} settings; at most {MOST_SETTINGS} are tried: widen the steps")
    settings = tuple(
        _try(judging, dict(zip(names, values, strict=True)), truth, days)
        for values in product(*ranges)
    )
    best = None if capacity is None else best_within(settings, capacity)
    labels = tuple(f"{rule}.{param}" for rule, param in names)
    return Sweep(labels, settings, knee_of(settings), best, capacity)


def knee_of(settings: Sequence[Setting]) -> int | None:
    """Find where more reviews begin to catch little: farthest from the line of the ends.

    Over reviews a day and recall, both scaled to 0-1; None without labels or without a curve.
    """
    known = [
        (one.per_day, one.recall, n) for n, one in enumerate(settings) if one.recall is not None
    ]
    if len(known) < 3:
        return None
    lows = [min(point[axis] or 0 for point in known) for axis in (0, 1)]
    spans = [max(point[axis] or 0 for point in known) - lows[axis] for axis in (0, 1)]
    if not all(spans):
        return None
    gains = [
        ((recall - lows[1]) / spans[1] - (load - lows[0]) / spans[0], -load, n)
        for load, recall, n in known
    ]
    gain, _, place = max(gains)
    return place if gain > 0 else None


def best_within(settings: Sequence[Setting], capacity: float) -> int | None:
    """Find the setting that catches most within the capacity, the cheapest of those.

    Without labels that which stops most; None if all need more.
    """
    able = [
        (one.recall if one.recall is not None else one.stopped, -one.per_day, -n)
        for n, one in enumerate(settings)
        if one.per_day <= capacity
    ]
    return -max(able)[2] if able else None


def _range(param: Param) -> list[float]:
    low, high, step = param.sweep or (0, 0, 1)
    count = int((high - low) / step + 1e-9) + 1
    values = {low + step * n for n in range(count)}
    return sorted({*(round(value, 9) for value in values), float(param.value)})


def _try(
    judging: Judging,
    params: Mapping[tuple[str, str], float],
    truth: Truth,
    days: float,
) -> Setting:
    book = judging.book
    current = {name: book.dossiers[name[0]].params[name[1]].value for name in params}
    changed = book
    for (rule, param), value in params.items():
        changed = _with_param(changed, rule, param, value)
    outcome = TableJudge(changed, judging.scorer).judge(judging.frame).outcome
    stopped: pl.Series = outcome != "approve"
    reviews = int((outcome == "review").sum())
    return Setting(
        params={f"{rule}.{param}": value for (rule, param), value in params.items()},
        stopped=int(stopped.sum()),
        reviews=reviews,
        per_day=reviews / days,
        precision=truth.plain(stopped, "precision"),
        recall=truth.plain(stopped, "recall"),
        value_recall=truth.plain(stopped, "value_recall"),
        is_current=all(float(current[name]) == value for name, value in params.items()),
    )


def _with_param(book: Book, rule: str, param: str, value: float) -> Book:
    """The book with another value of a parameter; a rule on trial is tried as if live."""
    found = book.dossiers[rule]
    given = {**found.params, param: Param(value)}
    changed = msgspec.structs.replace(found, params=given, mode="live")
    if rule in book.rules:
        return msgspec.structs.replace(book, rules={**book.rules, rule: changed})
    return msgspec.structs.replace(book, point_rules={**book.point_rules, rule: changed})


def _known(book: Book) -> str:
    names = list(_sweepable(book))
    return "those with a range are " + ", ".join(names) if names else "none has a range"


def _sweepable(book: Book) -> Iterator[str]:
    for rule in book.dossiers.values():
        for name, param in rule.params.items():
            if param.sweep is not None:
                yield f"{rule.id}.{name}"
