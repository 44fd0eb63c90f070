"""What the tests of a book have seen: rules that hit and missed, conditions true and false."""

from collections.abc import Iterator
from typing import Final

import msgspec

from rules.condition import Compare, Constant, Named, Node, Parameter
from rules.model import Book, Dossier, Example, Truth
from rules.trace import Trace, leaves, trace

SIGNS: Final = frozenset(("<", "<=", ">", ">="))
CLOSE: Final = 0.01
"""A test stands beside a threshold within this part of it, or within 1 of a whole number."""


class Seen(msgspec.Struct, frozen=True):
    """One condition of a rule: its truths in the tests of that rule.

    `sides`: the truths seen close to its threshold; None if it has none.
    """

    text: str
    truths: frozenset[Truth]
    sides: frozenset[bool] | None = None

    @property
    def is_covered(self) -> bool:
        """Whether some test saw it true and another one false."""
        return {True, False} <= self.truths


class Coverage(msgspec.Struct, frozen=True):
    """What the tests have seen of one rule."""

    rule: Dossier
    truths: frozenset[Truth]
    conditions: tuple[Seen, ...]

    @property
    def is_covered(self) -> bool:
        """Whether the rule and each of its conditions were seen true and false."""
        whole = {True, False} <= self.truths
        return whole and all(seen.is_covered for seen in self.conditions)


def coverage(book: Book) -> Iterator[Coverage]:
    """Trace the tests of each rule, those that stand in it and those of the whole book."""
    whole = [example for example in book.examples if example.rule is None]
    for rule in book.dossiers.values():
        own = [example for example in book.examples if example.rule == rule.id]
        yield _of_rule(book, rule, own + whole)


def _of_rule(book: Book, rule: Dossier, examples: list[Example]) -> Coverage:
    traces = [trace(rule, book, example.given, example.at) for example in examples]
    columns = zip(*[leaves(found) for found in traces], strict=True)
    conditions = tuple([_seen(rule, column) for column in columns])
    return Coverage(rule, frozenset(found.truth for found in traces), conditions)


def _seen(rule: Dossier, column: tuple[Trace, ...]) -> Seen:
    truths = frozenset(leaf.truth for leaf in column)
    return Seen(column[0].text, truths, _sides(rule, column))


def _sides(rule: Dossier, column: tuple[Trace, ...]) -> frozenset[bool] | None:
    limit = threshold(rule, column[0].node)
    if limit is None:
        return None
    name, edge = limit
    near = max(CLOSE * abs(edge), 1 if edge == int(edge) else 0)
    return frozenset(
        leaf.truth
        for leaf in column
        if leaf.truth is not None and abs(float(leaf.values[name] or 0) - edge) <= near
    )


def threshold(rule: Dossier, node: Node) -> tuple[str, float] | None:
    """Find the value and the number with which a condition compares it, if it is so simple."""
    if not isinstance(node, Compare) or node.operator not in SIGNS:
        return None
    left, right = node.left, node.right
    if isinstance(right, Named):
        left, right = right, left
    if not isinstance(left, Named):
        return None
    if isinstance(right, Parameter):
        return left.name, float(rule.params[right.name].value)
    if isinstance(right, Constant):
        return left.name, float(right.value)
    return None
