"""Plain text: one spelling for what looks the same, nothing that cannot be seen.

NFKC, decimal digits of every script, lookalike letters in mixed words, invisible and control
characters, white space, length. What was hidden is counted: hiding is itself a sign.
"""

import re
import unicodedata
from functools import cache
from importlib import resources
from typing import Final

import msgspec

MAX_LENGTH: Final = 1000
"""Code points that are read of a memo; payment schemes carry 35 to 1000."""

_RAW_LENGTH: Final = 4 * MAX_LENGTH  # bounds the work; invisible characters may stand between

# Format, private, unassigned, surrogate and control characters, and fillers that look empty.
_INVISIBLE_CATEGORIES: Final = frozenset({"Cf", "Co", "Cn", "Cs", "Cc"})
_FILLERS: Final = frozenset("\u034f\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5")
_BIDI: Final = "\u202a-\u202e\u2066-\u2069"
_TAGS: Final = "\U000e0000-\U000e007f"
_ZERO_WIDTH: Final = "\u200b-\u200f\u2060-\u2064\ufeff\u034f\u3164\u2800"
# Emoji join by zero-width joiners and Persian words by non-joiners: only what no honest text
# holds counts as hiding.
_HIDING: Final = re.compile(
    f"[{_BIDI}{_TAGS}]+|(?<=[A-Za-z0-9])[{_ZERO_WIDTH}]+(?=[A-Za-z0-9])"
)
# Western and central European letters that no step below would change: the common case.
_LATIN: Final = re.compile("[\x20-\x7e£§«»°€À-İĴ-ľŁ-ňŊ-ž]*")
_WORD: Final = re.compile(r"[^\W\d_]+")
_STACKED: Final = re.compile(r"([\u0300-\u036f]{2})[\u0300-\u036f]+")


class Plain(msgspec.Struct, frozen=True, gc=False):
    """A normalised memo.

    `hidden` counts places where something was concealed: invisible characters inside words,
    text direction overrides, tags, words of mixed scripts. `cut` tells that there was more.
    """

    text: str
    hidden: int = 0
    cut: bool = False


def normalise(memo: str) -> Plain:
    """Make a memo plain. Total: every string has a plain form; a plain text stays as it is."""
    raw = memo[:_RAW_LENGTH]
    hidden = 0
    if not raw.isascii() and not _LATIN.fullmatch(raw):
        raw, hidden = _fold_unicode(raw)
    if not raw.isprintable():
        raw = "".join([sign if sign.isprintable() else " " for sign in raw])
    text = " ".join(raw.split())
    cut = len(memo) > _RAW_LENGTH or len(text) > MAX_LENGTH
    return Plain(text[:MAX_LENGTH].rstrip(), hidden, cut)


def _fold_unicode(raw: str) -> tuple[str, int]:
    hidden = len(_HIDING.findall(raw))
    # Seen twice, because composing may bring forth what is to be taken out.
    apart = unicodedata.normalize("NFKD", "".join(map(_seen, raw)))
    whole = unicodedata.normalize("NFKC", _STACKED.sub(r"\1", apart))
    text, mixed = _fold_lookalikes("".join(map(_seen, whole)))
    return text, hidden + mixed


def _seen(sign: str) -> str:
    if sign.isascii():
        return sign
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category in _INVISIBLE_CATEGORIES or sign in _FILLERS or _is_selector(sign):
        return ""
    return " " if category in ("Zs", "Zl", "Zp") else sign


def _is_selector(sign: str) -> bool:
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"


def _fold_lookalikes(text: str) -> tuple[str, int]:
    """Make lookalike words ASCII, and count the words that mixed scripts.

    A word with ASCII letters in it always folds; a word of lookalikes alone only if no letter
    of the text really is of another script, so that Russian stays Russian.
    """
    table = lookalikes()
    foreign = any(_is_other(sign) and sign not in table for sign in text)
    mixed = 0

    def fold(match: re.Match[str]) -> str:
        nonlocal mixed
        word = match[0]
        alike = [sign for sign in word if sign in table]
        ascii_too = any(sign.isascii() for sign in word)
        if not alike or (foreign and not ascii_too):
            return word
        mixed += ascii_too and any(_is_other(sign) for sign in alike)
        return "".join([table.get(sign, sign) for sign in word])

    return _WORD.sub(fold, text), mixed


def _is_other(sign: str) -> bool:
    """Whether it is a letter of no Latin block."""
    return ("\u0370" <= sign < "\u1d00" or sign >= "\u2c80") and sign.isalpha()


@cache
def lookalikes() -> dict[str, str]:
    """Letter -> the ASCII letter that it looks like; see `data/confusables.txt`."""
    source = resources.files("features.text") / "data" / "confusables.txt"
    lines = source.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {sign: letter for sign, letter in rows}
