"""The evaluator `tree`: the oracle that the faster ones must equal."""

from collections.abc import Mapping
from typing import Final

import msgspec

from rules.logic import compile_rule
from rules.model import Book
from rules.vocabulary import Scalar


class Matches(msgspec.Struct, frozen=True):
    """Ids of the rules that hold and of those that are unknown, each sorted."""

    hits: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


NOTHING: Final = Matches()


class Tree:
    """Compiles the rules of a book that are not off. Immutable; safe to share."""

    def __init__(self, book: Book) -> None:
        self._rules = tuple(
            (rule.id, rule.window.start, rule.window.end, compile_rule(rule, book))
            for rule in book.rules.values()
            if rule.mode != "off"
        )

    def match(self, values: Mapping[str, Scalar], at: int) -> Matches:
        """Values by name (absent = unknown) and the event time in microseconds UTC.

        Total and pure. A rule outside its effective dates is false.
        """
        hits: list[str] = []
        unknown: list[str] = []
        for rule, start, end, test in self._rules:
            if start <= at < end:
                truth = test(values, at)
                if truth:
                    hits.append(rule)
                elif truth is None:
                    unknown.append(rule)
        return Matches(tuple(hits), tuple(unknown)) if hits or unknown else NOTHING
