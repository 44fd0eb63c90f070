"""The named functions of an expression: few, total, three-valued."""

from typing import Final, TypeAlias

from rules.condition import (
    FALSE,
    AgeDays,
    Apply,
    Clock,
    Constant,
    ContainsAny,
    Missing,
    Named,
    StartsWith,
)
from rules.errors import did_you_mean
from rules.operand import Operand, Scope, expect, list_named, same_unit
from rules.tokens import Token, Unreadable

Argument: TypeAlias = Operand | Token
"""An operand, or the token of a `@list` or of `at`."""

FORMS: Final = {
    "abs": "abs(x)",
    "min": "min(x, y)",
    "max": "max(x, y)",
    "missing": "missing(name)",
    "contains_any": "contains_any(text, @list)",
    "starts_with": "starts_with(text, 'start')",
    "hour": "hour(at)",
    "weekday": "weekday(at)",
    "age_days": "age_days(since)",
}


def call(scope: Scope, name: Token, arguments: tuple[Argument, ...]) -> Operand:
    """Type a function call; raises `Unreadable` if it does not have its form."""
    operands = tuple([a for a in arguments if isinstance(a, Operand)])
    specials = tuple([a for a in arguments if isinstance(a, Token)])
    found: Operand | None = None
    match name.text, len(operands), [token.kind for token in specials]:
        case ("abs", 1, []):
            found = _number(scope, name, operands)
        case ("min" | "max", _, []) if len(operands) > 1:
            found = _number(scope, name, operands)
        case ("missing" | "starts_with" | "contains_any" | "age_days", _, _):
            found = _question(scope, name, operands, specials)
        case ("hour", 0, ["name"]):
            found = Operand(Clock("hour"), "number", name.offset, "hour")
        case ("weekday", 0, ["name"]):
            found = Operand(Clock("weekday"), "number", name.offset, "day")
        case _:
            pass
    if found is None:
        raise _wrong_form(name)
    return found


def _wrong_form(name: Token) -> Unreadable:
    form = FORMS.get(name.text)
    if form:
        return Unreadable(f"{name.text}(...) is used otherwise", name.offset, f"write {form}")
    hint = did_you_mean(name.text, FORMS) or f"known are {', '.join(FORMS.values())}"
    return Unreadable(f"unknown function {name.text[:60]!r}", name.offset, hint)


def _number(scope: Scope, name: Token, operands: tuple[Operand, ...]) -> Operand:
    nodes = tuple(expect(scope, o, "number", f"what {name.text} takes") for o in operands)
    unit = same_unit(scope, operands)
    return Operand(Apply(name.text, nodes), "number", name.offset, unit)  # type: ignore[arg-type] # abs, min, max


def _question(
    scope: Scope, name: Token, operands: tuple[Operand, ...], specials: tuple[Token, ...]
) -> Operand | None:
    match name.text, operands, specials:
        case "missing", (Operand(node=Named() as value),), ():
            return Operand(Missing(value), "flag", name.offset)
        case "missing", (Operand(type=None),), ():
            return Operand(FALSE, "flag", name.offset)
        case "contains_any", (text,), (Token(kind="list") as listed,):
            node = expect(scope, text, "text", "the first argument")
            asked = list_named(scope, listed.text, listed.offset)
            return Operand(ContainsAny(node, asked), "flag", name.offset)
        case "starts_with", (text, Operand(node=Constant(value=str(prefix)))), ():
            node = expect(scope, text, "text", "the first argument")
            return Operand(StartsWith(node, prefix), "flag", name.offset)
        case "age_days", (since,), ():
            node = expect(scope, since, "text", "what age_days takes")
            return Operand(AgeDays(node), "number", name.offset, "days")
        case _:
            return None
