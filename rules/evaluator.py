"""The evaluator that a book names by `engine:`, with another behind it where it may fail."""

from collections.abc import Callable, Mapping
from typing import Final

from rules.durable import Durable, EngineFailed, EngineMissing
from rules.engine import ENGINES, Evaluator
from rules.errors import BookError, Mistake
from rules.facts import Inexact
from rules.model import Book
from rules.native import Native
from rules.shelf import FRAME_FILE
from rules.tree import Matches
from rules.vocabulary import Scalar

INSTALL: Final = "pip install 'riskstream[durable]' (it needs a C compiler), or engine: native"


class Backed:
    """Answers with `first`; where that fails, with `second`, and tells it."""

    def __init__(
        self, first: Evaluator, second: Evaluator, on_failure: Callable[[], None]
    ) -> None:
        self._first = first
        self._second = second
        self._on_failure = on_failure

    def telling(self, on_failure: Callable[[], None]) -> "Backed":
        """The same two, with somebody else who is told."""
        return Backed(self._first, self._second, on_failure)

    def match(self, values: Mapping[str, Scalar], at: int) -> Matches:
        """See `rules.engine.Evaluator`."""
        try:
            return self._first.match(values, at)
        except (EngineFailed, Inexact):
            self._on_failure()
            return self._second.match(values, at)


def evaluator_of(book: Book, durable: Callable[[Book], Evaluator] = Durable) -> Evaluator:
    """Compile the rules for the engine that the book names.

    `durable` makes that engine. Raises `BookError` if it is not installed or cannot take the
    book's constants.
    """
    if book.engine != "durable":
        return ENGINES[book.engine](book)
    try:
        return Backed(durable(book), Native(book), _ignore)
    except EngineMissing as missing:
        mistake = Mistake(FRAME_FILE, 1, 1, f"engine: durable, but {missing}", INSTALL)
    except Inexact as inexact:
        mistake = Mistake(FRAME_FILE, 1, 1, f"engine: durable, but {inexact}", "engine: native")
    raise BookError([mistake])


def _ignore() -> None:
    """Nobody is told."""
