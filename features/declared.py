"""Whether velocities are declared rightly: every mistake at once, none left for the fold."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from features.catalogue import Value
from features.errors import Mistake
from features.plan import Circular, compile_plan
from features.velocity import (
    ANY_VALUE,
    COMPARING,
    DAY,
    LABELLED,
    MAY_BE_LABELLED,
    MINUTE,
    NUMERIC,
    ONLY_PAST,
    POINTS,
    Velocity,
    describe,
)

SHORTEST: Final = MINUTE
LONGEST: Final = 180 * DAY
MOST_NEWEST: Final = 512
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}(\.[A-Za-z0-9_]{1,64})?", re.ASCII)
RUNS: Final = frozenset({"run_length", "run_age"})


def mistakes(velocities: Sequence[Velocity], words: Mapping[str, Value]) -> list[Mistake]:
    """Everything that is wrong, each with the path `<velocity>.<field>`.

    `words` are the names that a payment has values for; the velocities add their own.
    """
    known = dict(words)
    for v in velocities:
        known.setdefault(v.name, describe(v, known))
    found = [
        Mistake(f"{v.name}.{field}", text)
        for v in velocities
        for field, text in _wrong(v, known)
    ]
    names = [v.name for v in velocities]
    for name in dict.fromkeys(names):
        if names.count(name) > 1 or name in words:
            found.append(Mistake(f"{name}.name", "stands for something else already"))
    return found or _circles(velocities)


def _circles(velocities: Sequence[Velocity]) -> list[Mistake]:
    try:
        compile_plan(velocities)
    except Circular as circular:
        text = "reads a value that is known only after it"
        return [Mistake(f"{circular}.of", text)]
    return []


def _wrong(v: Velocity, known: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    if not _NAME.fullmatch(v.name):
        yield "name", "must be letters, digits and _ (with one dot at most)"
    if not 1 <= len(v.by) <= 2 or len(set(v.by)) < len(v.by):
        yield "by", "must be one kind of entity, or two different ones"
    if not SHORTEST <= v.window <= LONGEST:
        yield "window", "must be from 1m to 180d"
    yield from _wrong_of(v, known)
    yield from _wrong_labels(v)
    yield from _wrong_numbers(v)


def _wrong_of(v: Velocity, known: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    takes = v.fn in NUMERIC | ANY_VALUE
    if takes != bool(v.of):
        yield "of", f"{v.fn} needs a value to look at" if takes else f"{v.fn} looks at no value"
    for name in v.of:
        if name not in known:
            yield "of", f"no value is called {name!r}"
        elif v.fn in NUMERIC and known[name].type != "number":
            yield "of", f"{name} is no number"
    for name in sorted(v.where.reads if v.where else ()):
        if name not in known:
            yield "where", f"no value is called {name!r}"
    if v.include_current and v.fn in ONLY_PAST:
        yield "include_current", f"{v.fn} compares with earlier payments only"


def _wrong_labels(v: Velocity) -> Iterator[tuple[str, str]]:
    if v.delay is not None:
        if v.fn not in MAY_BE_LABELLED:
            yield "delay", f"{v.fn} does not look at labels"
        if not SHORTEST <= v.delay <= LONGEST:
            yield "delay", "must be from 1m to 180d"
        if v.include_current:
            yield "include_current", "a payment has no label yet when it passes"
    elif v.fn in LABELLED or v.label is not None:
        yield "delay", "labels need a delay: how old a payment must be before one is read"
    elif v.fn in RUNS and v.where is None:
        yield "where", f"{v.fn} needs a condition, or labels by a delay"


def _wrong_numbers(v: Velocity) -> Iterator[tuple[str, str]]:
    if not 0 < v.q < 1:
        yield "q", "must lie between 0 and 1"
    if v.plus < 0 or (v.plus and v.fn not in COMPARING):
        yield "plus", "is added to the divisor of ratio_to, z_mean, z_median; not negative"
    if v.at_least < 1:
        yield "at_least", "must be 1 or more"
    if v.newest is None:
        return
    if not 1 <= v.newest <= MOST_NEWEST:
        yield "newest", f"must be from 1 to {MOST_NEWEST}"
    if v.delay is not None or v.fn in POINTS or v.fn == "is_new":
        yield "newest", f"{v.fn} does not look at a number of payments"
