"""Reason texts: parsed when the book is read, filled in with known values.

    "{payer_count_10m} payments in 10 minutes, at most {$most} expected; {amount:.2f} in all"

Only names, `$params` and the formats below stand in braces; `{{` and `}}` are braces.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from rules.errors import did_you_mean
from rules.vocabulary import Scalar, Vocabulary
from rules.wording import clean

FORMATS: Final = frozenset(("d", ".0f", ".1f", ".2f", ".3f", ",d", ",.0f", ",.2f"))
UNKNOWN: Final = "unknown"
_PIECE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")

Wrong: TypeAlias = Callable[[str, int, str], None]


class Slot(msgspec.Struct, frozen=True):
    """A place for a value; `format` is one of `FORMATS` or empty."""

    name: str
    format: str = ""


Template: TypeAlias = tuple[str | Slot, ...]


def read_template(
    text: str, words: Vocabulary, params: Mapping[str, Scalar], wrong: Wrong
) -> Template:
    """Parse a text; each mistake goes to `wrong(cause, offset, hint)`."""
    pieces: list[str | Slot] = []
    start = 0
    for found in _PIECE.finditer(text):
        pieces.append(text[start : found.start()])
        start = found.end()
        inside = found[1]
        if inside is not None:
            pieces.append(_slot(inside, found.start(), words, params, wrong))
        elif found[0] in ("{{", "}}"):
            pieces.append(found[0][0])
        else:
            wrong("a lone brace", found.start(), "write {{ or }} for a brace")
    pieces.append(text[start:])
    return tuple(piece for piece in pieces if piece != "")


def _slot(
    inside: str, offset: int, words: Vocabulary, params: Mapping[str, Scalar], wrong: Wrong
) -> str | Slot:
    name, _, format_ = inside.partition(":")
    if format_ and format_ not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        wrong(f"unknown format {format_[:20]!r}", offset, f"one of {known}")
        return ""
    if name.startswith("$"):
        if name[1:] not in params:
            wrong(f"unknown parameter {name[:60]}", offset, did_you_mean(name[1:], params))
            return ""
        return show(params[name[1:]], format_)
    word = words.get(name)
    if word is None:
        wrong(f"unknown value {name[:60]!r}", offset, did_you_mean(name, words))
    elif format_ and word.type != "number":
        wrong(f"{name} is {word.type}; only numbers have a format", offset, "")
    return Slot(name, format_)


def fill(template: Template, values: Mapping[str, Scalar]) -> str:
    """Write the text with the values in it; never raises, whatever the values are."""
    return "".join(
        [p if isinstance(p, str) else show(values.get(p.name), p.format) for p in template]
    )


def show(value: Scalar | None, format_: str = "") -> str:
    """Write one value as people read it; text is cleaned and shortened."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return clean(value)
    if not -1e18 < value < 1e18:  # also NaN, which no comparison holds for
        return UNKNOWN
    if not format_:
        format_ = "d" if value == int(value) else ".2f"
    return format(value, format_.replace("d", ".0f"))
