"""Why a rule holds or does not: each condition with its truth, its values, and how far it is.

Made from the same compiled conditions as `rules.tree`, one closure for each part.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from rules.condition import And, Compare, Named, Node, Not, Or, names
from rules.logic import Compiler
from rules.model import Book, Dossier, Truth
from rules.vocabulary import Scalar
from rules.written import written

NEAR: Final = 0.25
"""A number is near its limit within this part of the limit."""


class Trace(msgspec.Struct, frozen=True):
    """One condition. `parts` are those of and, or, not; the others are leaves.

    `values` are those that a leaf read, None for unknown. `gap` is how far a comparison of
    numbers that is false is from being true (in the unit of the values), `limit` to what.
    """

    node: Node
    text: str
    truth: Truth
    values: Mapping[str, Scalar | None] = {}
    gap: float | None = None
    limit: float | None = None
    parts: tuple["Trace", ...] = ()


def trace(rule: Dossier, book: Book, values: Mapping[str, Scalar], at: int) -> Trace:
    """Trace the condition of a rule; its mode and effective dates are not looked at."""
    params = {name: param.value for name, param in rule.params.items()}
    return _Tracer(Compiler(params, book.lists), values, at).trace(rule.condition)


class _Tracer:
    def __init__(self, compiler: Compiler, values: Mapping[str, Scalar], at: int) -> None:
        self._compiler = compiler
        self._values = values
        self._at = at

    def trace(self, node: Node) -> Trace:
        truth = self._compiler.test(node)(self._values, self._at)
        if isinstance(node, And | Or | Not):
            below = (node.term,) if isinstance(node, Not) else node.terms
            parts = tuple([self.trace(part) for part in below])
            return Trace(node, _joiner(node), truth, parts=parts)
        read = {name: self._values.get(name) for name in sorted(names(node))}
        gap, limit = self._gap(node) if truth is False else (None, None)
        return Trace(node, written(node), truth, read, gap, limit)

    def _gap(self, node: Node) -> tuple[float | None, float | None]:
        if not isinstance(node, Compare) or node.type != "number" or node.operator == "!=":
            return None, None
        left = self._compiler.number(node.left)(self._values, self._at)
        right = self._compiler.number(node.right)(self._values, self._at)
        assert left is not None  # noqa: S101 # a comparison that is false knew both
        assert right is not None  # noqa: S101
        turned = isinstance(node.right, Named) and not isinstance(node.left, Named)
        return abs(float(left) - float(right)), float(left if turned else right)


def _joiner(node: And | Or | Not) -> str:
    return "not" if isinstance(node, Not) else "all" if isinstance(node, And) else "any"


def leaves(found: Trace) -> tuple[Trace, ...]:
    """List the conditions that are no and, or, not, from left to right."""
    if not found.parts:
        return (found,)
    return tuple([leaf for part in found.parts for leaf in leaves(part)])


def blockers(found: Trace, *, wanted: bool = True) -> tuple[Trace, ...]:
    """Find the fewest leaves that keep a condition from being `wanted`."""
    if found.truth is wanted:
        return ()
    if isinstance(found.node, Not):
        return blockers(found.parts[0], wanted=not wanted)
    if not found.parts:
        return (found,)
    each = [blockers(part, wanted=wanted) for part in found.parts]
    if isinstance(found.node, And) is wanted:
        return tuple([leaf for some in each for leaf in some])
    return min(each, key=len)


def is_near(found: Trace) -> bool:
    """Tell whether one leaf keeps a rule from holding: one unknown, or a number close to it."""
    between = blockers(found)
    if len(between) != 1:
        return False
    leaf = between[0]
    if leaf.truth is None:
        return True
    if leaf.gap is None or leaf.limit is None:
        return False
    return leaf.gap <= max(NEAR * abs(leaf.limit), 1 if float(leaf.limit).is_integer() else 0)
