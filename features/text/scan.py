"""Finding many words at once: one pass over a text, however many words there are."""

from collections.abc import Iterator, Sequence

from ahocorasick_rs import AhoCorasick


class Scanner:
    """Finds words and phrases; one that ends in `*` may go on. Immutable once made."""

    def __init__(self, words: Sequence[str]) -> None:
        self._open = tuple([word.endswith("*") for word in words])
        self._automaton = AhoCorasick([word.rstrip("*") for word in words])

    def find(self, text: str) -> Iterator[tuple[int, int, int]]:
        """(number of the word, start, end) of each that stands in the text as a whole."""
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        for number, start, end in found:
            if start and _joins(text[start - 1], text[start]):
                continue
            if self._open[number] or end == len(text) or not _joins(text[end - 1], text[end]):
                yield number, start, end


def _joins(left: str, right: str) -> bool:
    """Whether two neighbours are of one word. East Asian scripts write without spaces."""
    if "\u2e80" <= left < "\uac00" or "\u2e80" <= right < "\uac00":
        return False
    return (left.isalnum() or left == "_") and (right.isalnum() or right == "_")
