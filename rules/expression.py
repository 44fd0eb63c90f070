"""One-line expressions -> the condition tree, typed against the vocabulary.

    or        := and ('or' and)*
    and       := not ('and' not)*
    not       := 'not' not | test
    test      := sum ((< <= > >= == !=) sum)*  |  sum ['not'] 'in' (@list | '(' constants ')')
    sum       := product (('+' | '-') product)*
    product   := unary (('*' | '/') unary)*
    unary     := '-' unary | atom
    atom      := number | 'text' | true | false | name | $param | function(...) | '(' or ')'

Nothing is ever evaluated from text; length, words and depth are bounded.
"""

from typing import Final, cast

from rules.condition import FALSE, And, Arithmetic, Constant, Listed, Node, Not, Or
from rules.errors import did_you_mean
from rules.functions import Argument, call
from rules.operand import (
    COMPARATORS,
    Operand,
    Scope,
    Sign,
    among,
    arithmetic,
    chain,
    constant,
    expect,
    list_named,
    named,
    parameter,
    unquoted,
)
from rules.tokens import Kind, Token, Unreadable, tokenise, ungrouped

MAX_DEPTH: Final = 24
JOINERS: Final = ("and", "or", "in", "not")


def read_expression(text: str, scope: Scope) -> Node:
    """Read a condition; if anything goes to `scope.wrong`, the result is of no use."""
    try:
        return _Reader(text, scope).condition()
    except Unreadable as error:
        scope.wrong(error.cause, error.offset, error.hint)
        return FALSE


class _Reader:
    def __init__(self, text: str, scope: Scope) -> None:
        self._text = text
        self._tokens = tokenise(text)
        self._scope = scope
        self._next = 0
        self._depth = 0

    def condition(self) -> Node:
        """Read the whole expression, which must be true, false or unknown."""
        whole = self._or()
        if self._token.kind != "end":
            raise self._unexpected()
        return expect(self._scope, whole, "flag", "a condition")

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        self._next += 1
        return token

    def _taken(self, kind: Kind, *texts: str) -> Token | None:
        if self._token.kind == kind and self._token.text in texts:
            return self._take()
        return None

    def _demand(self, text: str) -> None:
        if not self._taken("symbol", text):
            raise self._unexpected(f"{text!r} is missing here")

    def _unexpected(self, cause: str = "") -> Unreadable:
        token = self._token
        if token.kind == "end":
            return Unreadable(cause or "the expression ends too early", token.offset)
        near = did_you_mean(token.text, JOINERS) if token.kind == "name" else ""
        if token.text == ",":
            near = ungrouped(self._text, token.offset)
        return Unreadable(
            cause or f"{token.text[:60]!r} is not expected here", token.offset, near
        )

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            cause = f"nested deeper than {MAX_DEPTH} levels"
            raise Unreadable(cause, self._token.offset, "use all: and any:")

    def _or(self) -> Operand:
        self._deeper()
        terms = [self._and()]
        while self._taken("name", "or"):
            terms.append(self._and())
        self._depth -= 1
        return self._joined(Or, terms, "or")

    def _and(self) -> Operand:
        terms = [self._not()]
        while self._taken("name", "and"):
            terms.append(self._not())
        return self._joined(And, terms, "and")

    def _joined(self, kind: type[And | Or], terms: list[Operand], word: str) -> Operand:
        if len(terms) == 1:
            return terms[0]
        nodes = tuple(expect(self._scope, term, "flag", f"a side of {word}") for term in terms)
        return Operand(kind(nodes), "flag", terms[0].offset)

    def _not(self) -> Operand:
        sign = self._taken("name", "not")
        if sign is None:
            return self._test()
        self._deeper()
        term = expect(self._scope, self._not(), "flag", "what follows not")
        self._depth -= 1
        return Operand(Not(term), "flag", sign.offset)

    def _test(self) -> Operand:
        left = self._sum()
        negated = self._taken("name", "not")
        if self._taken("name", "in"):
            member = self._member(left)
            return Operand(Not(member.node), "flag", left.offset) if negated else member
        if negated:
            raise self._unexpected("'in' is missing here")
        operands, signs = [left], []
        while self._token.kind == "symbol" and self._token.text in COMPARATORS:
            sign = self._take()
            signs.append((sign.text, sign.offset))
            operands.append(self._beside(left))
        return chain(self._scope, tuple(operands), tuple(signs)) if signs else left

    def _beside(self, value: Operand) -> Operand:
        """Read what is compared with a value: beside text a word without quotes is no name."""
        token, after = self._token, self._tokens[min(self._next + 1, len(self._tokens) - 1)]
        known = {"true", "false", *JOINERS, *self._scope.words}
        bare = token.kind == "name" and token.text not in known and after.text != "("
        if value.type == "text" and bare and not self._scope.against(token.text):
            return unquoted(self._scope, self._take().text, token.offset)
        return self._sum()

    def _member(self, value: Operand) -> Operand:
        if self._token.kind == "list":
            token = self._take()
            name = list_named(self._scope, token.text, token.offset)
            node = expect(self._scope, value, "text", "what is looked up in a list")
            return Operand(Listed(node, name), "flag", value.offset)
        self._demand("(")
        return among(self._scope, value, self._options(value))

    def _options(self, value: Operand) -> tuple[Operand, ...]:
        found = [self._beside(value)]
        while self._taken("symbol", ","):
            found.append(self._beside(value))
        self._demand(")")
        return tuple(found)

    def _sum(self) -> Operand:
        left = self._product()
        while sign := self._taken("symbol", "+", "-"):
            left = arithmetic(self._scope, _sign(sign), left, self._product())
        return left

    def _product(self) -> Operand:
        left = self._unary()
        while sign := self._taken("symbol", "*", "/"):
            left = arithmetic(self._scope, _sign(sign), left, self._unary())
        return left

    def _unary(self) -> Operand:
        minus = self._taken("symbol", "-")
        if minus is None:
            return self._atom()
        self._deeper()
        below = self._unary()
        self._depth -= 1
        if isinstance(below.node, Constant) and below.type == "number":
            return constant(-below.node.value, minus.offset)  # type: ignore[operator] # a number
        node = expect(self._scope, below, "number", "what follows -")
        return Operand(Arithmetic("-", Constant(0), node), "number", minus.offset, below.unit)

    def _atom(self) -> Operand:
        token = self._token
        if token.kind in ("symbol", "end", "list") or (
            token.kind == "name" and token.text in JOINERS
        ):
            return self._bracket()
        self._take()
        if token.kind == "number":
            number = float(token.text) if "." in token.text else int(token.text)
            return constant(number, token.offset, token.text)
        if token.kind == "string":
            return constant(token.text, token.offset, token.text)
        if token.kind == "param":
            return parameter(self._scope, token.text, token.offset)
        return self._named(token)

    def _bracket(self) -> Operand:
        if not self._taken("symbol", "("):
            raise self._unexpected()
        inside = self._or()
        self._demand(")")
        return inside

    def _named(self, token: Token) -> Operand:
        if token.text in ("true", "false"):
            return constant(token.text == "true", token.offset)
        if not self._taken("symbol", "("):
            return named(self._scope, token.text, token.offset)
        return call(self._scope, token, self._call_arguments())

    def _call_arguments(self) -> tuple[Argument, ...]:
        found: list[Argument] = []
        while not self._taken("symbol", ")"):
            if found and not self._taken("symbol", ","):
                raise self._unexpected("',' or ')' is missing here")
            at = self._token.kind == "name" and self._token.text == "at"
            special = at or self._token.kind == "list"
            found.append(self._take() if special else self._sum())
        return tuple(found)


def _sign(token: Token) -> Sign:
    return cast("Sign", token.text)
