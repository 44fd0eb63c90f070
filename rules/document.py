"""The door to YAML: bytes -> nodes that know their line and column.

PyYAML only splits the text into events; what a scalar *means* is decided by whoever expects it
(`rules.page`), because YAML's own guesses (`NO` is false, `010` is 8) are traps. Anchors,
aliases, tags, duplicate keys, deep nesting and large files are refused.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import msgspec
import yaml

from rules.errors import Mistake

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 24
_BRACED: Final = re.compile(r"(: |- )\{[^{}]*\} *[^ ,}]")
"""Braces at the begin of a text: YAML takes them for a mapping."""

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Mark(msgspec.Struct, frozen=True):
    """A place in a file, counted from 1."""

    line: int
    column: int


class Leaf(msgspec.Struct, frozen=True):
    """A scalar as written. `quote` is 0 for plain, 1 for quoted, None if not on one line."""

    mark: Mark
    text: str
    plain: bool
    quote: int | None

    def place(self, offset: int) -> Mark:
        """Where the character `offset` of the text stands (the start if it cannot be told)."""
        if self.quote is None:
            return self.mark
        return Mark(self.mark.line, self.mark.column + self.quote + offset)


class Items(msgspec.Struct, frozen=True):
    """A sequence."""

    mark: Mark
    items: tuple["Node", ...]


class Field(msgspec.Struct, frozen=True):
    """A key's place and its value."""

    mark: Mark
    node: "Node"


class Fields(msgspec.Struct, frozen=True):
    """A mapping; keys are text as written."""

    mark: Mark
    fields: dict[str, Field]


Node: TypeAlias = Leaf | Items | Fields


def compose(file: str, raw: bytes) -> tuple[Node | None, list[str], list[Mistake]]:
    """Bytes -> the root node, the lines of the file, and the mistakes found on the way."""
    if len(raw) > MAX_BYTES:
        return None, [], [Mistake(file, 1, 1, f"longer than {MAX_BYTES} bytes")]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, [], [Mistake(file, 1, 1, f"no UTF-8 text (byte {error.start})")]
    composer = _Composer(file, text)
    return composer.root(), composer.lines, composer.mistakes


class _Composer:
    def __init__(self, file: str, text: str) -> None:
        self.lines = text.split("\n")
        self.mistakes: list[Mistake] = []
        self._file = file
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_Loader))

    def root(self) -> Node | None:
        """Compose the one document of the file; None if it cannot be read to its end."""
        try:
            next(self._events)
            if isinstance(next(self._events), yaml.StreamEndEvent):
                self._wrong(Mark(1, 1), "the file is empty")
                return None
            node = self._node(next(self._events), 0)
            next(self._events)
            after = next(self._events)
        except _TooDeep as deep:
            self._wrong(deep.mark, f"nested deeper than {MAX_DEPTH} levels")
            return None
        except (yaml.YAMLError, ValueError) as error:
            self._refuse(error)
            return None
        if not isinstance(after, yaml.StreamEndEvent):
            self._wrong(_mark(after), "a second document; one file is one document")
        return node

    def _node(self, event: Any, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise _TooDeep(_mark(event))
        if getattr(event, "anchor", None) is not None:
            self._wrong(
                _mark(event), "anchors (&) and aliases (*) are not read", "write it out"
            )
        if getattr(event, "tag", None) not in (None, "!"):
            self._wrong(_mark(event), "tags (!) are not read", "leave it out")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._items(event, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._fields(event, depth)
        return self._leaf(event)

    def _leaf(self, event: Any) -> Leaf:
        if isinstance(event, yaml.AliasEvent):
            return Leaf(_mark(event), "", plain=True, quote=None)
        plain = not event.style
        one_line = event.start_mark.line == event.end_mark.line and event.style not in (
            "|",
            ">",
        )
        quote = (0 if plain else 1) if one_line else None
        return Leaf(_mark(event), event.value, plain, quote)

    def _items(self, start: Any, depth: int) -> Items:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Items(_mark(start), tuple(items))

    def _fields(self, start: Any, depth: int) -> Fields:
        fields: dict[str, Field] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, Leaf):
                self._wrong(key.mark, "a key must be one word")
            elif key.text in fields:
                first = fields[key.text].mark.line
                self._wrong(
                    key.mark, f"key {key.text!r} stands here twice (first in line {first})"
                )
            else:
                fields[key.text] = Field(key.mark, value)
        return Fields(_mark(start), fields)

    def _refuse(self, error: Exception) -> None:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "a character that YAML does not allow"
        place = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
        hint = _advice(problem, self._source(place.line), place.column)
        self._wrong(place, f"not readable as YAML: {problem}", hint)

    def _source(self, line: int) -> str:
        return self.lines[line - 1] if line <= len(self.lines) else ""

    def _wrong(self, mark: Mark, cause: str, hint: str = "") -> None:
        source = self._source(mark.line)
        self.mistakes.append(Mistake(self._file, mark.line, mark.column, cause, hint, source))


class _TooDeep(Exception):
    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark


def _advice(problem: str, source: str, column: int) -> str:
    """Guess what stands at the place where a file cannot be read on."""
    sign = source[column - 1 : column]
    if "mapping values" in problem:
        return "put text that holds ': ' or ' #' in quotes"
    if sign == "\t" or "tab" in problem:
        return "indent by spaces, not by tabs"
    if sign in ("@", "%", "`"):
        return f"put text that begins with {sign} in quotes"
    return "put text with {...} in quotes" if _BRACED.search(source) else ""


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)
