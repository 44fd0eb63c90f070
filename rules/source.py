"""Conditions -> the source of Python expressions.

There is one question: is a condition *surely* true, or surely false? Unknown is neither, so a
rule holds if it is surely true, and is unknown if it is neither. `not` only turns the question
around, and what remains has no negation of unknown in it: a number is NaN and a text or flag is
None while it is unknown, and a comparison with those is false by itself.

The source holds numbers, and names made here (`f0` a value, `c0` a constant, `t0` a result that
is needed twice); no name and no text of a book.
"""

from collections.abc import Mapping
from sys import intern
from typing import Any, Final, Literal, TypeAlias

from rules.condition import (
    CONTRARY,
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
from rules.model import ALWAYS, Listing
from rules.totals import CALCULATIONS, FUNCTIONS
from rules.vocabulary import Scalar
from rules.wording import fold

Kind: TypeAlias = Literal["number", "flag", "text", "folded"]

GET: Final[Mapping[Kind, str]] = {
    "number": """\
    if {slot}.__class__ is float:
        if {slot} - {slot} != 0.0:
            {slot} = nan
    elif {slot}.__class__ is not int:
        {slot} = nan
""",
    "flag": "",
    "text": """\
    if {slot}.__class__ is not str:
        {slot} = None
""",
    "folded": """\
    {slot} = fold({slot}) if {slot}.__class__ is str else None
""",
}
"""What makes of any value one of the kind, or unknown (NaN for a number, None for a text).

Infinities are unknown. A flag is asked whether it is True and whether it is False, which
anything else is not.
"""


def compile_function(source: str, name: str, constants: Mapping[str, object]) -> Any:
    """Compile generated source and give its function `name`; it sees the `constants` only."""
    namespace: dict[str, Any] = {**FUNCTIONS, **constants, "__builtins__": {}}
    exec(compile(source, "<book>", "exec"), namespace)  # noqa: S102 # no text of a book is in it
    return namespace[name]


class Writer:
    """Writes the expressions of many conditions over common values and constants."""

    def __init__(self, lists: Mapping[str, Listing]) -> None:
        self.constants: dict[str, object] = {}
        self._lists = lists
        self._params: Mapping[str, Scalar] = {}
        self._slots: dict[tuple[str, Kind], str] = {}
        self._text_names: dict[str, str] = {}
        self._results = 0

    def use(self, params: Mapping[str, Scalar]) -> None:
        """Take the parameters of the conditions that follow."""
        self._params = params

    def constant(self, value: object) -> str:
        """Name a constant; equal texts share a name."""
        name = f"c{len(self.constants)}"
        if isinstance(value, str):
            name = self._text_names.setdefault(value, name)
        self.constants[name] = value
        return name

    def prelude(self) -> str:
        """Statements that put every value read by the conditions so far into its slot."""
        return "".join(
            [
                f"    {slot} = get({self.constant(intern(name))})\n"
                + GET[kind].format(slot=slot)
                for (name, kind), slot in self._slots.items()
            ]
        )

    def surely(self, node: Node, *, want: bool) -> str:
        """Write what is true if the condition is known to be `want`."""
        match node:
            case And(terms=terms) | Or(terms=terms):
                word = " and " if isinstance(node, And) is want else " or "
                return "(" + word.join([self.surely(term, want=want) for term in terms]) + ")"
            case Not(term=term):
                return self.surely(term, want=not want)
            case Constant() | Parameter():
                return str(self.fixed(node) is want)
            case _:
                yes, no = self._question(node)
                return yes if want else no

    def _question(self, node: Node) -> tuple[str, str]:
        """Write what is true if the answer is surely yes, and what if it is surely no."""
        match node:
            case Named(name=name):
                slot = self.slot(name, "flag")
                return f"{slot} is True", f"{slot} is False"
            case Missing(value=value):
                slot = self.slot(value.name, value.type)
                if value.type == "flag":
                    return (
                        f"({slot} is not True and {slot} is not False)",
                        f"({slot} is True or {slot} is False)",
                    )
                known = f"{slot} == {slot}" if value.type == "number" else f"{slot} is not None"
                return f"not {known}", known
            case Compare():
                return self._compare(node)
            case _:
                return self._membership(node)

    def _compare(self, node: Compare) -> tuple[str, str]:
        sign, contrary = node.operator, CONTRARY[node.operator]
        if node.type == "flag":
            if isinstance(node.left, Named) and isinstance(node.right, Constant | Parameter):
                slot = self.slot(node.left.name, "flag")
                wanted = self.fixed(node.right) is (sign == "==")
                return f"{slot} is {wanted}", f"{slot} is {not wanted}"
            same = f"same({self._truth(node.left)}, {self._truth(node.right)})"
            return f"{same} is {sign == '=='}", f"{same} is {sign != '=='}"
        if sign in ("==", "!="):
            left, known_left = self._known(node.left, node.type)
            right, known_right = self._known(node.right, node.type)
            known = known_left + known_right
            return f"{known}{left} {sign} {right}", f"{known}{left} {contrary} {right}"
        left, right = self._number(node.left), self._number(node.right)
        return f"{left} {sign} {right}", f"{left} {contrary} {right}"

    def _membership(self, node: Node) -> tuple[str, str]:
        match node:
            case Among(value=value, options=options, type=type_):
                operand, known = self._known(value, type_)
                found = f"{operand} in {self.constant(frozenset(options))}"
            case Listed(value=value, list=name):
                listing = self._lists[name]
                operand, known = self._known(value, "text", exact=listing.kind == "allow")
                found = f"at < {self.constant(listing.ends.get)}({operand}, {ALWAYS})"
            case ContainsAny(value=value, list=name):
                operand, known = self._known(value, "text")
                found = f"holds_any({operand}, {self.constant(self._lists[name].ends)}, at)"
            case _:
                assert isinstance(node, StartsWith)  # noqa: S101 # every other node has its case
                operand, known = self._known(node.value, "text")
                found = f"{operand}.startswith({self.constant(node.prefix)})"
        return f"{known}{found}", f"{known}not {found}"

    def _known(self, node: Node, type_: Type, *, exact: bool = False) -> tuple[str, str]:
        """Write an operand, and before it the test that it is known (with its `and`)."""
        if type_ == "text":
            text = self._text(node, exact=exact)
            return text, f"{text} is not None and " if isinstance(node, Named) else ""
        number = self._number(node)
        if isinstance(node, Named):
            return number, f"{number} == {number} and "
        if isinstance(node, Constant | Parameter):
            return number, ""
        self._results += 1
        result = f"t{self._results}"
        return result, f"({result} := {number}) == {result} and "

    def _text(self, node: Node, *, exact: bool) -> str:
        if isinstance(node, Named):
            return self.slot(node.name, "text" if exact else "folded")
        return self.constant(self.fixed(node) if exact else fold(self.fixed(node)))

    def _number(self, node: Node) -> str:
        match node:
            case Named(name=name):
                return self.slot(name, "number")
            case Arithmetic(operator=sign, left=left, right=right):
                return f"{CALCULATIONS[sign]}({self._number(left)}, {self._number(right)})"
            case Apply(function=function, arguments=arguments):
                return f"{function}({', '.join([self._number(a) for a in arguments])})"
            case Clock(part=part):
                return f"{part}(at)"
            case AgeDays(since=since):
                return f"age({self._text(since, exact=True)}, at)"
            case _:
                return f"({self.fixed(node)!r})"

    def _truth(self, node: Node) -> str:
        """Write a condition as a value: True, False or None."""
        match node:
            case And(terms=terms) | Or(terms=terms):
                joined = "every" if isinstance(node, And) else "some"
                return f"{joined}({', '.join([self._truth(term) for term in terms])})"
            case Not(term=term):
                return f"opposite({self._truth(term)})"
            case Named():
                yes, no = self._question(node)
                return f"(True if {yes} else False if {no} else None)"
            case Constant() | Parameter():
                return str(self.fixed(node))
            case Compare(type="flag", operator=sign, left=left, right=right):
                same = f"same({self._truth(left)}, {self._truth(right)})"
                return same if sign == "==" else f"opposite({same})"
            case _:
                yes, no = self._question(node)
                return f"(True if {yes} else False if {no} else None)"

    def slot(self, name: str, kind: Kind) -> str:
        """Name the place of a value."""
        return self._slots.setdefault((name, kind), f"f{len(self._slots)}")

    def fixed(self, node: Node) -> Any:
        """Give the value of a constant or parameter."""
        if isinstance(node, Parameter):
            return self._params[node.name]
        assert isinstance(node, Constant)  # noqa: S101 # every other node has its case
        return node.value
