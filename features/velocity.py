"""Velocities: what an entity did before, declared in a book rather than coded.

A `Velocity` is one named value: a function over the payments of one entity (or a pair) inside a
sliding window. Its laws, the same for every evaluator of it, are written in
`features.windows`. The declaration is data; the condition in `where` comes compiled.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Final, Literal, TypeAlias

import msgspec

from features.catalogue import Type, Value
from features.transaction import Scalar

Entity: TypeAlias = Literal["payer", "payee", "device", "ip", "merchant", "account"]
Function: TypeAlias = Literal[
    "count",
    "sum",
    "mean",
    "min",
    "max",
    "stddev",
    "median",
    "percentile",
    "distinct",
    "is_new",
    "first",
    "last",
    "since_first",
    "since_last",
    "ratio_to",
    "z_mean",
    "z_median",
    "run_length",
    "run_age",
    "label_rate",
    "label_count",
]
Unit: TypeAlias = Literal["seconds", "minutes", "hours", "days"]
Verdict: TypeAlias = Literal["fraud", "genuine"]

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
UNITS: Final[Mapping[Unit, int]] = {
    "seconds": SECOND,
    "minutes": MINUTE,
    "hours": HOUR,
    "days": DAY,
}
"""Microseconds in a unit of time."""


class Condition(msgspec.Struct, frozen=True):
    """A compiled condition: its text, the names that it reads, and the test itself.

    `holds` gets known values by name and answers True, False or None (unknown). It must be pure
    and may not raise. `basis` changes when a name that it reads comes to mean something else.
    """

    text: str
    reads: frozenset[str]
    holds: Callable[[Mapping[str, Scalar]], bool | None]
    basis: str = ""


class Velocity(msgspec.Struct, frozen=True, kw_only=True):
    """One declared value.

    `by` is an entity or a pair; `window` and `delay` are microseconds. `of` names the value
    that is looked at; of several names the first known one counts. A payment is looked at when
    `where` is true of it (unknown is not true), by the values that it had when it passed.
    `include_current` None takes the function's own habit. With `delay` the velocity looks at
    labelled payments, those older than the delay; `label` picks one verdict.

    The rest tunes single functions: `q` of a percentile; `to` of ratio_to; `plus` is added to
    a divisor; fewer than `at_least` known values give unknown; `newest` limits a window to its
    last so many payments; `unit` is that of the ages and pauses.
    """

    name: str
    fn: Function
    by: tuple[Entity, ...]
    window: int
    of: tuple[str, ...] = ()
    where: Condition | None = None
    include_current: bool | None = None
    delay: int | None = None
    label: Verdict | None = None
    q: float = 0.5
    to: Literal["mean", "median"] = "mean"
    plus: float = 0.0
    at_least: int = 1
    newest: int | None = None
    unit: Unit = "seconds"
    meaning: str = ""

    @property
    def includes(self) -> bool:
        """Whether the payment at hand is in its own window; labelled ones never hold it."""
        if self.delay is not None:
            return False
        if self.include_current is None:
            return self.fn not in PAST
        return self.include_current

    @property
    def kind(self) -> str:
        """The kind of entity: `payer`, or `payer+payee` for a pair."""
        return "+".join(self.by)

    @property
    def reads(self) -> frozenset[str]:
        """Every name that is read of a payment before it is taken in."""
        return frozenset(self.of) | (self.where.reads if self.where else frozenset())

    @property
    def reach(self) -> int:
        """How far behind the clock the oldest payment is that can count, in microseconds."""
        return self.window + (self.delay or 0)

    @property
    def digest(self) -> str:
        """16 hex digits that change with anything that changes the value."""
        where = self.where and self.where.text + self.where.basis
        said = msgspec.structs.asdict(self) | {"where": where}
        del said["meaning"]
        return blake2b(msgspec.json.encode(said), digest_size=8).hexdigest()


PAST: Final = frozenset(
    {"median", "ratio_to", "z_mean", "z_median", "last", "since_last", "is_new"}
)
"""Functions that compare a payment with what came before, so that it is not in the window."""

ONLY_PAST: Final = frozenset({"last", "since_last", "is_new"})
NUMERIC: Final = frozenset(
    {"sum", "mean", "min", "max", "stddev", "median", "percentile"}
    | {"ratio_to", "z_mean", "z_median"}
)
COMPARING: Final = frozenset({"ratio_to", "z_mean", "z_median"})
ANY_VALUE: Final = frozenset({"distinct", "is_new", "first", "last"})
TIMES: Final = frozenset({"since_first", "since_last", "run_age"})
POINTS: Final = frozenset({"first", "last", "since_first", "since_last"})
LABELLED: Final = frozenset({"label_rate", "label_count"})
MAY_BE_LABELLED: Final = LABELLED | {"count", "since_last", "run_length", "run_age"}

_UNITS_OF: Final[Mapping[str, str]] = {
    "count": "payments",
    "label_count": "payments",
    "run_length": "payments",
    "distinct": "values",
    "label_rate": "share",
}
_OWN_UNIT: Final = frozenset({"sum", "mean", "min", "max", "stddev", "median", "percentile"})


def describe(velocity: Velocity, words: Mapping[str, Value]) -> Value:
    """The entry of the vocabulary that this velocity makes; `words` are the names it reads."""
    fn = velocity.fn
    own = words.get(velocity.of[0]) if velocity.of else None
    type_: Type = "number"
    if fn in ("first", "last") and own is not None:
        type_ = own.type
    elif fn == "is_new":
        type_ = "flag"
    unit = _UNITS_OF.get(fn)
    if fn in TIMES:
        unit = velocity.unit
    elif fn in _OWN_UNIT | {"first", "last"} and own is not None:
        unit = own.unit
    return Value(
        name=velocity.name,
        type=type_,
        source="history",
        meaning=velocity.meaning or said(velocity),
        unit=unit,
        low=_low(velocity, own),
        high=1.0 if fn == "label_rate" else None,
    )


def _low(velocity: Velocity, own: Value | None) -> float | None:
    fn = velocity.fn
    if fn == "count" and velocity.includes and velocity.where is None:
        return 1
    if fn in _UNITS_OF or fn in TIMES or fn == "stddev":
        return 0
    return own.low if own is not None and fn in _OWN_UNIT else None


def said(velocity: Velocity) -> str:
    """The declaration as a phrase: `sum of amount by payer in 24h, this one included`."""
    parts = [velocity.fn.replace("_", " ")]
    if velocity.label is not None:
        parts.append(f"of payments found {velocity.label}")
    if velocity.of:
        parts.append("of " + " or ".join(velocity.of))
    parts.append(f"by {' and '.join(velocity.by)} in {duration(velocity.window)}")
    if velocity.newest is not None:
        parts.append(f"(the newest {velocity.newest})")
    if velocity.where is not None:
        parts.append(f"where {velocity.where.text}")
    text = " ".join(parts)
    if velocity.delay is not None:
        return f"{text}, labels at least {duration(velocity.delay)} old"
    if velocity.fn in ONLY_PAST:
        return text
    return f"{text}, {'this one included' if velocity.includes else 'earlier payments only'}"


def duration(microseconds: int) -> str:
    """The shortest exact wording: `10m`, `24h`, `7d`."""
    for letter, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if microseconds % size == 0 and (letter != "d" or microseconds > DAY):
            return f"{microseconds // size}{letter}"
    return f"{microseconds / SECOND:g}s"
