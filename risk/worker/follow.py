"""Which files the worker follows: those of its book, and those of the challenger beside it."""

from pathlib import Path

from risk.assembly import book_folder
from risk.books import build_kept_bench
from risk.decide import Bench
from risk.pipeline import Pipeline
from risk.settings import Settings
from risk.worker.changes import FileWatch, Reload
from risk.worker.metrics import Metrics
from risk.worker.recheck import checked
from risk.worker.reload import BookWatch, ChallengerWatch
from risk.worker.watch import Pulse
from rules.model import Book


async def follow(
    settings: Settings, pipeline: Pipeline, metrics: Metrics, pulse: Pulse
) -> list[FileWatch]:
    """Read the challenger, if there is one, and give the watches that are to run.

    A changed book is followed by the challenger: it may have to be refused now, and one that is
    only another scorer judges by that book.
    """
    pulse.book = pipeline.bench.book_version.hash
    watches: list[FileWatch] = []
    after: list[Reload] = []
    paths = [path for path in (settings.challenger_book, settings.challenger_scorer) if path]
    if paths:

        def oppose() -> Bench:
            now = pipeline.challenger
            before = pipeline.bench if now is None else now.bench
            return build_challenger(settings, before.book)

        share = settings.challenger_share
        beside = ChallengerWatch(oppose, share, pipeline, metrics, pulse)
        await beside.reload()
        watches.append(FileWatch(paths, beside.reload))
        after.append(beside.reload)
    if settings.book is None:
        return watches  # the book that comes with the package does not change

    def build(folder: Path) -> Bench:
        bench = build_kept_bench(
            settings.books_dir, folder, settings.scorer, pipeline.bench.book
        )
        if settings.llm_backend != "none":
            bench.counsel.prepare()
        return checked(bench, settings.recheck_every, metrics)

    book = BookWatch(settings.book, build, pipeline, metrics, pulse)

    async def reload() -> None:
        for each in (book.reload, *after):
            await each()

    return [*watches, FileWatch([settings.book], reload)]


def build_challenger(settings: Settings, before: Book) -> Bench:
    """Read what is to judge beside, and keep it; what is not named is the champion's.

    `before` was read the last time: what has not changed is taken from it.

    Raises `BadSettings` if there is no such folder, and what `build_kept_bench` raises.
    """
    book = settings.challenger_book or settings.book
    folder = book_folder(settings.model_copy(update={"book": book}))
    scorer = settings.challenger_scorer or settings.scorer
    return build_kept_bench(settings.books_dir, folder, scorer, before)
