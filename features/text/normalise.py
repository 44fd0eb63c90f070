"""One plain spelling for a memo, so that disguise does not change what is read in it.

Whoever wants a word not to be found writes it in full-width letters, with invisible signs in
between, with Cyrillic letters that look Latin, letter by letter, or with digits for letters.
"""

import re
import unicodedata
from typing import Final

MAX_LENGTH: Final = 1000

_INVISIBLE: Final = re.compile(
    "["
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ue000-\uf8ff"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
    "]"
)
"""Zero-width signs, joiners, bidi marks, variation selectors, tags and private use."""

_LOOKALIKES: Final = str.maketrans(
    {
        **dict(zip("абвгдеѕзіјкмнһорԛсутԝхѵь", "abbrdeseijkmhhopqcytwxvb", strict=True)),
        **dict(zip("αβγεηικνορτυχω", "abyenikvoptuxw", strict=True)),
        **dict(zip("ıłøđ", "ilod", strict=True)),
        "æ": "ae",
        "œ": "oe",
    }
)
"""Lower-case Cyrillic, Greek and stroked letters -> the Latin letter that they look like."""

_MARKS: Final = re.compile("[\u0300-\u036f]")
_DIGIT_IN_WORD: Final = re.compile("(?<=[a-z])[013457](?=[a-z])")
_LETTER_OF_DIGIT: Final = dict(zip("013457", "oieast", strict=True))
_SPELT_OUT: Final = re.compile(r"(?<!\w)[a-z](?:[ ._-][a-z]){3,}(?!\w)")
_SEPARATORS: Final = str.maketrans("", "", " ._-")


def normalise(memo: str) -> str:
    """Give NFKC, case folded, without invisible signs, white space collapsed; at most 1,000."""
    if not memo.isascii():
        memo = _INVISIBLE.sub("", unicodedata.normalize("NFKC", memo))
    return " ".join(memo.casefold().split())[:MAX_LENGTH]


def plain(text: str) -> str:
    """Give the Latin letters that a normalised text shows to the eye, for finding words.

    Accents and umlauts are dropped, look-alikes replaced; a digit between two letters becomes
    the letter that it stands for; letters that are spelt out one by one are joined.
    """
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text)).translate(_LOOKALIKES)
    text = _DIGIT_IN_WORD.sub(lambda digit: _LETTER_OF_DIGIT[digit[0]], text)
    return _SPELT_OUT.sub(lambda letters: letters[0].translate(_SEPARATORS), text)
