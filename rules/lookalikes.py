# ruff: noqa: RUF001 # they are ambiguous: that is what they are here for
"""Letters of other scripts that look like Latin ones, as fraud writes names with them.

Small letters only: text is folded to them first. Taken by hand from what Unicode's technical
standard 39 calls confusable, without signs that nobody could type. Latin letters and digits
stay as they are: 0 and o, 1 and l are told apart, because ids consist of them.
"""

from typing import Final

_PAIRS: Final = {
    "a": "аαɑ",
    "b": "ьβвᖯ",
    "c": "сϲⅽ",
    "d": "ԁɗⅾ",
    "e": "еεҽ",
    "f": "ғƒ",
    "g": "ɡցɢ",
    "h": "һհн",
    "i": "іιıɩӏɪ",
    "j": "јϳʝ",
    "k": "кκқ",
    "l": "ⅼǀ",
    "m": "мⅿ",
    "n": "ոռηп",
    "o": "оοσօჿ",
    "p": "рρϸ",
    "q": "ԛգզ",
    "r": "гᴦ",
    "s": "ѕꜱ",
    "t": "тτ",
    "u": "υսʋ",
    "v": "νѵⅴ",
    "w": "ѡաωԝɯ",
    "x": "хχⅹ",
    "y": "уγүყʏ",
    "z": "ᴢʐ",
}
LOOKALIKES: Final = str.maketrans({sign: a for a, signs in _PAIRS.items() for sign in signs})
"""For `str.translate`: a letter that looks like a Latin one -> that one."""
