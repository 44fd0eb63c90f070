"""The generated twin of `rules.reach`: one function for all rules, for the hot path.

What most rules ask of a movable value, a comparison with a constant and a flag, is written out;
what is rarer is asked of the oracle's closures. Equal to the oracle, which the tests show.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Final

from rules.bounds import AND, NOT, OR, Bounds, Mask, mask_of_all
from rules.closures import Values
from rules.condition import And, Comparator, Compare, Named, Node, Not, Or, limit
from rules.model import ALWAYS, FOREVER, Dossier, Listing
from rules.reach import Found, MaskCompiler
from rules.source import GET, Writer, compile_function
from rules.vocabulary import Scalar

HEAD: Final = """\
def possible(values, bounds, at):
    get = values.get
    bound = bounds.get
    found = []
"""
NUMBER: Final = """\
    low{n} = bound({name})
    if low{n} is None:
        low{n} = get({name})
{typed}\
        high{n} = low{n}
    else:
        high{n} = low{n}.high
        low{n} = low{n}.low
"""
FLAG: Final = """\
    mask{n} = bound({name})
    if mask{n} is None:
        mask{n} = get({name})
        mask{n} = 1 if mask{n} is True else 2 if mask{n} is False else 4
    else:
        mask{n} = choice(mask{n}.members)
"""
RULE: Final = """\
    if {dates}not ({surely_false}):
        mask = {mask}
        if mask != 2:
            found.append(({rule}, mask))
"""
FOOT: Final = """\
    return found
"""
# True and false are 1 and 0; both false is what NaN, an unknown number, comes to.
COMPARE: Final[Mapping[Comparator, str]] = {
    "<": "(({low} < {limit}) | ({high} >= {limit}) << 1 or 4)",
    "<=": "(({low} <= {limit}) | ({high} > {limit}) << 1 or 4)",
    ">": "(({high} > {limit}) | ({low} <= {limit}) << 1 or 4)",
    ">=": "(({high} >= {limit}) | ({low} < {limit}) << 1 or 4)",
    "==": "(({low} <= {limit} <= {high}) | ({low} < {limit} or {high} > {limit}) << 1 or 4)",
    "!=": "(({low} < {limit} or {high} > {limit}) | ({low} <= {limit} <= {high}) << 1 or 4)",
}


class Possible:
    """Compiles rules; `moving` are the names that may have bounds. Immutable."""

    def __init__(
        self,
        rules: Sequence[Dossier],
        lists: Mapping[str, Listing],
        moving: frozenset[str],
    ) -> None:
        writer = _Writer(lists, moving)
        written = "".join([writer.rule(rule) for rule in rules])
        source = HEAD + writer.prelude() + written + FOOT
        known: dict[str, object] = {"AND": AND, "OR": OR, "NOT": NOT, "choice": mask_of_all}
        known |= {"all_of": _all_of, "any_of": _any_of}
        self._possible = compile_function(source, "possible", known | writer.constants)

    def possible(self, values: Values, bounds: Bounds, at: int) -> Found:
        """See `rules.reach.ReachTree`."""
        found: Found = self._possible(values, bounds, at)
        return found


class _Writer:
    def __init__(self, lists: Mapping[str, Listing], moving: frozenset[str]) -> None:
        self._lists = lists
        self._moving = moving
        self._still = Writer(lists)
        self._numbers: dict[str, int] = {}
        self._flags: dict[str, int] = {}
        self._params: Mapping[str, Scalar] = {}

    @property
    def constants(self) -> dict[str, object]:
        return self._still.constants

    def rule(self, rule: Dossier) -> str:
        self._params = {name: param.value for name, param in rule.params.items()}
        self._still.use(self._params)
        self._compiler = MaskCompiler(rule, self._lists, self._moving)
        start, end = rule.window.start, rule.window.end
        limited = (start, end) != (ALWAYS, FOREVER)
        return RULE.format(
            dates=f"{start} <= at < {end} and " if limited else "",
            surely_false=self._surely_false(rule.condition),
            mask=self.mask(rule.condition),
            rule=self._still.constant(rule),
        )

    def prelude(self) -> str:
        lines = [self._still.prelude()]
        for name, n in self._numbers.items():
            typed = GET["number"].format(slot=f"low{n}").replace("    ", "        ")
            named = self._still.constant(name)
            lines.append(NUMBER.format(n=n, name=named, typed=typed))
        for name, n in self._flags.items():
            lines.append(FLAG.format(n=n, name=self._still.constant(name)))
        return "".join(lines)

    def _surely_false(self, node: Node) -> str:
        """Write what is true if the parts that do not move make the whole false."""
        if not self._compiler.moves(node):
            return self._still.surely(node, want=False)
        if isinstance(node, And):
            parts = [self._surely_false(term) for term in node.terms]
            return " or ".join([part for part in parts if part != "False"]) or "False"
        return "False"

    def mask(self, node: Node) -> str:
        """Write the mask of a node."""
        if not self._compiler.moves(node):
            yes, no = (self._still.surely(node, want=want) for want in (True, False))
            return f"(1 if {yes} else 2 if {no} else 4)"
        written = ""
        match node:
            case And(terms=terms) | Or(terms=terms):
                written = self._joined(node, terms)
            case Not(term=term):
                written = f"NOT[{self.mask(term)}]"
            case Named(name=name):
                written = f"mask{self._flags.setdefault(name, len(self._flags))}"
            case Compare(type="number"):
                written = self._compared(node)
            case _:
                pass
        return written or self._rare(node)

    def _compared(self, node: Compare) -> str:
        """Write the comparison of a value with a constant; "" for any other one."""
        found = limit(node)
        if found is None:
            return ""
        named, sign, constant = found
        n = self._numbers.setdefault(named.name, len(self._numbers))
        number = f"({self._still.fixed(constant)!r})"
        return COMPARE[sign].format(low=f"low{n}", high=f"high{n}", limit=number)

    def _rare(self, node: Node) -> str:
        return f"{self._still.constant(self._compiler.mask(node))}(values, bounds, at)"

    def _joined(self, node: And | Or, terms: Sequence[Node]) -> str:
        """Write what joins terms; those that do not move first, as they may settle it."""
        still = tuple([term for term in terms if not self._compiler.moves(term)])
        masks = [self.mask(term) for term in terms if self._compiler.moves(term)]
        moved = masks[0]
        if len(masks) > 1:
            moved = f"{'all_of' if isinstance(node, And) else 'any_of'}({', '.join(masks)})"
        if not still:
            return moved
        whole = type(node)(still)
        settled = self._still.surely(whole, want=isinstance(node, Or))
        other = self._still.surely(whole, want=isinstance(node, And))
        if isinstance(node, And):
            return f"(2 if {settled} else AND[1 if {other} else 4][{moved}])"
        return f"(1 if {settled} else OR[2 if {other} else 4][{moved}])"


def _all_of(*masks: Mask) -> Mask:
    return reduce(lambda one, other: AND[one][other], masks)


def _any_of(*masks: Mask) -> Mask:
    return reduce(lambda one, other: OR[one][other], masks)
