"""The contract of evaluators, the choice among them, and one that checks another.

Whatever makes matches of values is an `Evaluator`: for one book all give the same, which the
fuzzer shows (`tests/rules/fuzz_engines.py`). `tree` is the oracle, `native` the fast one.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol, TypeAlias

from rules.model import Book
from rules.native import Native
from rules.tree import Matches, Tree
from rules.vocabulary import Scalar

Mismatch: TypeAlias = Callable[[Mapping[str, Scalar], int, Matches, Matches], None]
"""Takes the values, the event time, what the first evaluator gave and what the second gave."""


class Evaluator(Protocol):
    """Which rules of a book hold for these values at this event time."""

    def match(self, values: Mapping[str, Scalar], at: int) -> Matches:
        """Values by name (absent = unknown), microseconds UTC -> the matches. Total, pure."""
        ...


ENGINES: Final[Mapping[str, Callable[[Book], Evaluator]]] = {"native": Native, "tree": Tree}
"""Evaluators that need nothing but this package. `rules.durable.Durable` is one more."""


class CheckedEvaluator:
    """Answers with `primary`, and asks `second` too for one payment in `every`.

    Which ones depends on the event time alone, so a replay checks the same payments. The
    answer is that of `primary` whatever `second` says: a second opinion must not stop payments.
    """

    def __init__(
        self, primary: Evaluator, second: Evaluator, every: int, on_mismatch: Mismatch
    ) -> None:
        self._primary = primary
        self._second = second
        self._every = every
        self._on_mismatch = on_mismatch

    def match(self, values: Mapping[str, Scalar], at: int) -> Matches:
        """See `Evaluator`."""
        matches = self._primary.match(values, at)
        if is_sampled(at, self._every):
            other = self._second.match(values, at)
            if other != matches:
                self._on_mismatch(values, at, matches, other)
        return matches


def is_sampled(at: int, every: int) -> bool:
    """Tell whether an event time is among one in `every`, evenly also for whole seconds."""
    return (at * 0x9E3779B97F4A7C15 >> 32 & 0xFFFFFFFF) % every == 0
