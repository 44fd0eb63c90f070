"""Phrase lists that a linguist edits, and one scan that finds them all.

All lists are looked for at once by one Aho-Corasick scan, so a longer list costs nothing on the
hot path. The format of a list stands at the head of each file in `data/flags`.
"""

from collections.abc import Collection, Iterable, Iterator
from importlib import resources
from typing import Final

import msgspec

from features.text.folding import Folded, fold
from features.text.scan import Scanner
from features.text.schema import FLAGS, PURPOSES, Span

STRONG: Final = 1.0
WEAK: Final = 0.5


class Phrase(msgspec.Struct, frozen=True):
    """What to look for: all `parts` (folded), as whole words; open ones with any ending."""

    label: str
    parts: tuple[str, ...]
    weight: float = STRONG


class Hit(msgspec.Struct, frozen=True, gc=False):
    """A phrase that was found; `span` is the place of its first part in the original text."""

    label: str
    span: Span
    weight: float


class BadLexicon(ValueError):
    """A list that cannot be read; says the file and the line."""


class Lexicon:
    """Finds phrases in folded texts. Immutable once made."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = tuple(phrases)
        users: dict[str, list[int]] = {}
        for number, phrase in enumerate(self._phrases):
            for part in phrase.parts:
                users.setdefault(part, []).append(number)
        self._parts = tuple(users)
        self._users = tuple(tuple(numbers) for numbers in users.values())
        self._scanner = Scanner(self._parts)

    def find(self, folded: Folded) -> list[Hit]:
        """Every phrase in the text, by the place of its end; each phrase at most once."""
        first: dict[int, tuple[int, int]] = {}
        for part, start, end in self._scanner.find(folded.text):
            first.setdefault(part, (start, end))
        if not first:
            return []
        found = {self._parts[part] for part in first}
        hits: dict[int, Hit] = {}
        for part, (start, end) in first.items():
            for number in self._users[part]:
                phrase = self._phrases[number]
                if number not in hits and found.issuperset(phrase.parts):
                    hits[number] = Hit(phrase.label, folded.span(start, end), phrase.weight)
        return list(hits.values())


def parse_phrases(
    text: str, name: str, label: str | None, sections: Collection[str] | None = None
) -> Iterator[Phrase]:
    """The phrases of one file. Without a `label` its sections are the labels.

    Raises `BadLexicon` for a line that says nothing or stands before any label, and for a
    section that is none of `sections`.
    """
    current = label
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            if sections is not None and line[1:-1] not in sections:
                raise BadLexicon(f"{name}, line {number}: no such section")
            current = label or line[1:-1]
            continue
        weight = WEAK if line.startswith("~") else STRONG
        # German keyboards abroad have no umlauts.
        for spelling in dict.fromkeys([line, line.translate(_UMLAUTS)]):
            parts = tuple(_fold_part(part) for part in spelling.removeprefix("~").split(" + "))
            if current is None or not all(part.strip("* ") for part in parts):
                raise BadLexicon(f"{name}, line {number}: a phrase without section or letters")
            yield Phrase(current, parts, weight)


_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def _fold_part(part: str) -> str:
    words = " ".join(fold(part.strip()).text.split())
    return words + "*" if part.strip().endswith("*") else words


def load_lexicon() -> Lexicon:
    """The lists of the package, with labels like `flag:urgent`, `purpose:rent`."""
    folder = resources.files("features.text") / "data"
    phrases: list[Phrase] = []
    for flag in FLAGS:
        source = folder / "flags" / f"{flag}.txt"
        if source.is_file():  # links and hidden text are found by patterns alone
            text = source.read_text(encoding="utf-8")
            phrases += parse_phrases(text, source.name, f"flag:{flag}")
    for kind, file, sections in (
        ("purpose", "purposes.txt", PURPOSES),
        ("tone", "tone.txt", ("friendly", "hostile")),
    ):
        text = (folder / file).read_text(encoding="utf-8")
        for phrase in parse_phrases(text, file, None, sections):
            phrases.append(msgspec.structs.replace(phrase, label=f"{kind}:{phrase.label}"))
    return Lexicon(phrases)
