"""Which language a memo is in, as far as function words and scripts tell."""

from collections import Counter
from importlib import resources
from typing import Final

from features.text.lexicon import BadLexicon

_SCRIPTS: Final = (
    ("\u3040", "\u30ff", "ja"),
    ("\uac00", "\ud7a3", "ko"),
    ("\u4e00", "\u9fff", "zh"),
    ("\u0400", "\u04ff", "ru"),
    ("\u0370", "\u03ff", "el"),
    ("\u0590", "\u05ff", "he"),
    ("\u0600", "\u06ff", "ar"),
    ("\u0900", "\u097f", "hi"),
    ("\u0e00", "\u0e7f", "th"),
)
"""First and last character of a script, and the language that payments write in it."""


class Languages:
    """Tells languages by the words of `data/languages.txt`."""

    def __init__(self, words: dict[str, tuple[str, ...]]) -> None:
        self._words = words

    def tell(self, text: str) -> str:
        """ISO 639-1 code of a normalised text, or `und`."""
        if not text.isascii():
            for low, high, language in _SCRIPTS:
                if any(low <= sign <= high for sign in text):
                    return language
        known = [self._words[word] for word in text.lower().split() if word in self._words]
        if not known:
            return "und"
        votes = Counter([language for languages in known for language in languages])
        (best, most), *rest = votes.most_common(2)
        return "und" if rest and rest[0][1] == most else best


def load_languages() -> Languages:
    """The words that come with the package."""
    file = resources.files("features.text") / "data" / "languages.txt"
    return parse_languages(file.read_text(encoding="utf-8"), file.name)


def parse_languages(text: str, name: str) -> Languages:
    """The words of a file; raises `BadLexicon` for words before any language."""
    words: dict[str, tuple[str, ...]] = {}
    language = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            language = line.strip("[]")
        elif line and not line.startswith("#"):
            if language is None:
                raise BadLexicon(f"{name}, line {number}: a word before any language")
            for word in line.split():
                words[word] = (*words.get(word, ()), language)
    return Languages(words)
