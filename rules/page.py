"""One file being read: typed takers that note each mistake with its place and go on.

After a mistake a taker returns a stand-in of the right type. Stand-ins never get out: whoever
reads a page raises `BookError` at its end if there is any mistake.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeAlias

from rules.calendar import micros, no_moment
from rules.document import Fields, Items, Leaf, Mark, Node, compose
from rules.errors import Mistake, did_you_mean
from rules.spelling import kind, trap
from rules.vocabulary import Scalar, Word

ABSENT: Final = Leaf(Mark(0, 0), "", plain=True, quote=None)
"""Stands for a required key that is absent; that is told once, nothing is told about it."""

NO_ADVICE: Final[Mapping[str, str]] = {}
Wrong: TypeAlias = Callable[[str, int, str], None]
"""Takes a cause, the offset in a text where it is, and a hint."""


class Page:
    """A file with its nodes. What is wrong with it is added to the `mistakes` handed in."""

    def __init__(self, file: str, raw: bytes, mistakes: list[Mistake]) -> None:
        self.file = file
        self.mistakes = mistakes
        root, self._lines, found = compose(file, raw)
        self.root: Node = root or ABSENT
        mistakes += found

    def wrong(self, place: Node | Mark, cause: str, hint: str = "") -> None:
        """Note a mistake at a node or a mark."""
        mark = place if isinstance(place, Mark) else place.mark
        if mark == ABSENT.mark:
            return
        source = self.quote(mark.line)
        self.mistakes.append(Mistake(self.file, mark.line, mark.column, cause, hint, source))

    def quote(self, line: int) -> str:
        """Give a line of the file as it stands there, '' if there is none."""
        return self._lines[line - 1] if line <= len(self._lines) else ""

    def fields(
        self,
        node: Node,
        what: str,
        required: Collection[str],
        optional: Collection[str] = (),
        advice: Mapping[str, str] = NO_ADVICE,
    ) -> dict[str, Node]:
        """Take a mapping with known keys; absent required ones and unknown ones are wrong.

        `advice` says of unknown keys that are likely what to write instead.
        """
        known = list(dict.fromkeys([*required, *optional]))
        found: dict[str, Node] = {}
        for key, (mark, value) in self.entries(node, what).items():
            if key in known:
                found[key] = value
            else:
                near = advice.get(key) or did_you_mean(key, known)
                hint = near or f"known are {', '.join(known)}"
                self.wrong(mark, f"{what} has no key {key!r}", hint)
        absent = [key for key in required if key not in found]
        if absent and isinstance(node, Fields):
            self.wrong(node, f"{what} needs {', '.join(absent)}")
        return found | dict.fromkeys(absent, ABSENT)

    def within(self, node: Node) -> Wrong:
        """Tell where mistakes inside a text (an expression, a template) go."""

        def wrong(cause: str, offset: int, hint: str) -> None:
            mark = node.place(offset) if isinstance(node, Leaf) else node.mark
            self.wrong(mark, cause, hint)

        return wrong

    def entries(self, node: Node, what: str) -> dict[str, tuple[Mark, Node]]:
        """Take a mapping with free keys: key -> (place of the key, value)."""
        if not isinstance(node, Fields):
            self.wrong(node, f"{what} must be a mapping (key: value)")
            return {}
        return {key: (field.mark, field.node) for key, field in node.fields.items()}

    def items(self, node: Node, what: str) -> tuple[Node, ...]:
        """Take a sequence."""
        if isinstance(node, Items):
            return node.items
        self.wrong(node, f"{what} must be a list ([a, b] or lines with -)")
        return ()

    def text(self, node: Node, what: str, longest: int = 300) -> str:
        """Take text that YAML cannot take for something else; never empty."""
        hint = "put text with {...} in quotes" if isinstance(node, Fields) else ""
        leaf = self._leaf(node, what, hint)
        if leaf is None:
            return ""
        if leaf.plain and kind(leaf.text) != "text":
            why = trap(leaf.text) or ("it is empty" if not leaf.text else "this is not text")
            self.wrong(leaf, f"{what} must be text; {why}", f"quote it: {leaf.text!r}")
        elif not 0 < len(leaf.text) <= longest:
            self.wrong(leaf, f"{what} must have 1 to {longest} characters")
        return leaf.text

    def name(self, node: Node, what: str, pattern: str, example: str) -> str:
        """Take text of a fixed form."""
        before = len(self.mistakes)
        text = self.text(node, what)
        if len(self.mistakes) == before and not re.fullmatch(pattern, text):
            self.wrong(node, f"{what} {text[:60]!r} does not look like {example}")
        return text

    def key(self, mark: Mark, key: str, what: str, pattern: str, example: str) -> None:
        """Check a free key's form."""
        self.name(Leaf(mark, key, plain=False, quote=0), what, pattern, example)

    def choice(self, node: Node, what: str, options: Collection[str]) -> str:
        """Take one of a closed set, bare or quoted (`mode: off` is meant as written)."""
        leaf = self._leaf(node, what)
        if leaf is None or leaf.text in options:
            return next(iter(options)) if leaf is None else leaf.text
        hint = did_you_mean(leaf.text, options) or f"one of {', '.join(options)}"
        self.wrong(leaf, f"{what} cannot be {leaf.text[:60]!r}", hint)
        return next(iter(options))

    def number(
        self, node: Node, what: str, low: float = -1e15, high: float = 1e15
    ) -> int | float:
        """Take a number written out in decimal digits, within bounds (inclusive)."""
        leaf = self._leaf(node, what)
        if leaf is None:
            return low
        if not leaf.plain or kind(leaf.text) != "number":
            why, hint = trap(leaf.text), "write it in plain digits"
            if not leaf.plain:
                why = "it is quoted"
            if not leaf.plain and kind(leaf.text) == "number":
                hint = f"write {leaf.text} without quotes"
            self.wrong(leaf, f"{what} must be a number" + (f"; {why}" if why else ""), hint)
            return low
        value = float(leaf.text) if "." in leaf.text else int(leaf.text)
        if not low <= value <= high:
            self.wrong(leaf, f"{what} must lie within {low:g} and {high:g}")
        return value

    def whole(self, node: Node, what: str, low: int, high: int) -> int:
        """Take a number without a fraction, within bounds (inclusive)."""
        value = self.number(node, what, low, high)
        if isinstance(value, float):
            self.wrong(node, f"{what} must be a whole number")
        return int(value)

    def flag(self, node: Node, what: str) -> bool:
        """Take `true` or `false`, nothing else."""
        leaf = self._leaf(node, what)
        if leaf is not None and not (leaf.plain and kind(leaf.text) == "flag"):
            self.wrong(leaf, f"{what} must be true or false", trap(leaf.text))
        return leaf is not None and leaf.text == "true"

    def moment(self, node: Node, what: str) -> int:
        """Take RFC 3339 with a zone -> microseconds UTC."""
        leaf = self._leaf(node, what)
        if leaf is None:
            return 0
        try:
            return micros(leaf.text)
        except ValueError:
            cause, hint = no_moment(leaf.text, "2026-10-01T00:00:00Z")
            self.wrong(leaf, f"{what} {cause}", hint)
            return 0

    def scalar(self, node: Node, what: str) -> Scalar:
        """Take a constant: its own form says whether it is a number, a flag or text."""
        if isinstance(node, Leaf) and node.plain:
            takers: Mapping[str, Callable[[Node, str], Scalar]] = {
                "number": self.number,
                "flag": self.flag,
            }
            is_meant = kind(node.text) == "trap" and "number" in trap(node.text)
            value = takers.get(kind(node.text), self.text)(node, what)
            return 0 if is_meant else value
        return self.text(node, what)

    def value(self, node: Node, what: str, word: Word) -> Scalar | None:
        """Take a value of the word's type; a bare `unknown` or `null` is None."""
        if isinstance(node, Leaf) and node.plain and node.text in ("unknown", "null", "~"):
            return None
        if word.type == "number":
            return self.number(node, what)
        return self.flag(node, what) if word.type == "flag" else self.text(node, what, 1000)

    def _leaf(self, node: Node, what: str, hint: str = "") -> Leaf | None:
        if isinstance(node, Leaf):
            return node
        self.wrong(node, f"{what} must be a single value", hint)
        return None
