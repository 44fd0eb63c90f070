"""Where a condition can be true, as far as that can be told without values.

A condition becomes a few boxes: each says of some values in which range or set they lie, and
what else must hold. An expression that is no comparison of one value with constants is kept as
it is and compared as it is written, so what is said here is always right, but not all that is
right is said.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from math import inf, nextafter
from typing import Final

import msgspec

from rules.condition import (
    CONTRARY,
    Among,
    And,
    Compare,
    Constant,
    Missing,
    Named,
    Node,
    Not,
    Or,
    limit,
)
from rules.model import Dossier
from rules.vocabulary import Scalar, Vocabulary
from rules.wording import fold
from rules.written import constant, written

MAX_BOXES: Final = 64


class Span(msgspec.Struct, frozen=True):
    """Numbers from `low` to `high`, both included; empty if they cross."""

    low: float = -inf
    high: float = inf

    def meets(self, other: "Span") -> "Span":
        """What lies in both."""
        return Span(max(self.low, other.low), min(self.high, other.high))

    @property
    def is_empty(self) -> bool:
        """Whether no number lies within."""
        return self.low > self.high

    def holds(self, other: "Span") -> bool:
        """Whether all of the other lies within."""
        return self.low <= other.low and other.high <= self.high


class Words(msgspec.Struct, frozen=True):
    """These constants only, or (if `others`) all but these."""

    options: frozenset[Scalar]
    others: bool = False

    def meets(self, other: "Words") -> "Words":
        """What lies in both."""
        if self.others and other.others:
            return Words(self.options | other.options, others=True)
        if self.others:
            return Words(other.options - self.options)
        if other.others:
            return Words(self.options - other.options)
        return Words(self.options & other.options)

    @property
    def is_empty(self) -> bool:
        """Whether nothing lies within."""
        return not self.others and not self.options

    def holds(self, other: "Words") -> bool:
        """Whether all of the other lies within."""
        return self.meets(other) == other


class Box(msgspec.Struct, frozen=True):
    """What must hold at the same time: of values by name, and of conditions as written."""

    spans: Mapping[str, Span] = {}
    words: Mapping[str, Words] = {}
    others: frozenset[tuple[str, bool]] = frozenset()
    """(condition, must it hold)."""

    missing: frozenset[str] = frozenset()
    """Values that must be unknown."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing can ever be in it."""
        known = {*self.spans, *self.words}
        return (
            any(span.is_empty for span in self.spans.values())
            or any(words.is_empty for words in self.words.values())
            or any((text, not truth) in self.others for text, truth in self.others)
            or bool(known & self.missing)
        )

    def meets(self, other: "Box") -> "Box":
        """What lies in both."""
        spans, words = dict(self.spans), dict(self.words)
        for name, span in other.spans.items():
            spans[name] = spans[name].meets(span) if name in spans else span
        for name, options in other.words.items():
            words[name] = words[name].meets(options) if name in words else options
        return Box(spans, words, self.others | other.others, self.missing | other.missing)

    def holds(self, other: "Box") -> bool:
        """Whether all of the other lies within."""
        return (
            self.others <= other.others
            and self.missing <= other.missing
            and all(n in other.spans and s.holds(other.spans[n]) for n, s in self.spans.items())
            and all(n in other.words and w.holds(other.words[n]) for n, w in self.words.items())
        )


Region = tuple[Box, ...]
"""The boxes in one of which a payment must lie; none: never."""


def region(rule: Dossier, words: Vocabulary) -> Region | None:
    """Find where the rule's condition can be true; None if it has too many cases to tell."""
    constants = {name: param.value for name, param in rule.params.items()}
    boxes = _Reader(constants, words).boxes(rule.condition, wanted=True)
    return None if boxes is None else tuple(box for box in boxes if not box.is_empty)


def meet(one: Region, other: Region) -> Iterator[Box]:
    """Yield where both can be true."""
    for a, b in product(one, other):
        both = a.meets(b)
        if not both.is_empty:
            yield both


def within(inner: Region, outer: Region) -> bool:
    """Whether every payment in the one lies in the other."""
    return all(any(box.holds(part) for box in outer) for part in inner)


class _Reader:
    def __init__(self, constants: Mapping[str, Scalar], words: Vocabulary) -> None:
        self._constants = constants
        self._words = words

    def boxes(self, node: Node, *, wanted: bool) -> Region | None:
        if isinstance(node, Not):
            return self.boxes(node.term, wanted=not wanted)
        if not isinstance(node, And | Or):
            return (self._leaf(node, wanted),)
        each = [self.boxes(term, wanted=wanted) for term in node.terms]
        found: Region = ()
        if isinstance(node, And) is wanted:
            found = (Box(),)
        for boxes in each:
            if boxes is None:
                return None
            joined = isinstance(node, And) is wanted
            found = tuple(meet(found, boxes)) if joined else found + boxes
            if len(found) > MAX_BOXES:
                return None
        return found

    def _leaf(self, node: Node, wanted: bool) -> Box:
        box: Box | None = None
        if isinstance(node, Named):
            box = Box(words={node.name: Words(frozenset((wanted,)))})
        elif isinstance(node, Missing) and wanted:
            box = Box(missing=frozenset((node.value.name,)))
        elif isinstance(node, Among) and isinstance(node.value, Named) and node.type == "text":
            options = frozenset(node.options)
            box = Box(words={node.value.name: Words(options, others=not wanted)})
        elif isinstance(node, Compare):
            box = self._compared(node, wanted)
        return box or Box(others=frozenset(((self._written(node), wanted),)))

    def _compared(self, node: Compare, wanted: bool) -> Box | None:
        found = limit(node)
        if found is None:
            return None
        named, sign, right = found
        sign = sign if wanted else CONTRARY[sign]
        value = right.value if isinstance(right, Constant) else self._constants[right.name]
        if node.type == "number":
            return self._numbered(named.name, sign, float(value))
        option = fold(value) if isinstance(value, str) else value
        return Box(words={named.name: Words(frozenset((option,)), others=sign == "!=")})

    def _numbered(self, name: str, sign: str, value: float) -> Box | None:
        spans = {
            "<": Span(high=nextafter(value, -inf)),
            "<=": Span(high=value),
            ">": Span(low=nextafter(value, inf)),
            ">=": Span(low=value),
            "==": Span(value, value),
        }
        if sign not in spans:
            return None
        word = self._words[name]
        bounds = Span(
            -inf if word.low is None else word.low, inf if word.high is None else word.high
        )
        return Box(spans={name: spans[sign].meets(bounds)})

    def _written(self, node: Node) -> str:
        """With constants in place of parameters, so that two rules can be compared."""
        text = written(node)
        for name in sorted(self._constants, key=len, reverse=True):
            text = text.replace(f"${name}", constant(self._constants[name]))
        return text
