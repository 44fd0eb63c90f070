"""Conditions -> closures, once for each rule: the meaning of the tree."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from rules import closures, textual
from rules.calendar import hour, weekday
from rules.closures import Getter, NumberOf, Test, TextOf
from rules.condition import (
    AgeDays,
    Among,
    And,
    Apply,
    Arithmetic,
    Clock,
    Compare,
    Constant,
    ContainsAny,
    Listed,
    Missing,
    Named,
    Node,
    Not,
    Or,
    Parameter,
    StartsWith,
    Type,
)
from rules.model import Book, Dossier, Listing
from rules.vocabulary import Scalar
from rules.wording import fold

FUNCTIONS: Final[Mapping[str, Callable[..., float]]] = {"abs": abs, "min": min, "max": max}
CLOCKS: Final = {"hour": hour, "weekday": weekday}


def compile_rule(rule: Dossier, book: Book) -> Test:
    """Compile a rule's condition; its effective dates are not looked at."""
    params = {name: param.value for name, param in rule.params.items()}
    return Compiler(params, book.lists).test(rule.condition)


class Compiler:
    """Makes closures with the parameters and lists given. The tree is typed and trusted."""

    def __init__(self, params: Mapping[str, Scalar], lists: Mapping[str, Listing]) -> None:
        self._params = params
        self._lists = lists

    def test(self, node: Node) -> Test:
        """Compile a node that is true, false or unknown."""
        match node:
            case And(terms=terms):
                return closures.every([self.test(term) for term in terms])
            case Or(terms=terms):
                return closures.some([self.test(term) for term in terms])
            case Not(term=term):
                return closures.negated(self.test(term))
            case Named(name=name):
                return closures.flag_named(name)
            case _:
                return self._question(node)

    def number(self, node: Node) -> NumberOf:
        """Compile a node that is a number or unknown."""
        match node:
            case Named(name=name):
                return closures.number_named(name)
            case Arithmetic(operator=sign, left=left, right=right):
                return closures.calculated(sign, self.number(left), self.number(right))
            case Apply(function=function, arguments=arguments):
                known = [self.number(argument) for argument in arguments]
                return closures.applied(FUNCTIONS[function], known)
            case Clock(part=part):
                return closures.clock(CLOCKS[part])
            case AgeDays(since=since):
                return textual.aged(self.text(since))
            case _:
                return closures.always(self._fixed(node))

    def text(self, node: Node) -> TextOf:
        """Compile a node that is text or unknown, not folded."""
        return (
            textual.text_named(node.name)
            if isinstance(node, Named)
            else closures.always(self._fixed(node))
        )

    def folded(self, node: Node) -> TextOf:
        """Compile a node that is text or unknown, folded."""
        if isinstance(node, Named):
            return textual.folded(self.text(node))
        return closures.always(fold(self._fixed(node)))

    def value(self, node: Node, type_: Type) -> Getter:
        """Compile a node of the type, as it is compared."""
        if type_ == "number":
            return self.number(node)
        return self.test(node) if type_ == "flag" else self.folded(node)

    def _compare(self, node: Compare) -> Test:
        left, right = node.left, node.right
        if isinstance(left, Named) and isinstance(right, Constant | Parameter):
            if node.type == "number":
                return closures.limited(left.name, node.operator, self._fixed(right))
            if node.type == "text":
                return textual.equalled(left.name, node.operator, fold(self._fixed(right)))
        both = self.value(left, node.type), self.value(right, node.type)
        return closures.compared(node.operator, *both)

    def _question(self, node: Node) -> Test:
        match node:
            case Compare():
                return self._compare(node)
            case Among(value=value, options=options, type=type_):
                return closures.among(self.value(value, type_), frozenset(options))
            case Listed(value=value, list=name):
                return self._listed(value, self._lists[name])
            case Missing(value=value):
                return closures.absent(self.value(value, value.type))
            case ContainsAny() | StartsWith():
                return self._search(node)
            case _:
                return closures.always(self._fixed(node))

    def _search(self, node: ContainsAny | StartsWith) -> Test:
        text = self.folded(node.value)
        if isinstance(node, StartsWith):
            return textual.starting(text, node.prefix)
        return textual.containing(text, self._lists[node.list].ends)

    def _listed(self, value: Node, listing: Listing) -> Test:
        text = self.text(value) if listing.kind == "allow" else self.folded(value)
        return textual.listed(text, listing.ends)

    def _fixed(self, node: Node) -> Any:
        if isinstance(node, Parameter):
            return self._params[node.name]
        assert isinstance(node, Constant)  # noqa: S101 # every other node has its case
        return node.value
