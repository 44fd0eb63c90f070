"""What a book declares about the past: velocities, as data.

    velocities:
      sent_app_24h:
        {fn: sum, of: amount, by: payer, window: 24h, where: "channel == 'app'"}

Rules know a velocity by its name only. What computes it stands outside of `rules`; the laws of
a window are its own.
"""

from typing import Final, Literal, TypeAlias

import msgspec

from rules.condition import Node

Entity: TypeAlias = Literal["payer", "payee", "device", "ip", "merchant", "account"]
Function: TypeAlias = Literal[
    "count", "sum", "mean", "min", "max", "stddev", "median", "percentile",
    "distinct", "is_new", "first", "last", "since_first", "since_last", "ratio_to",
    "z_mean", "z_median", "run_length", "run_age", "label_rate", "label_count",
]  # fmt: skip
Unit: TypeAlias = Literal["seconds", "minutes", "hours", "days"]

MINUTE: Final = 60_000_000
DAY: Final = 1440 * MINUTE
SHORTEST: Final = MINUTE
LONGEST: Final = 180 * DAY

COMPARING: Final = frozenset(("ratio_to", "z_mean", "z_median"))
OWN_UNIT: Final = frozenset(("sum", "mean", "min", "max", "stddev", "median", "percentile"))
"""Functions whose result has the unit of the value that is looked at."""

NUMERIC: Final = OWN_UNIT | COMPARING
"""Functions of a number; `of` must be one."""

OF_ANY: Final = frozenset(("distinct", "is_new", "first", "last"))
"""Functions of a value of any type, or of the first known one of several names."""

LABELLED: Final = frozenset(("label_rate", "label_count"))
MAY_BE_LABELLED: Final = LABELLED | {"count", "since_last", "run_length", "run_age"}
TIMED: Final = frozenset(("since_first", "since_last", "run_age"))
"""Functions that give a time, in `unit`."""

RUNS: Final = frozenset(("run_length", "run_age"))
"""Functions that count backwards as long as a condition holds, or a label."""

PAST: Final = frozenset(
    ("median", "ratio_to", "z_mean", "z_median", "last", "since_last", "is_new")
)
"""Functions whose habit it is to look at earlier payments only."""

ONLY_PAST: Final = frozenset(("last", "since_last", "is_new"))
"""Functions that never look at the payment at hand."""


class Velocity(msgspec.Struct, frozen=True, kw_only=True):
    """One declared value. `window` and `delay` are microseconds.

    `where` is asked of each payment once, as it passes, by the values that it has then.
    `of` names the value looked at: of several, the first one known. `include_current` None is
    the function's own habit. With `delay`, labelled payments older than it are looked at, and
    `label` picks one verdict.
    """

    name: str
    fn: Function
    by: tuple[Entity, ...]
    window: int
    of: tuple[str, ...] = ()
    where: Node | None = None
    where_text: str = ""
    include_current: bool | None = None
    delay: int | None = None
    label: Literal["fraud", "genuine"] | None = None
    q: float = 0.5
    to: Literal["mean", "median"] = "mean"
    plus: float = 0.0
    at_least: int = 1
    newest: int | None = None
    unit: Unit = "seconds"
    meaning: str = ""
    line: int = 1

    @property
    def includes(self) -> bool:
        """Whether the payment at hand is looked at too."""
        if self.delay is not None:
            return False
        return self.fn not in PAST if self.include_current is None else self.include_current


def duration(microseconds: int) -> str:
    """Write a window as people do: `10m`, `24h`, `7d`."""
    for letter, size in (("d", DAY), ("h", 60 * MINUTE), ("m", MINUTE)):
        if microseconds % size == 0 and (letter != "d" or microseconds > DAY):
            return f"{microseconds // size}{letter}"
    return f"{microseconds / 1_000_000:g}s"


def said(velocity: Velocity) -> str:
    """Say what a velocity is: `sum of amount by payer in 24h where channel == 'app'`."""
    words = [velocity.fn.replace("_", " ")]
    if velocity.of:
        words.append(f"of {' or '.join(velocity.of)}")
    words.append(f"by {' and '.join(velocity.by)} in {duration(velocity.window)}")
    if velocity.where_text:
        words.append(f"where {velocity.where_text}")
    return " ".join(words)
