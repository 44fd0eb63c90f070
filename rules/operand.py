"""Typed operands of an expression, and the laws of putting them together.

Each function here notes what is wrong through `Scope.wrong` and returns an operand that lets
the reader go on, so that one expression tells all its mistakes.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final, Literal, TypeAlias, get_args

import msgspec

from rules.condition import (
    Among,
    And,
    Arithmetic,
    Comparator,
    Compare,
    Constant,
    Named,
    Node,
    Parameter,
    Type,
)
from rules.errors import did_you_mean
from rules.spelling import kind
from rules.vocabulary import Scalar, Vocabulary
from rules.wording import fold

ARTICLE: Final = {"number": "a number", "text": "text", "flag": "a flag (true or false)"}
COMPARATORS: Final = frozenset(get_args(Comparator))
Sign: TypeAlias = Literal["+", "-", "*", "/"]


class Operand(msgspec.Struct, frozen=True):
    """A node with its type (None after a mistake), unit (None fits all) and place.

    `literal` is a constant as it was written.
    """

    node: Node
    type: Type | None
    offset: int
    unit: str | None = None
    literal: str = ""


def nothing_against(name: str) -> str:
    """Say of no name why it may not be read."""
    return ""


class Scope(msgspec.Struct, frozen=True):
    """What an expression may refer to, and where its mistakes go: (cause, offset, hint).

    `against` says why a name that is no word here may not be read, '' if it is just unknown.
    """

    words: Vocabulary
    params: Mapping[str, Scalar]
    lists: Collection[str]
    wrong: Callable[[str, int, str], None]
    against: Callable[[str], str] = nothing_against


def type_of(value: Scalar) -> Type:
    """Tell the type of a constant."""
    if isinstance(value, bool):
        return "flag"
    return "text" if isinstance(value, str) else "number"


def constant(value: Scalar, offset: int, literal: str = "") -> Operand:
    """Make a literal; text is folded here, once."""
    node = Constant(fold(value) if isinstance(value, str) else value)
    return Operand(node, type_of(value), offset, literal=literal)


def named(scope: Scope, name: str, offset: int) -> Operand:
    """Look up a value of the vocabulary."""
    word = scope.words.get(name)
    if word is None:
        reason = scope.against(name)
        hint = "" if reason else did_you_mean(name, scope.words)
        scope.wrong(reason or f"unknown value {name[:60]!r}", offset, hint)
        return Operand(Constant(0), None, offset)
    return Operand(Named(name, word.type), word.type, offset, word.unit)


def unquoted(scope: Scope, name: str, offset: int) -> Operand:
    """Take a bare word that is compared with text and is no value: likely text itself."""
    near = did_you_mean(name, [other for other, w in scope.words.items() if w.type == "text"])
    hint = f"text needs quotes: '{name[:60]}'" + (f"; or {near}" if near else "")
    scope.wrong(f"unknown value {name[:60]!r}", offset, hint)
    return Operand(Constant(0), None, offset)


def parameter(scope: Scope, name: str, offset: int) -> Operand:
    """Look up a `$param` of the rule."""
    if name not in scope.params:
        hint = did_you_mean(name, scope.params) or "add it under params:"
        scope.wrong(f"unknown parameter ${name[:60]}", offset, hint)
        return Operand(Constant(0), None, offset)
    type_ = type_of(scope.params[name])
    return Operand(Parameter(name, type_), type_, offset)


def list_named(scope: Scope, name: str, offset: int) -> str:
    """Look up a list of the book."""
    if name not in scope.lists:
        hint = did_you_mean(name, scope.lists) or "add it under lists: in book.yaml"
        scope.wrong(f"unknown list @{name[:60]}", offset, hint)
    return name


def expect(scope: Scope, operand: Operand, type_: Type, what: str, hint: str = "") -> Node:
    """Give the operand's node, which must be of a type."""
    if operand.type not in (None, type_):
        have = ARTICLE[operand.type or "number"]
        scope.wrong(f"{what} must be {ARTICLE[type_]}, this is {have}", operand.offset, hint)
    return operand.node


def arithmetic(scope: Scope, sign: Sign, left: Operand, right: Operand) -> Operand:
    """Calculate with two numbers; + and - need equal units, products are not checked."""
    node = Arithmetic(
        sign,
        expect(scope, left, "number", f"the left side of {sign}"),
        expect(scope, right, "number", f"the right side of {sign}"),
    )
    if sign in ("+", "-"):
        return Operand(node, "number", left.offset, same_unit(scope, (left, right)))
    scaled = left.unit if right.unit is None else None
    if sign == "*" and left.unit is None:
        scaled = right.unit
    return Operand(node, "number", left.offset, scaled)


def same_unit(scope: Scope, operands: tuple[Operand, ...]) -> str | None:
    """Tell the one unit of operands that are added or compared."""
    units = [operand for operand in operands if operand.unit is not None]
    for other in units[1:]:
        if other.unit != units[0].unit:
            cause = f"{units[0].unit} and {other.unit} cannot be compared or added"
            scope.wrong(cause, other.offset, "")
            break
    return units[0].unit if units else None


def chain(
    scope: Scope, operands: tuple[Operand, ...], signs: tuple[tuple[str, int], ...]
) -> Operand:
    """Compare: `a < b` or `a < b <= c`, which is `a < b and b <= c`."""
    if len(signs) > 1 and not (
        {s[0] for s in signs} <= {"<", "<="} or {s[0] for s in signs} <= {">", ">="}
    ):
        scope.wrong("a range goes one way", signs[1][1], "like 0.2 <= x < 0.5; else write and")
    terms = tuple(
        _compare(scope, sign, left, right)
        for (sign, _), left, right in zip(signs, operands, operands[1:], strict=False)
    )
    node = terms[0] if len(terms) == 1 else And(terms)
    return Operand(node, "flag", operands[0].offset)


def _compare(scope: Scope, sign: str, left: Operand, right: Operand) -> Node:
    type_ = left.type or right.type or "number"
    if left.type and right.type and left.type != right.type:
        cause = f"{ARTICLE[left.type]} cannot be compared with {ARTICLE[right.type]}"
        scope.wrong(cause, right.offset, _advice(left, right) or _advice(right, left))
    elif type_ != "number" and sign not in ("==", "!="):
        scope.wrong(f"{ARTICLE[type_]} can only be compared with == and !=", left.offset, "")
    elif _fixed(left) and _fixed(right):
        scope.wrong("two constants are compared", left.offset, "")
    same_unit(scope, (left, right))
    return Compare(msgspec.convert(sign, Comparator), left.node, right.node, type_)


def _advice(value: Operand, constant: Operand) -> str:
    """Say how a constant is written that does not fit the value it is compared with."""
    literal = constant.literal
    match value.type, constant.type:
        case "text", "number" if literal:
            return f"write '{literal}'"
        case "number", "text" if kind(literal) == "number":
            return f"write {literal} without quotes"
        case "number", "text" if isinstance(constant.node, Parameter):
            return f"numbers stand without quotes, also the value of ${constant.node.name}"
        case "flag", _ if isinstance(value.node, Named):
            return f"a flag stands alone: {value.node.name}, or not {value.node.name}"
        case _:
            return ""


def _fixed(operand: Operand) -> bool:
    return operand.type is not None and isinstance(operand.node, Constant | Parameter)


def among(scope: Scope, value: Operand, options: tuple[Operand, ...]) -> Operand:
    """Ask `x in (a, b)`; the options are constants of x's type."""
    type_ = value.type or "text"
    constants = []
    for option in options:
        if not isinstance(option.node, Constant):
            scope.wrong("in (...) holds constants only", option.offset, "")
        elif value.type == "flag":
            scope.wrong("a flag needs no in (...)", value.offset, "")
        else:
            expect(scope, option, type_, "what stands in (...)", _advice(value, option))
            constants.append(option.node.value)
    return Operand(Among(value.node, tuple(constants), type_), "flag", value.offset)
