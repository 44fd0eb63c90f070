"""Names of a list (sanctions, watch) in a memo, also when they are misspelt to slip through.

First whole names, exactly as words; then names whose rarest word and 0.9 of whose weight stand
in the memo, each word allowed a small difference. "Trading" is in a thousand names and says
nothing; "Aerocaribbean" says nearly everything: a word weighs by how few names have it. Short
single words never match alone: they are ordinary surnames.

Words that differ in one letter, or in two that stand next to each other, become equal when the
right letter is taken out of each: so all spellings of a word are found by a few dictionary
look-ups, however long the list is.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec
from rapidfuzz import fuzz

from features.text.folding import Folded, fold
from features.text.scan import Scanner
from features.text.schema import Entity, ListMatch

MIN_SCORE: Final = 0.9
"""Share of a name's weight that the memo must bear out."""

_ALIKE: Final = 84.0  # rapidfuzz ratio of two words: one letter in six or more may differ
_MIN_LETTERS: Final = 5  # shorter words only count exactly
_ALONE: Final = 8  # letters that a name of one word must have


class _Entry(msgspec.Struct, frozen=True):
    key: str
    words: tuple[str, ...]
    weight: float


class _Found(msgspec.Struct, frozen=True):
    """A word of the list that the memo holds at `start` <= i < `end`, spelt `alike` (0-1)."""

    alike: float
    start: int
    end: int


class NameList:
    """The names of one list, indexed. Immutable once made."""

    def __init__(self, name: str, rows: Iterable[tuple[str, str]]) -> None:
        """`rows` are (key in the list, name as written there), surname first or last."""
        self.name = name
        split = [(key, tuple(dict.fromkeys(_words(written)))) for key, written in rows]
        counts = Counter(word for _, words in split for word in words)
        self._weights = {
            word: math.log(1 + len(split) / count) for word, count in counts.items()
        }
        self._entries = [
            _Entry(key, words, sum([self._weights[word] for word in words]))
            for key, words in split
            if len(words) > 1 or (words and len(words[0]) >= _ALONE)
        ]
        self._by_word = self._index()
        self._spellings = _spellings(self._by_word)
        exact = {" ".join(entry.words): number for number, entry in enumerate(self._entries)}
        self._whole = tuple(exact.values())
        self._scanner = Scanner(list(exact))

    def find(self, folded: Folded) -> list[Entity]:
        """The entries that a folded memo names: all that stand there exactly, else the best."""
        exact = [
            self._entity(folded, self._whole[number], _Found(1.0, start, end))
            for number, start, end in self._scanner.find(folded.text)
        ]
        return exact or self._find_alike(folded)

    def _index(self) -> dict[str, list[int]]:
        """Every word -> the entries of which it is the rarest word, which a match must hold."""
        by_word: dict[str, list[int]] = {word: [] for word in self._weights}
        for number, entry in enumerate(self._entries):
            by_word[max(entry.words, key=self._weights.__getitem__)].append(number)
        return by_word

    def _find_alike(self, folded: Folded) -> list[Entity]:
        found = self._find_words(folded.text)
        candidates = {number for word in found for number in self._by_word[word]}
        best: tuple[float, int] = (MIN_SCORE, 0)
        for number in candidates:
            score = self._score(self._entries[number], found)
            best = max(best, (score, -number))
        if best[0] <= MIN_SCORE:
            return []
        entry = self._entries[-best[1]]
        places = [found[word] for word in entry.words if word in found]
        start, end = min(place.start for place in places), max(place.end for place in places)
        return [self._entity(folded, -best[1], _Found(best[0], start, end))]

    def _find_words(self, text: str) -> dict[str, _Found]:
        """The words of the list that stand in the memo, each at the place most like it."""
        found: dict[str, _Found] = {}
        end = 0
        for word in text.split():
            start = text.index(word, end)
            end = start + len(word)
            for known, alike in self._spelt(word):
                if known not in found or found[known].alike < alike:
                    found[known] = _Found(alike, start, end)
        return found

    def _spelt(self, word: str) -> Iterator[tuple[str, float]]:
        if word in self._weights:
            yield word, 1.0
        if len(word) >= _MIN_LETTERS:
            near = {
                known for key in _without_one(word) for known in self._spellings.get(key, ())
            }
            for known in near:
                ratio = fuzz.ratio(word, known, score_cutoff=_ALIKE)
                if ratio and known != word:
                    yield known, ratio / 100

    def _score(self, entry: _Entry, found: Mapping[str, _Found]) -> float:
        borne = [
            self._weights[word] * found[word].alike for word in entry.words if word in found
        ]
        return sum(borne) / entry.weight

    def _entity(self, folded: Folded, number: int, found: _Found) -> Entity:
        match = ListMatch(self.name, self._entries[number].key, round(found.alike, 3))
        return Entity("listed", folded.span(found.start, found.end), match.score, match)


def _words(written: str) -> list[str]:
    return fold(written).text.replace("'", "").split()


def _spellings(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    near: dict[str, tuple[str, ...]] = {}
    for word in words:
        if len(word) >= _MIN_LETTERS:
            for key in _without_one(word):
                near[key] = (*near.get(key, ()), word)
    return near


def _without_one(word: str) -> set[str]:
    """The word, and the word without each of its letters."""
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}
