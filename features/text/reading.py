"""The local reading of a memo: plain facts found by word lists, with no model and no network.

It costs microseconds, sees the obvious and is easily avoided: a signal for rules and the
scorer, never a reason to let a payment pass.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from features.text.lexicon import PHRASES
from features.text.normalise import normalise, plain
from features.transaction import Scalar

MAX_CACHED: Final = 8192
"""Memos repeat (rent, salary); 1,000 characters of four bytes each bound this by 32 MB."""

NAMES: Final = tuple([(flag, f"text.{flag}") for flag in (*PHRASES, "link")])

Phrases: TypeAlias = Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
"""First word -> the words that must follow, and the flag of the phrase."""

_WORD: Final = re.compile(r"\w+")
_TEMPLATE_MARKS: Final = ("<|", "[inst]", "</s>", "<<sys>>", "### instruction", "<system>")
"""Marks of the chat templates of language models: nobody writes them to a person."""

_LINK: Final = re.compile(
    r"https?://|hxxps?://|www\.[a-z0-9]"
    r"|(?<![\w@.-])[a-z0-9-]{2,63}(?:\.[a-z0-9-]{1,63}){0,4}"
    r"\.(?:com|net|org|info|biz|io|me|app|dev|xyz|top|site|online|shop|live|link|click|ly|gl"
    r"|co|uk|de|fr|es|nl|it|at|ch|be|eu|ru|cn|us|cc|tk|gg)(?![\w-])"
)


class Reading(msgspec.Struct, frozen=True):
    """What was read: the known values, by the names of `features.catalogue.TEXT`."""

    found: Mapping[str, Scalar]

    def values(self) -> dict[str, Scalar]:
        """Give every value of the text, a new dict each time; without a memo there is none."""
        return dict(self.found)


NOTHING: Final = Reading({})


def read(memo: str | None) -> Reading:
    """Read a memo of at most 1,000 characters; the same memo is always read the same."""
    return NOTHING if memo is None else _read(memo)


@lru_cache(MAX_CACHED)
def _read(memo: str) -> Reading:
    text = normalise(memo)
    flags = _find(plain(text))
    if any([mark in text for mark in _TEMPLATE_MARKS]):
        flags.add("instruction")
    if ("." in text or "://" in text) and _LINK.search(text):
        flags.add("link")
    return Reading({"text.length": len(text), **{name: flag in flags for flag, name in NAMES}})


def _find(text: str) -> set[str]:
    words = _WORD.findall(text)
    return {
        flag
        for index, word in enumerate(words)
        if word in _PHRASES
        for rest, flag in _PHRASES[word]
        if tuple(words[index + 1 : index + 1 + len(rest)]) == rest
    }


def _index(phrases: Mapping[str, str]) -> Phrases:
    found: dict[str, set[tuple[tuple[str, ...], str]]] = {}
    for flag, text in phrases.items():
        for phrase in re.split("[,\n]", text):
            for spelling in {phrase, phrase.translate(_UMLAUTS)}:
                first, *rest = _WORD.findall(plain(normalise(spelling))) or [""]
                if first:
                    found.setdefault(first, set()).add((tuple(rest), flag))
    return {first: tuple(sorted(ways)) for first, ways in found.items()}


_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_PHRASES: Final = _index(PHRASES)
