"""Put the parts together: settings -> a pipeline, with the book and the scorer it judges by."""

import time
from importlib import resources
from pathlib import Path

from features.money import Rates, exponent
from risk.decide import Bench
from risk.decision import Version
from risk.pipeline import Limits, Pipeline
from risk.score.scorecard import load_scorecard
from risk.score.scorer import Scorer
from risk.settings import Settings
from risk.vocabulary import attribute_values, vocabulary
from rules.load import load_book
from rules.model import Book
from rules.tree import Tree


def default_book() -> Path:
    """The folder of the book that comes with the package."""
    return Path(str(resources.files("rules"))) / "book"


def build_bench(folder: Path) -> Bench:
    """Read a book folder with its scorecard; raises `rules.errors.BookError`."""
    book = load_book(folder, vocabulary())
    words = {name: word for name, word in vocabulary().items() if name != "score"}
    scorer = load_scorecard(folder / "scorecard.yaml", {**words, **book.attributes})
    return assemble(book, scorer)


def assemble(book: Book, scorer: Scorer) -> Bench:
    """Everything that judges, from a book and a scorer."""
    names = sorted({*book.names, *scorer.names} - {"score"})
    return Bench(
        book=book,
        evaluator=Tree(book),
        scorer=scorer,
        book_version=Version(book.name, book.version, book.hash),
        scorer_version=Version(scorer.name, scorer.version, scorer.hash),
        names=tuple(names),
        base_exponent=exponent(book.currency) or 0,
    )


def build_pipeline(settings: Settings, bench: Bench | None = None) -> Pipeline:
    """A pipeline as the settings say; `bench` replaces the book that they name."""
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
