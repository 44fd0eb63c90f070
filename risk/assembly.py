"""Put the parts together: settings -> a pipeline, with the book and the scorer it judges by."""

import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TypeVar

from features.money import Rates, exponent
from features.plan import compile_plan
from risk.decide import Bench
from risk.decision import Version
from risk.pipeline import Limits, Pipeline
from risk.score.scorecard import load_scorecard
from risk.score.scorer import Scorer
from risk.settings import Settings
from risk.velocities import velocities
from risk.vocabulary import attribute_values, vocabulary
from rules.errors import BookError, Mistake
from rules.load import declared_words, load_book
from rules.model import Book
from rules.native import Native
from rules.points import point_book

Read = TypeVar("Read")


def default_book() -> Path:
    """Find the folder of the book that comes with the package."""
    return Path(str(resources.files("rules"))) / "book"


def build_bench(folder: Path) -> Bench:
    """Read a book folder with its scorecard; raises `BookError` with all mistakes of both."""
    mistakes: list[Mistake] = []
    book = _collect(mistakes, lambda: load_book(folder, vocabulary()))
    words = {**vocabulary(), **declared_words(folder, vocabulary())}
    del words["score"]  # a scorer does not read its own answer
    scorer = _collect(mistakes, lambda: load_scorecard(folder / "scorecard.yaml", words))
    if book is not None:
        mistakes += _money_mistakes(book)
    if book is None or scorer is None or mistakes:
        raise BookError(mistakes)
    return assemble(book, scorer)


def _collect(mistakes: list[Mistake], read: Callable[[], Read]) -> Read | None:
    try:
        return read()
    except BookError as error:
        mistakes += error.mistakes
        return None


def _money_mistakes(book: Book) -> list[Mistake]:
    """Find what only the list of currencies can tell about a book."""
    try:
        Rates.from_rows(book.currency, book.rates)
    except ValueError as error:
        return [Mistake("book.yaml", 1, 1, f"currency or rates cannot be used: {error}")]
    return []


def assemble(book: Book, scorer: Scorer) -> Bench:
    """Everything that judges, from a book and a scorer."""
    names = sorted({*book.names, *scorer.names} - {"score"})
    return Bench(
        book=book,
        evaluator=Native(book),
        points=Native(point_book(book)),
        scorer=scorer,
        book_version=Version(book.name, book.version, book.hash),
        scorer_version=Version(scorer.name, scorer.version, scorer.hash),
        names=tuple(names),
        plan=compile_plan(velocities(book), exponent(book.currency) or 0),
        base_exponent=exponent(book.currency) or 0,
    )


def build_pipeline(settings: Settings, bench: Bench | None = None) -> Pipeline:
    """Build a pipeline as the settings say; `bench` replaces the book that they name."""
    bench = bench or build_bench(settings.book or default_book())
    limits = Limits(
        topic=settings.topic_transactions,
        epoch=settings.topic_epoch,
        max_bytes=settings.max_bytes,
        known_ids=settings.known_ids,
    )
    rates = Rates.from_rows(bench.book.currency, bench.book.rates)
    attributes = attribute_values(bench.book.attributes)
    return Pipeline(bench, rates, attributes, limits, time.perf_counter_ns)
