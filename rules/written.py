"""A condition as text again: what `rules.expression` reads, one line, in the shortest form."""

from typing import Final

from rules.condition import (
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
    parts,
)
from rules.vocabulary import Scalar

OR, AND, NOT, TEST, SUM, PRODUCT, ATOM = range(7)
"""How strongly a form binds; what binds less than its place asks for is put into brackets."""

_ARITHMETIC: Final = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT}


def written(node: Node) -> str:
    """Write a condition; reading the text gives an equal one."""
    return _written(node, OR)


def _written(node: Node, place: int) -> str:
    strength, text = _form(node)
    return f"({text})" if strength < place else text


def _form(node: Node) -> tuple[int, str]:
    match node:
        case Or(terms=terms) | And(terms=terms):
            own, word = (OR, " or ") if isinstance(node, Or) else (AND, " and ")
            return own, word.join([_written(term, own + 1) for term in terms])
        case Not(term=term):
            if isinstance(term, Among | Listed):
                return TEST, _membership(term, "not in")
            return NOT, f"not {_written(term, NOT)}"
        case Among() | Listed():
            return TEST, _membership(node, "in")
        case Compare() | Arithmetic():
            return _sided(node)
        case _:
            return ATOM, _atom(node)


def _sided(node: Compare | Arithmetic) -> tuple[int, str]:
    sign = node.operator
    own, left, right = TEST, SUM, SUM
    if isinstance(node, Arithmetic):
        own = left = _ARITHMETIC[node.operator]
        right = own + 1
    return own, f"{_written(node.left, left)} {sign} {_written(node.right, right)}"


def _membership(node: Among | Listed, word: str) -> str:
    options = f"@{node.list}" if isinstance(node, Listed) else _options(node)
    return f"{_written(node.value, SUM)} {word} {options}"


def _options(node: Among) -> str:
    return f"({', '.join([constant(option) for option in node.options])})"


def _atom(node: Node) -> str:
    match node:
        case Named(name=name):
            return name
        case Parameter(name=name):
            return f"${name}"
        case Constant(value=value):
            return constant(value)
        case _:
            return _call(node)


def _call(node: Node) -> str:
    name, arguments = "", [_written(below, SUM) for below in parts(node)]
    match node:
        case Clock(part=part):
            name, arguments = part, ["at"]
        case Apply(function=function):
            name = function
        case ContainsAny(list=asked):
            name, arguments = "contains_any", [*arguments, f"@{asked}"]
        case StartsWith(prefix=prefix):
            name, arguments = "starts_with", [*arguments, constant(prefix)]
        case _:
            name = "missing" if isinstance(node, Missing) else "age_days"
    return f"{name}({', '.join(arguments)})"


def constant(value: Scalar) -> str:
    """Write a literal: `'de'`, `true`, `0.5`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"' if "'" in value else f"'{value}'"
    if "e" not in repr(value):
        return repr(value)
    whole, _, digits = f"{value:.17f}".partition(".")
    return f"{whole}.{digits.rstrip('0') or '0'}"
