"""Why an outcome flips: the differences between two sides, each put back on its own.

A difference is a cause of a flip if the second side without it gives the first outcome again
(but for it, nothing would have flipped). Where each of several differences would be enough
alone, none is such a cause: then those count that make the flip when they alone are put into
the first side. Where not even that holds, all differences together are the cause.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

import msgspec
import polars as pl

from risk.backtest.judge import TableJudge
from risk.score.scorer import Scorer
from rules.model import Book, Dossier, Listing, PointRule, Rule

ROW: Final = "row"


class Judging(msgspec.Struct, frozen=True):
    """One side: a book, a scorer and the values that they judge."""

    book: Book
    scorer: Scorer
    frame: pl.DataFrame

    def outcomes(self) -> pl.Series:
        """The outcome of every row."""
        return TableJudge(self.book, self.scorer).judge(self.frame).outcome


Exchange: TypeAlias = Callable[[Judging, Judging], Judging]
"""The first side, with one difference taken from the second."""


class Change(msgspec.Struct, frozen=True):
    """One difference: its name for people, and how it is exchanged."""

    name: str
    exchange: Exchange


def changes(before: Judging, after: Judging, sources: Mapping[str, str]) -> list[Change]:
    """Find every difference between two sides; `sources` says where values come from."""
    found = [
        Change(f"{_kind(sources.get(name))} {name}", _value(name))
        for name in _differing(before.frame, after.frame)
    ]
    if before.scorer.hash != after.scorer.hash:
        found.append(Change(f"scorer {after.scorer.name} {after.scorer.version}", _scorer))
    found += [
        Change(f"list {name}", _list(name))
        for name in sorted({*before.book.lists, *after.book.lists})
        if _entries(before.book.lists.get(name)) != _entries(after.book.lists.get(name))
    ]
    one, other = before.book.dossiers, after.book.dossiers
    found += [
        Change(f"rule {name}{_what(one.get(name), other.get(name))}", _rule(name))
        for name in sorted({*one, *other})
        if _meaning(one.get(name)) != _meaning(other.get(name))
    ]
    if before.book.thresholds != after.book.thresholds:
        found.append(Change("score thresholds", _thresholds))
    if (before.book.outcomes, before.book.default) != (after.book.outcomes, after.book.default):
        found.append(Change("what tiers mean", _tiers))
    return found


def causes(before: Judging, after: Judging, sources: Mapping[str, str]) -> pl.Series:
    """Name the cause of each row, all of which have flipped."""
    found = changes(before, after, sources)
    first, second = before.outcomes(), after.outcomes()
    needed = {one.name: one.exchange(after, before).outcomes() == first for one in found}
    enough = {one.name: one.exchange(before, after).outcomes() == second for one in found}
    together = " and ".join(one.name for one in found) or "nothing that is known"
    named = [
        _join(needed, row) or _join(enough, row, " or ") or together
        for row in range(before.frame.height)
    ]
    return pl.Series("cause", named, pl.String)


def _join(marks: Mapping[str, pl.Series], row: int, word: str = " and ") -> str:
    return word.join(name for name, holds in marks.items() if holds[row])


def _differing(before: pl.DataFrame, after: pl.DataFrame) -> Iterator[str]:
    for name in sorted({*before.columns} & {*after.columns}):
        if not before[name].equals(after[name], null_equal=True):
            yield name
    yield from sorted({*before.columns} ^ {*after.columns})


def _kind(source: str | None) -> str:
    return "reading" if source in ("local", "llm") else "feature"


def _entries(listing: Listing | None) -> object:
    return None if listing is None else (listing.kind, listing.ends)


def _meaning(rule: Dossier | None) -> object:
    """What of a rule can move an outcome; where it stands and what it says cannot."""
    if rule is None or rule.mode != "live":
        return None
    params = {name: param.value for name, param in rule.params.items()}
    speaks: object = rule.points if isinstance(rule, PointRule) else None
    if isinstance(rule, Rule):
        speaks = (rule.tier, rule.on_missing)
    return (speaks, rule.condition, params, rule.window, rule.rollout)


def _what(before: Dossier | None, after: Dossier | None) -> str:
    if _meaning(before) is None:
        return " (new)"
    if _meaning(after) is None:
        return " (gone)"
    assert before is not None  # noqa: S101 # it has a meaning
    assert after is not None  # noqa: S101 # likewise
    moved = [
        f"{name} {_value_of(before, name)} to {_value_of(after, name)}"
        for name in sorted({*before.params, *after.params})
        if _value_of(before, name) != _value_of(after, name)
    ]
    return f" ({', '.join(moved)})" if moved else ""


def _value_of(rule: Dossier, name: str) -> object:
    param = rule.params.get(name)
    return None if param is None else param.value


def _value(name: str) -> Exchange:
    def exchange(into: Judging, of: Judging) -> Judging:
        given = of.frame
        if name in given.columns:
            frame = into.frame.with_columns(given[name])
        else:
            frame = into.frame.drop(name)
        return msgspec.structs.replace(into, frame=frame)

    return exchange


def _scorer(into: Judging, of: Judging) -> Judging:
    return msgspec.structs.replace(into, scorer=of.scorer)


def _list(name: str) -> Exchange:
    def exchange(into: Judging, of: Judging) -> Judging:
        lists = dict(into.book.lists)
        if name in of.book.lists:
            lists[name] = of.book.lists[name]
        return _with(into, lists=lists)

    return exchange


def _rule(name: str) -> Exchange:
    def exchange(into: Judging, of: Judging) -> Judging:
        # A rule may ask lists that only its own book has.
        lists = {**of.book.lists, **into.book.lists}
        rules = _exchanged(into.book.rules, of.book.rules, name)
        points = _exchanged(into.book.point_rules, of.book.point_rules, name)
        return _with(into, rules=rules, point_rules=points, lists=lists)

    return exchange


def _exchanged(
    into: Mapping[str, Dossier], of: Mapping[str, Dossier], name: str
) -> dict[str, Dossier]:
    rules = {key: rule for key, rule in into.items() if key != name}
    if name in of:
        rules[name] = of[name]
    return dict(sorted(rules.items()))


def _thresholds(into: Judging, of: Judging) -> Judging:
    return _with(into, thresholds=of.book.thresholds)


def _tiers(into: Judging, of: Judging) -> Judging:
    return _with(into, outcomes=of.book.outcomes, default=of.book.default)


def _with(judging: Judging, **changed: object) -> Judging:
    book = msgspec.structs.replace(judging.book, **changed)
    return msgspec.structs.replace(judging, book=book)
