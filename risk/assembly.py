"""Put the parts together: settings -> a pipeline, with the book and the scorer it judges by."""

import time
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import TypeVar

from features.money import Rates, exponent
from features.plan import compile_plan
from features.standard import STANDARD
from features.velocity import Velocity
from risk.counsel import Counsel
from risk.decide import Bench
from risk.decision import Version
from risk.pipeline import Limits, Pipeline
from risk.score.booster import load_booster
from risk.score.model_card import BadScorer
from risk.score.scorecard import load_scorecard
from risk.score.scorer import Scorer
from risk.settings import BadSettings, Settings
from risk.velocities import velocities
from risk.vocabulary import attribute_values, versions, vocabulary
from rules.errors import BookError, Mistake
from rules.evaluator import evaluator_of
from rules.load import declared_words, load_book
from rules.model import Book
from rules.native import Native
from rules.points import point_book
from rules.release import object_to
from rules.vocabulary import Vocabulary

Read = TypeVar("Read")


def default_book() -> Path:
    """Find the folder of the book that comes with the package."""
    return Path(str(resources.files("rules"))) / "book"


def book_folder(settings: Settings) -> Path:
    """Find the folder of the book that the settings name; raises `BadSettings`."""
    folder = settings.book or default_book()
    if not folder.is_dir():
        raise BadSettings(f"book {folder}: no such folder")
    return folder


def build_bench(folder: Path, scorer: Path | None = None, before: Book | None = None) -> Bench:
    """Read a book folder with its scorecard; raises `BookError` with all mistakes of both.

    `scorer` replaces the scorecard: another one (.yaml) or the card of trained trees (.json),
    which must fit the book. What has not changed is taken from `before`.
    """
    mistakes: list[Mistake] = []
    book = _collect(mistakes, lambda: load_book(folder, vocabulary(), before))
    declared = declared_words(folder, vocabulary())
    if declared is None:  # nobody knows what a scorer may read
        raise BookError(mistakes or [Mistake("book.yaml", 1, 1, "it changed meanwhile")])
    words = {**vocabulary(), **declared}
    del words["score"]  # a scorer does not read its own answer
    history = STANDARD if book is None else velocities(book)
    path = scorer or folder / "scorecard.yaml"
    judge = _collect(mistakes, lambda: _load_scorer(path, words, history))
    if book is not None:
        mistakes += _money_mistakes(book)
    if book is None or judge is None or mistakes:
        raise BookError(mistakes)
    return assemble(book, judge)


def provided(bench: Bench) -> dict[str, str]:
    """Numbers and flags that a scorer of this bench may read, with their versions."""
    words = {name: word for name, word in bench.book.words.items() if name != "score"}
    return versions(words, bench.plan.velocities)


def _load_scorer(path: Path, words: Vocabulary, history: Sequence[Velocity]) -> Scorer:
    if path.suffix != ".json":
        return load_scorecard(path, words)
    try:
        return load_booster(path, versions(words, history))
    except BadScorer as error:
        lines = [line.removeprefix(f"{path}: ") for line in str(error).splitlines()]
        raise BookError([Mistake(path.name, 1, 1, line) for line in lines]) from None


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
    """Everything that judges, from a book and a scorer.

    Raises `BookError` if the book's engine is not there, or cannot take its rules.
    """
    names = sorted({*book.names, *scorer.names} - {"score"})
    return Bench(
        book=book,
        evaluator=evaluator_of(book),
        points=Native(point_book(book)),
        scorer=scorer,
        book_version=Version(book.name, book.version, book.hash),
        scorer_version=Version(scorer.name, scorer.version, scorer.hash),
        names=tuple(names),
        plan=compile_plan(velocities(book), exponent(book.currency) or 0),
        base_exponent=exponent(book.currency) or 0,
        rates=Rates.from_rows(book.currency, book.rates),
        attributes=attribute_values(book.attributes),
        counsel=Counsel(book, scorer),
    )


def build_tested_bench(
    folder: Path, scorer: Path | None = None, before: Book | None = None
) -> Bench:
    """Read a book that is to replace `before`: its own tests must hold too.

    Raises `BookError`, one mistake a failing test, and one a test that is lacking.
    """
    bench = build_bench(folder, scorer, before)
    mistakes = list(object_to(bench.book))
    if mistakes:
        raise BookError(mistakes)
    # The first call of anything is its slowest; it must not fall on a payment.
    bench.evaluator.match({}, 0)
    bench.points.match({}, 0)
    bench.scorer.score({})
    return bench


def build_pipeline(
    settings: Settings, bench: Bench | None = None, partitions: int = 1
) -> Pipeline:
    """Build a pipeline as the settings say; `bench` replaces the book that they name.

    `partitions` of the log that it takes.
    """
    bench = bench or build_bench(settings.book or default_book(), settings.scorer)
    limits = Limits(
        topic=settings.topic_transactions,
        epoch=settings.topic_epoch,
        max_bytes=settings.max_bytes,
        known_ids=settings.known_ids,
        partitions=partitions,
    )
    return Pipeline(bench, limits, time.perf_counter_ns)
