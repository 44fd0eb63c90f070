# ruff: noqa: E501 # a table of words
"""Rule books spoilt at random: reading them must end in a book or in our own error.

    python tests/drivers/mutate_books.py --books 10000

Takes the files of the default book and changes bytes, lines, indents, words and values. Prints
how many were refused; a foreign error ends it with the seed that makes it again.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rules.errors import BookError
from rules.load import load_book
from rules.vocabulary import Vocabulary

WORDS = (
    "NO", "1e3", "010", "2026-01-01", "null", "~", "[", "]", "{", "}", "&a", "*a", "!!str", "'", '"',
    "\t", "\u0000", "\ufeff", "\u202e", "- ", ": ", "# ", "$", "@x", "not ", "(" * 60, "999999999999999999999",
    "1e999", ".nan", "-0", "yes", "amuont", "in ()", "* 0", "/ 0", "\r\n", "%YAML 1.1\n", "---\n", "? ",
    "|", ">-", "<<: {}", "missing(score)", "points: 5", "velocities: {}", "payer_ratio_30d > 2", "NO ==", "1,000", "{amount} x",
)  # fmt: skip


def spoil(text: str, dice: random.Random) -> str:
    """Change a text in one to four places."""
    for _ in range(dice.randint(1, 4)):
        text = dice.choice(CHANGES)(text, dice)
    return text


def _drop(text: str, dice: random.Random) -> str:
    start = dice.randrange(len(text) + 1)
    return text[:start] + text[start + dice.randint(1, 40) :]


def _insert(text: str, dice: random.Random) -> str:
    start = dice.randrange(len(text) + 1)
    return text[:start] + dice.choice(WORDS) + text[start:]


def _replace_word(text: str, dice: random.Random) -> str:
    words = text.split(" ")
    words[dice.randrange(len(words))] = dice.choice(WORDS)
    return " ".join(words)


def _swap_lines(text: str, dice: random.Random) -> str:
    lines = text.split("\n")
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def _copy_line(text: str, dice: random.Random) -> str:
    lines = text.split("\n")
    lines.insert(dice.randrange(len(lines)), dice.choice(lines))
    return "\n".join(lines)


def _indent(text: str, dice: random.Random) -> str:
    lines = text.split("\n")
    place = dice.randrange(len(lines))
    lines[place] = dice.choice((" ", "  ", "\t", "- ")) + lines[place].lstrip()
    return "\n".join(lines)


def _turn(text: str, dice: random.Random) -> str:
    if not text:
        return text
    place = dice.randrange(len(text))
    return text[:place] + chr(dice.randrange(0xD800)) + text[place + 1 :]


CHANGES: tuple[Callable[[str, random.Random], str], ...] = (
    _drop,
    _insert,
    _replace_word,
    _swap_lines,
    _copy_line,
    _indent,
    _turn,
)


class Spoiler:
    """A copy of a book in a folder, one of whose files is spoilt for each reading."""

    def __init__(self, book: Path, folder: Path, words: Vocabulary) -> None:
        self._folder = folder
        self._words = words
        self._texts = {
            path.relative_to(book): path.read_bytes()
            for path in sorted(book.rglob("*"))
            if path.is_file() and path.name != "scorecard.yaml"
        }
        for path, raw in self._texts.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes(raw)

    def refuses(self, seed: int) -> bool:
        """Read the book spoilt by this seed; whatever is no BookError gets out."""
        dice = random.Random(seed)
        path = dice.choice(sorted(self._texts))
        raw = self._texts[path]
        spoilt = spoil(raw.decode(), dice).encode(errors="surrogatepass")
        (self._folder / path).write_bytes(spoilt)
        try:
            load_book(self._folder, self._words)
        except BookError as error:
            return bool(error.mistakes and str(error))
        finally:
            (self._folder / path).write_bytes(raw)
        return False


def main() -> None:
    """Read many spoilt books."""
    from risk.assembly import default_book
    from risk.vocabulary import vocabulary

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        spoiler = Spoiler(default_book(), Path(folder), vocabulary())
        refused = 0
        for seed in range(given.seed, given.seed + given.books):
            try:
                refused += spoiler.refuses(seed)
            except Exception:
                sys.stderr.write(f"seed {seed}:\n")
                raise
    print(f"{given.books:,} spoilt books: {refused:,} refused, all with our own error")


if __name__ == "__main__":
    main()
