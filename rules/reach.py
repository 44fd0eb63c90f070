"""A book over bounds: what its rules can be while some values move. The oracle of `possible`.

Conditions become closures as in `rules.logic`, but each gives the *mask* of all truth values
that it can take (`rules.bounds`). A part that reads nothing movable means what it always means.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import product
from typing import Any, TypeAlias

from rules import spans
from rules.bounds import (
    AND,
    FALSE,
    NOT,
    OR,
    SAME,
    Bounds,
    Choice,
    Mask,
    Range,
    mask_of,
    mask_of_all,
)
from rules.closures import Values
from rules.condition import (
    AgeDays,
    Among,
    And,
    Apply,
    Arithmetic,
    Comparator,
    Compare,
    Missing,
    Named,
    Node,
    Not,
    Or,
    names,
)
from rules.logic import Compiler
from rules.model import Dossier, Listing
from rules.spans import ANYTHING, Span, point

MaskOf: TypeAlias = Callable[[Values, Bounds, int], Mask]
SpanOf: TypeAlias = Callable[[Values, Bounds, int], Span]
Found: TypeAlias = Sequence[tuple[Any, Mask]]
"""Rules that can be anything but false, with their masks."""


class ReachTree:
    """Compiles rules; `moving` are the names that may have bounds."""

    def __init__(
        self,
        rules: Sequence[Dossier],
        lists: Mapping[str, Listing],
        moving: frozenset[str],
    ) -> None:
        self._rules = [
            (rule, MaskCompiler(rule, lists, moving).mask(rule.condition)) for rule in rules
        ]

    def possible(self, values: Values, bounds: Bounds, at: int) -> Found:
        """Total and pure; rules in the order in which they were given."""
        found = []
        for rule, compiled in self._rules:
            if rule.window.holds(at):
                mask = compiled(values, bounds, at)
                if mask != FALSE:
                    found.append((rule, mask))
        return found


class MaskCompiler:
    """Makes closures that give masks, for the conditions of one rule."""

    def __init__(
        self, rule: Dossier, lists: Mapping[str, Listing], moving: frozenset[str]
    ) -> None:
        params = {name: param.value for name, param in rule.params.items()}
        self._still = Compiler(params, lists)
        self._moving = moving

    def moves(self, node: Node) -> bool:
        """Whether a node reads anything that may have bounds."""
        return not self._moving.isdisjoint(names(node))

    def mask(self, node: Node) -> MaskOf:
        """Compile a node that is true, false or unknown."""
        if not self.moves(node):
            test = self._still.test(node)
            return lambda values, bounds, at: mask_of(test(values, at))
        match node:
            case And(terms=terms) | Or(terms=terms):
                table = AND if isinstance(node, And) else OR
                return _folded(table, [self.mask(term) for term in terms])
            case Not(term=term):
                return _negated(self.mask(term))
            case Compare(operator=sign, left=left, right=right) if node.type != "text":
                return self._compare(sign, left, right, is_flag=node.type == "flag")
            case _:
                return self._asked(node)

    def _compare(self, sign: Comparator, left: Node, right: Node, *, is_flag: bool) -> MaskOf:
        if is_flag:
            same = _folded(SAME, [self.mask(left), self.mask(right)])
            return same if sign == "==" else _negated(same)
        one, other = self.span(left), self.span(right)
        return lambda values, bounds, at: spans.compared(
            sign, one(values, bounds, at), other(values, bounds, at)
        )

    def _asked(self, node: Node) -> MaskOf:
        if isinstance(node, Missing):
            return self._missing(node.value)
        if isinstance(node, Among) and node.type == "number":
            number, options = self.span(node.value), node.options
            return lambda values, bounds, at: spans.among(number(values, bounds, at), options)
        return self._tried(node)

    def span(self, node: Node) -> SpanOf:
        """Compile a node that is a number or unknown."""
        if not self.moves(node):
            number = self._still.number(node)
            return lambda values, bounds, at: point(number(values, at))
        match node:
            case Named(name=name):
                return self._named(name)
            case Arithmetic(operator=sign, left=left, right=right):
                one, other = self.span(left), self.span(right)
                return lambda values, bounds, at: spans.calculated(
                    sign, one(values, bounds, at), other(values, bounds, at)
                )
            case Apply(function=function, arguments=arguments):
                known = [self.span(argument) for argument in arguments]
                return lambda values, bounds, at: spans.applied(
                    function, [argument(values, bounds, at) for argument in known]
                )
            case _:
                assert isinstance(node, AgeDays)  # noqa: S101 # no other number reads a value
                return self._aged(node)

    def _named(self, name: str) -> SpanOf:
        number = self._still.number(Named(name, "number"))

        def span(values: Values, bounds: Bounds, at: int) -> Span:
            bound = bounds.get(name)
            if bound is None:
                return point(number(values, at))
            assert isinstance(bound, Range)  # noqa: S101 # a bound fits the type of its value
            return bound.low, bound.high, False

        return span

    def _aged(self, node: AgeDays) -> SpanOf:
        number, read = self._still.number(node), names(node)

        def span(values: Values, bounds: Bounds, at: int) -> Span:
            if read.isdisjoint(bounds):
                return point(number(values, at))
            return ANYTHING

        return span

    def _missing(self, value: Named) -> MaskOf:
        test, name = self._still.test(Missing(value)), value.name
        return lambda values, bounds, at: mask_of(False if name in bounds else test(values, at))

    def _tried(self, node: Node) -> MaskOf:
        """Try a question about a text or a flag with every member that it may be."""
        test, read = self._still.test(node), sorted(names(node) & self._moving)

        def mask(values: Values, bounds: Bounds, at: int) -> Mask:
            choices = [
                [(name, member) for member in bound.members]
                for name in read
                if isinstance(bound := bounds.get(name), Choice)
            ]
            tries = [{**values, **dict(one)} for one in product(*choices)]
            return mask_of_all([test(one, at) for one in tries])

        return mask


def _folded(table: Sequence[Sequence[Mask]], parts: Sequence[MaskOf]) -> MaskOf:
    def mask(values: Values, bounds: Bounds, at: int) -> Mask:
        masks = [part(values, bounds, at) for part in parts]
        return reduce(lambda one, other: table[one][other], masks)

    return mask


def _negated(part: MaskOf) -> MaskOf:
    return lambda values, bounds, at: NOT[part(values, bounds, at)]
