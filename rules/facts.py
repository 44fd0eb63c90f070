"""Conditions -> what durable-rules is told: definitions in its JSON, and facts made of values.

The engine is safe with numbers it compares with constants, and with flags that are 1 or absent
(its traps with text, null, arithmetic and `not` are listed in the tests). So comparisons of a
number with a constant go to the engine, and everything else is answered here by generated code
and told to it as a flag. Properties have names made here: `n0` a number, `l0` and `h0` its
lowest and highest possible value, `a0` a flag.

A book is asked twice. What is *possibly* true is asked of facts in which an unknown number has
a low end and a high end beyond all constants, and an unknown flag is set; what is *surely*
true, of facts without them. `not` is pushed down to the leaves, where it changes the sign.
"""

from collections.abc import Callable, Mapping, Sequence
from sys import float_info
from typing import Any, Final, TypeAlias

import msgspec

from rules.condition import CONTRARY, And, Compare, Node, Not, Or, limit, walk
from rules.model import Book, Rule
from rules.source import Writer, compile_function
from rules.vocabulary import Scalar

Json: TypeAlias = dict[str, Any]
Facts: TypeAlias = Callable[[Mapping[str, Scalar], int], Json]

LARGEST: Final = 2**53
"""The engine compares greater whole numbers otherwise than Python does."""

MAX_PATHS: Final = 60
"""Ways to be true of all rules of one set: the engine's stack holds 64."""

MAX_PATHS_OF_RULE: Final = 16
"""A rule with more is answered as a whole by generated code."""

MAX_LEAVES: Final = 240
"""Leaves of one set, each of which needs at most one property: a fact may have 252."""

OPERATORS: Final = {"<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}

HEAD: Final = """\
def facts(values, at):
    get = values.get
"""


class Inexact(ValueError):
    """A whole number beyond 2**53 would be compared."""


class RuleSet(msgspec.Struct, frozen=True):
    """Some rules of a book in the engine's words. `rules` names them `r0`, `r1`, ..."""

    rules: Sequence[Rule]
    possibly: Json
    surely: Json
    possible_facts: Facts
    sure_facts: Facts


def rule_sets(book: Book) -> list[RuleSet]:
    """Divide the rules of a book that are not off into sets that the engine can hold."""
    sets: list[list[Rule]] = [[]]
    paths = leaves = 0
    for rule in book.rules.values():
        if rule.mode == "off":
            continue
        more_paths, more_leaves = _size(rule.condition, want=True)
        if more_paths > MAX_PATHS_OF_RULE:
            more_paths, more_leaves = 1, 1
        if paths + more_paths > MAX_PATHS or leaves + more_leaves > MAX_LEAVES:
            sets.append([])
            paths = leaves = 0
        sets[-1].append(rule)
        paths, leaves = paths + more_paths, leaves + more_leaves
    return [_rule_set(book, rules) for rules in sets if rules]


def _size(node: Node, *, want: bool) -> tuple[int, int]:
    """Count the ways in which a condition can be `want`, and its leaves."""
    if isinstance(node, Not):
        return _size(node.term, want=not want)
    if not isinstance(node, And | Or):
        return 1, 1
    paths, leaves = int(isinstance(node, And) is want), 0
    for term in node.terms:
        more, further = _size(term, want=want)
        paths = paths * more if isinstance(node, And) is want else paths + more
        leaves += further
    return paths, leaves


def _rule_set(book: Book, rules: Sequence[Rule]) -> RuleSet:
    possibly, surely = _Translator(book, sure=False), _Translator(book, sure=True)
    return RuleSet(
        rules=rules,
        possibly=possibly.definitions(rules),
        surely=surely.definitions(rules),
        possible_facts=possibly.facts(),
        sure_facts=surely.facts(),
    )


class _Translator:
    def __init__(self, book: Book, *, sure: bool) -> None:
        self._writer = Writer(book.lists)
        self._sure = sure
        self._numbers: dict[str, dict[str, str]] = {}
        self._beyond: float = 1
        self._flags: dict[str, str] = {}

    def definitions(self, rules: Sequence[Rule]) -> Json:
        """Write rules; each begins with `tx`, as one that only asks for absence never ends."""
        found = {}
        for number, rule in enumerate(rules):
            self._writer.use({name: param.value for name, param in rule.params.items()})
            paths, _ = _size(rule.condition, want=True)
            whole = paths > MAX_PATHS_OF_RULE
            test = (self._flag if whole else self._test)(rule.condition, want=True)
            found[f"r{number}"] = {"all": [{"m": {"$and": [{"tx": 1}, test]}}]}
        return found

    def facts(self) -> Facts:
        """Compile what makes facts for the definitions written so far."""
        lines = ['    found = {"id": "t", "tx": 1}']
        for slot, ends in self._numbers.items():
            lines += self._number_lines(slot, ends)
        for expression, name in self._flags.items():
            lines += [f"    if {expression}:", f'        found["{name}"] = 1']
        source = HEAD + self._writer.prelude() + "\n".join([*lines, "    return found\n"])
        beyond = min(self._beyond, float_info.max)
        constants = {**self._writer.constants, "exact": exact, "beyond": beyond}
        made: Facts = compile_function(source, "facts", constants)
        return made

    def _number_lines(self, slot: str, ends: Mapping[str, str]) -> list[str]:
        known = [f'        found["{name}"] = exact({slot})' for name in ends.values()]
        lines = [f"    if {slot} == {slot}:", *known]
        if self._sure:
            return lines
        signs = {"l": "-", "h": ""}
        beyond = [f'        found["{n}"] = {signs[end]}beyond' for end, n in ends.items()]
        return [*lines, "    else:", *beyond]

    def _test(self, node: Node, *, want: bool) -> Json:
        match node:
            case Not(term=term):
                return self._test(term, want=not want)
            case And() | Or():
                word = "$and" if isinstance(node, And) is want else "$or"
                told, lifted = _divided(node)
                tests = [self._test(term, want=want) for term in told]
                if lifted is not None:
                    tests.append(self._flag(lifted, want=want))
                return tests[0] if len(tests) == 1 else {word: tests}
            case Compare(type="number"):
                return self._compare(node, want=want)
            case _:
                return self._flag(node, want=want)

    def _compare(self, node: Compare, *, want: bool) -> Json:
        found = limit(node)
        if found is None or node.operator not in OPERATORS:
            return self._flag(node, want=want)
        value, sign, constant = found
        if not want:
            sign = CONTRARY[sign]
        number = exact(self._writer.fixed(constant))
        self._beyond = max(self._beyond, 2 * abs(number) + 1)
        slot = self._writer.slot(value.name, "number")
        end = "n" if self._sure else "l" if sign in ("<", "<=") else "h"
        name = self._numbers.setdefault(slot, {}).setdefault(end, end + slot[1:])
        return {OPERATORS[sign]: {name: number}}

    def _flag(self, node: Node, *, want: bool) -> Json:
        expression = (
            self._writer.surely(node, want=want)
            if self._sure
            else f"not ({self._writer.surely(node, want=not want)})"
        )
        return {self._flags.setdefault(expression, f"a{len(self._flags)}"): 1}


def _divided(node: And | Or) -> tuple[list[Node], Node | None]:
    """Terms for the engine, and all others as one: generated code answers them faster."""
    told: list[Node] = []
    lifted: list[Node] = []
    for term in node.terms:
        has_limit = any(_is_limit(part) for part in walk(term))
        (told if has_limit else lifted).append(term)
    return told, type(node)(tuple(lifted)) if lifted else None


def _is_limit(node: Node) -> bool:
    """Whether the engine compares it: an order, of a value and a constant."""
    return isinstance(node, Compare) and node.operator in OPERATORS and limit(node) is not None


def exact(number: float) -> float:
    """Pass a number on; raises `Inexact`."""
    if number.__class__ is int and not -LARGEST <= number <= LARGEST:
        raise Inexact("a whole number beyond 2**53")
    return number
