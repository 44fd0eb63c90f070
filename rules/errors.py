"""What can be wrong with a book: mistakes are values, told all at once.

BookError    the files are no book; nothing of them is used
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import msgspec

LONGEST_QUOTE = 160


class Mistake(msgspec.Struct, frozen=True, order=True):
    """One mistake: where (counted from 1), the line itself, why, what to write instead."""

    file: str
    line: int
    column: int
    cause: str
    hint: str = ""
    source: str = ""

    def __str__(self) -> str:
        advice = f"; {self.hint}" if self.hint else ""
        head = f"{self.file}:{self.line}:{self.column}: {self.cause}{advice}"
        if not self.source.strip():
            return head
        quote = "".join(c if c.isprintable() else " " for c in self.source[:LONGEST_QUOTE])
        pointer = " " * min(self.column - 1, len(quote)) + "^"
        return f"{head}\n    {quote}\n    {pointer}"


class BookError(Exception):
    """The files are no book. `mistakes` holds every one, in the order of the files."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes: tuple[Mistake, ...] = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(map(str, self.mistakes)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest a word, or nothing when no known word is near."""
    near: Sequence[str] = get_close_matches(word[:80], list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""
