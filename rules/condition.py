"""The condition tree: what an expression means, as data.

Evaluators are made from this tree and nothing else. Three-valued (Kleene): a flag node is true,
false or unknown; a number or text node is a value or unknown. Unknown are: an absent value, one
of another type than the vocabulary says, a number that is not finite, a division by zero.
Arithmetic is done in 64-bit floats; comparisons are exact. Text is compared folded
(`rules.wording.fold`); constants and lists in the tree are folded already.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from rules.vocabulary import Scalar

Type: TypeAlias = Literal["number", "text", "flag"]
Comparator: TypeAlias = Literal["<", "<=", ">", ">=", "==", "!="]

CONTRARY: Final[Mapping[Comparator, Comparator]] = {
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "==": "!=",
    "!=": "==",
}
"""What holds where the comparison does not."""

MIRRORED: Final[Mapping[Comparator, Comparator]] = {
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
    "==": "==",
    "!=": "!=",
}
"""What holds with its sides exchanged."""


class Constant(msgspec.Struct, frozen=True):
    """A literal."""

    value: Scalar


class Parameter(msgspec.Struct, frozen=True):
    """`$name`: a constant of the rule that a sweep may vary."""

    name: str
    type: Type


class Named(msgspec.Struct, frozen=True):
    """A value by its name in the vocabulary."""

    name: str
    type: Type


class Arithmetic(msgspec.Struct, frozen=True):
    """Two numbers to one; division by zero and results that are not finite are unknown."""

    operator: Literal["+", "-", "*", "/"]
    left: "Node"
    right: "Node"


class Apply(msgspec.Struct, frozen=True):
    """`abs`, `min` or `max` of numbers; unknown if any argument is."""

    function: Literal["abs", "min", "max"]
    arguments: tuple["Node", ...]


class Clock(msgspec.Struct, frozen=True):
    """`hour(at)` 0-23 or `weekday(at)` 0-6 (Monday is 0) of the event time, UTC."""

    part: Literal["hour", "weekday"]


class AgeDays(msgspec.Struct, frozen=True):
    """Days from an RFC 3339 date (midnight UTC) or time with a zone to the event time."""

    since: "Node"


class Compare(msgspec.Struct, frozen=True):
    """Two operands of one type; text and flags only with == and !=."""

    operator: Comparator
    left: "Node"
    right: "Node"
    type: Type


class Among(msgspec.Struct, frozen=True):
    """`x in (a, b)`: numbers or folded text."""

    value: "Node"
    options: tuple[Scalar, ...]
    type: Type


class Listed(msgspec.Struct, frozen=True):
    """`x in @list`: the entry has not expired at the event time."""

    value: "Node"
    list: str


class ContainsAny(msgspec.Struct, frozen=True):
    """Some entry of the list (not expired) is a part of the text."""

    value: "Node"
    list: str


class StartsWith(msgspec.Struct, frozen=True):
    """The text begins with a folded constant."""

    value: "Node"
    prefix: str


class Missing(msgspec.Struct, frozen=True):
    """The value is unknown; itself never unknown."""

    value: Named


class Not(msgspec.Struct, frozen=True):
    """Kleene negation: not unknown is unknown."""

    term: "Node"


class And(msgspec.Struct, frozen=True):
    """False if any term is, else unknown if any is, else true."""

    terms: tuple["Node", ...]


class Or(msgspec.Struct, frozen=True):
    """True if any term is, else unknown if any is, else false."""

    terms: tuple["Node", ...]


Node: TypeAlias = (
    Constant
    | Parameter
    | Named
    | Arithmetic
    | Apply
    | Clock
    | AgeDays
    | Compare
    | Among
    | Listed
    | ContainsAny
    | StartsWith
    | Missing
    | Not
    | And
    | Or
)


FALSE: Final = Constant(value=False)
"""Stands for a condition that could not be read."""


def parts(node: Node) -> tuple[Node, ...]:
    """List the nodes directly below."""
    match node:
        case Arithmetic(left=left, right=right) | Compare(left=left, right=right):
            return left, right
        case And(terms=terms) | Or(terms=terms) | Apply(arguments=terms):
            return terms
        case Not(term=below) | AgeDays(since=below) | Missing(value=below):
            return (below,)
        case Among(value=below) | Listed(value=below):
            return (below,)
        case ContainsAny(value=below) | StartsWith(value=below):
            return (below,)
        case _:
            return ()


def limit(compare: Compare) -> tuple[Named, Comparator, Constant | Parameter] | None:
    """Take the comparison of a value with a constant apart, the value to the left.

    None if it compares anything else.
    """
    left, sign, right = compare.left, compare.operator, compare.right
    if isinstance(right, Named):
        left, sign, right = right, MIRRORED[sign], left
    if isinstance(left, Named) and isinstance(right, Constant | Parameter):
        return left, sign, right
    return None


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and all nodes below it."""
    yield node
    for below in parts(node):
        yield from walk(below)


def names(node: Node) -> frozenset[str]:
    """Every value that the condition reads."""
    return frozenset(found.name for found in walk(node) if isinstance(found, Named))


def lists(node: Node) -> frozenset[str]:
    """Every list that the condition asks."""
    return frozenset(
        found.list for found in walk(node) if isinstance(found, Listed | ContainsAny)
    )


def admitting_lists(node: Node, *, negated: bool = False) -> frozenset[str]:
    """Name the lists whose growth can make the condition true (not those under a `not`)."""
    if isinstance(node, Not):
        return admitting_lists(node.term, negated=not negated)
    if isinstance(node, Compare) and node.type == "flag":
        return lists(node)
    if isinstance(node, Listed | ContainsAny):
        return frozenset() if negated else frozenset((node.list,))
    return frozenset().union(*(admitting_lists(n, negated=negated) for n in parts(node)))
