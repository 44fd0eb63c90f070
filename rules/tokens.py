"""An expression's text -> tokens, each with its place."""

import re
from typing import Final, Literal, TypeAlias

import msgspec

MAX_CHARACTERS: Final = 2000
MAX_TOKENS: Final = 250

Kind: TypeAlias = Literal["number", "string", "name", "param", "list", "symbol", "end"]

_TOKEN: Final = re.compile(
    r"""
    (?P<number>(?:0|[1-9][0-9]{0,16})(?:\.[0-9]{1,17})?(?![0-9A-Za-z_.]))
  | '(?P<string>[^'\\\n]*)'
  | "(?P<string2>[^"\\\n]*)"
  | \$(?P<param>[a-z][a-z0-9_]*)
  | @(?P<list>[a-z][a-z0-9_]*)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
  | (?P<symbol><=|>=|==|!=|[-+*/<>(),])
    """,
    re.VERBOSE,
)
_GROUPED: Final = re.compile(r"(?<![0-9.])[1-9][0-9]{0,2}(,[0-9]{3})+(?![0-9])")
_CAUSES: Final = {
    "=": ("'=' compares nothing", "write =="),
    "!": ("'!' is not known", "write not"),
    "&": ("'&' is not known", "write and"),
    "|": ("'|' is not known", "write or"),
    "'": ("the text is not closed", "text stands between two '"),
    '"': ("the text is not closed", 'text stands between two "'),
    "%": ("'%' is not known", "write 0.05 for 5 %"),
}


class Token(msgspec.Struct, frozen=True):
    """`offset` counts characters from the start of the expression, from 0."""

    kind: Kind
    text: str
    offset: int


class Unreadable(Exception):
    """The expression cannot be read on from here."""

    def __init__(self, cause: str, offset: int, hint: str = "") -> None:
        super().__init__(cause)
        self.cause, self.offset, self.hint = cause, offset, hint


def tokenise(text: str) -> list[Token]:
    """All tokens and an end; raises `Unreadable`."""
    if len(text) > MAX_CHARACTERS:
        raise Unreadable(f"longer than {MAX_CHARACTERS} characters", 0)
    tokens: list[Token] = []
    offset = 0
    while offset < len(text):
        if text[offset].isspace():
            offset += 1
            continue
        tokens.append(_token(text, offset))
        if len(tokens) > MAX_TOKENS:
            raise Unreadable(f"more than {MAX_TOKENS} words", offset, "use all: and any:")
        offset = _TOKEN.match(text, offset).end()  # type: ignore[union-attr] # it matched above
    return [*tokens, Token("end", "", len(text))]


def ungrouped(text: str, offset: int) -> str:
    """Say how a number with commas is written, if one stands there; else ''."""
    for found in _GROUPED.finditer(text):
        if found.start() < offset < found.end():
            return f"write {found[0].replace(',', '')}"
    return ""


def _token(text: str, offset: int) -> Token:
    found = _TOKEN.match(text, offset)
    if found is None:
        character = text[offset]
        if character.isdigit():
            hint = ungrouped(text, offset) or "write plain digits: 1500 or 0.5"
            raise Unreadable("no number that is read here", offset, hint)
        cause, hint = _CAUSES.get(character, (f"{character!r} is not known here", ""))
        raise Unreadable(cause, offset, hint)
    kind = found.lastgroup or ""
    word = found[kind]
    return Token("string" if kind == "string2" else kind, word, offset)  # type: ignore[arg-type] # the groups are the kinds
