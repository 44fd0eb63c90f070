"""How words are compared: without case, accents, punctuation or digits in place of letters.

Folding may change the length of a text ("ß" becomes "ss"), so a folded text remembers where
each of its characters came from.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import msgspec

from features.text.schema import Span

_ASCII_PUNCTUATION: Final = '-/.,;:!?()[]{}"*|#+&=~^`\\'
_PUNCTUATION: Final = dict.fromkeys(
    map(ord, f"{_ASCII_PUNCTUATION}«»…\u2013\u2014„“”·•"), " "
) | {
    0x2019: "'",
    0x2018: "'",
}
# Bytes are translated four times as fast as characters.
_ASCII: Final = (
    bytes(range(256))
    .lower()
    .translate(bytes.maketrans(_ASCII_PUNCTUATION.encode(), b" " * len(_ASCII_PUNCTUATION)))
)
SPACED: Final = re.compile(r"(?<!\w)(?:[^\W\d_][ .*_-]){4,}[^\W\d_](?!\w)")
"""Five letters or more with a sign between each two: a word that shall not be seen."""

_LETTERS: Final = str.maketrans("013457@$", "oieastas")
_DISGUISED: Final = re.compile(r"(?<![\w@$])(?=[a-z0-9]*[a-z])[a-z]*[0134578@$][a-z0-9@$]*")
_DIGIT: Final = re.compile(r"[0-9@$]")
_MIN_LETTERS: Final = 2


class Folded(msgspec.Struct, frozen=True, gc=False):
    """A text for comparing.

    `origins[i]` is where its character i stands in the original text, None: at the same place.
    """

    text: str
    origins: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> Span:
        """The place in the original text of a place (not empty) in this one."""
        if self.origins is None:
            return Span(start, end)
        return Span(self.origins[start], self.origins[end - 1] + 1)


def fold(text: str) -> Folded:
    """Fold a normalised text."""
    if SPACED.search(text):
        return _fold_spaced(text)
    if text.isascii():
        lower = text.encode("ascii").translate(_ASCII).decode("ascii")
        return Folded(_DISGUISED.sub(_undisguise, lower) if _DIGIT.search(lower) else lower)
    pieces = [_fold_letter(sign) for sign in text]
    folded = _DISGUISED.sub(_undisguise, "".join(pieces).translate(_PUNCTUATION))
    if len(folded) == len(text):
        return Folded(folded)
    return Folded(folded, tuple([i for i, piece in enumerate(pieces) for _ in piece]))


def _fold_spaced(text: str) -> Folded:
    """Words that are written letter by letter count as words."""
    gaps = {at for run in SPACED.finditer(text) for at in range(run.start() + 1, run.end(), 2)}
    kept = [at for at in range(len(text)) if at not in gaps]
    folded = fold("".join([text[at] for at in kept]))
    origins = folded.origins or range(len(folded.text))
    return Folded(folded.text, tuple([kept[origin] for origin in origins]))


def _undisguise(match: re.Match[str]) -> str:
    """Digits for letters ("g1ft") in words of which at least half are letters."""
    word = match[0]
    letters = sum(sign.isalpha() for sign in word)
    few = letters < _MIN_LETTERS or 2 * letters < len(word)
    return word if few else word.translate(_LETTERS)


@lru_cache(maxsize=4096)
def _fold_letter(sign: str) -> str:
    apart = unicodedata.normalize("NFKD", sign.casefold())
    return "".join([part for part in apart if unicodedata.category(part) != "Mn"]) or sign
