"""Every book that ever decided, kept by its content: what `risk verify` and replay judge by.

A book is a folder; it is kept under `BOOK HASH-SCORER HASH`, whole, the moment something
decides by it. What is found there is read and hashed again, so a kept book that somebody has
edited is refused instead of believed.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from risk.assembly import book_folder, build_bench, build_tested_bench, default_book
from risk.decide import Bench
from risk.score.model_card import BadScorer, read_card
from risk.settings import Settings
from rules.errors import BookError, Mistake
from rules.model import Book

BOOK: Final = "book"
SCORER: Final = "scorer"
"""Folders inside that of a kept book; without the second the scorecard of the book scores."""


class NoBook(Exception):
    """The book that is asked for is not kept, or is not what its name says."""


class Kept(msgspec.Struct, frozen=True):
    """One kept book: its two hashes (32 hex digits each) and its folder."""

    book: str
    scorer: str
    folder: Path


class Books:
    """The folder of kept books; it is made when the first one is kept.

    `others` are folders of books outside it that may be asked too: a copy at hand.
    """

    def __init__(self, folder: Path, others: Sequence[Path] = ()) -> None:
        self._folder = folder
        self._others = others
        self._found: dict[tuple[str, str], Bench] = {}
        self._is_read = False

    def __reduce__(self) -> tuple[type["Books"], tuple[Path, Sequence[Path]]]:
        """Travel to another process without what was read: it reads for itself."""
        return Books, (self._folder, self._others)

    def keep(self, source: Path, bench: Bench, scorer: Path | None = None) -> Kept:
        """Copy a book, and a scorer of its own file, that were read as `bench`.

        A second time it does nothing. Raises `NoBook` if they changed since they were read.
        """
        kept = self._place(*_hashes(bench))
        if not kept.folder.is_dir():
            part = self._folder / f".{kept.folder.name}.{os.getpid()}.part"
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(source, part / BOOK)
            if scorer is not None:
                _copy_scorer(scorer, part / SCORER)
            if _hashes(_build(part)) != (kept.book, kept.scorer):
                shutil.rmtree(part)
                raise NoBook(f"{source}: the book changed while it was kept")
            _settle(part, kept.folder)
        return kept

    def kept(self) -> list[Kept]:
        """List what is kept, by name."""
        if not self._folder.is_dir():
            return []
        names = sorted(path.name for path in self._folder.iterdir() if path.is_dir())
        pairs = [name.split("-") for name in names if not name.startswith(".")]
        return [self._place(*pair) for pair in pairs if len(pair) == 2]

    def find(self, book: str, scorer: str) -> Bench:
        """Give what judged under these hashes; raises `NoBook`."""
        self._read_others()
        key = (book, scorer)
        if key not in self._found:
            self._found[key] = self._read(self._place(book, scorer))
        return self._found[key]

    def _read(self, kept: Kept) -> Bench:
        if not kept.folder.is_dir():
            raise NoBook(
                f"book {kept.book[:12]} with scorer {kept.scorer[:12]} is not kept in"
                f" {self._folder}; give the folder of a copy with --book"
            )
        try:
            bench = _build(kept.folder)
        except (BookError, BadScorer) as error:
            raise NoBook(f"{kept.folder}: cannot be read any more: {error}") from None
        if _hashes(bench) != (kept.book, kept.scorer):
            raise NoBook(f"{kept.folder}: was changed after it was kept")
        return bench

    def _read_others(self) -> None:
        if self._is_read:
            return
        self._is_read = True
        for folder in (*self._others, default_book()):
            bench = build_bench(folder)
            self._found.setdefault(_hashes(bench), bench)

    def _place(self, book: str, scorer: str) -> Kept:
        return Kept(book, scorer, self._folder / f"{book}-{scorer}")


def open_book(settings: Settings) -> Bench:
    """Read the book and the scorer that the settings name, and keep them.

    Raises what reading them raises, `BadSettings` if there is no such folder.
    """
    folder = book_folder(settings)
    bench = build_bench(folder, settings.scorer)
    Books(settings.books_dir).keep(folder, bench, settings.scorer)
    return bench


def build_kept_bench(books_dir: Path, folder: Path, scorer: Path | None, before: Book) -> Bench:
    """Read a book that is to replace `before`, hold it to its tests, and keep it.

    Raises what `build_tested_bench` raises, `BookError` also if it changes meanwhile.
    """
    bench = build_tested_bench(folder, scorer, before)
    try:
        Books(books_dir).keep(folder, bench, scorer)
    except NoBook as error:
        raise BookError([Mistake("book.yaml", 1, 1, str(error))]) from None
    return bench


def _build(folder: Path) -> Bench:
    cards = [path for path in (folder / SCORER).glob("*") if path.suffix in (".json", ".yaml")]
    return build_bench(folder / BOOK, cards[0] if cards else None)


def _copy_scorer(card: Path, folder: Path) -> None:
    """Copy a scorecard, or the card of trees with its trees."""
    folder.mkdir()
    shutil.copy(card, folder)
    if card.suffix == ".json":
        trees = read_card(card)[0].trees
        shutil.copy(card.with_name(trees), folder)


def _hashes(bench: Bench) -> tuple[str, str]:
    return bench.book_version.hash, bench.scorer_version.hash


def _settle(part: Path, folder: Path) -> None:
    """Give the copy its name; another process may have been quicker with the same content."""
    try:
        part.rename(folder)
    except OSError:
        shutil.rmtree(part)
        if not folder.is_dir():
            raise
