"""Laws of kept books: what is found is what judged, or nothing."""

import pickle
from pathlib import Path

import pytest
from fakes.payments import default_bench
from fakes.recorded import changed_book

from risk.assembly import build_bench, default_book
from risk.books import Books, NoBook

HIGHER = {"book.yaml": ("review: 45", "review: 46")}


def hashes(folder: Path) -> tuple[str, str]:
    bench = build_bench(folder)
    return bench.book_version.hash, bench.scorer_version.hash


def test_a_kept_book_outlives_its_folder(tmp_path: Path) -> None:
    """The book is found by its hashes after its own folder has changed."""
    folder = changed_book(tmp_path / "mine", HIGHER)
    kept = Books(tmp_path / "books").keep(folder, build_bench(folder))
    (folder / "book.yaml").write_text("gone", encoding="utf-8")

    bench = Books(tmp_path / "books").find(kept.book, kept.scorer)

    assert (kept.book, 46) == (bench.book_version.hash, bench.book.thresholds.review)


def test_a_kept_book_that_somebody_edited_is_refused(tmp_path: Path) -> None:
    """What lies under a hash and has another one is not believed."""
    folder = changed_book(tmp_path / "mine", HIGHER)
    books = Books(tmp_path / "books")
    kept = books.keep(folder, build_bench(folder))
    path = kept.folder / "book" / "book.yaml"
    path.write_text(path.read_text().replace("review: 46", "review: 47"))

    with pytest.raises(NoBook, match="changed after it was kept"):
        books.find(kept.book, kept.scorer)


def test_a_book_that_changed_while_it_was_kept_is_refused(tmp_path: Path) -> None:
    """The copy must be what was read, and nothing stays of it otherwise."""
    folder = changed_book(tmp_path / "mine", HIGHER)

    with pytest.raises(NoBook, match="while it was kept"):
        Books(tmp_path / "books").keep(folder, default_bench())
    assert [] == list((tmp_path / "books").iterdir())


def test_keeping_twice_is_keeping_once(tmp_path: Path) -> None:
    """The same content has one place."""
    books = Books(tmp_path)
    first = books.keep(default_book(), default_bench())

    assert [first] == [books.keep(default_book(), default_bench())] == books.kept()


def test_books_at_hand_are_asked_too(tmp_path: Path) -> None:
    """A folder that is named, and the default book, need not be kept."""
    folder = changed_book(tmp_path / "mine", HIGHER)
    books = pickle.loads(pickle.dumps(Books(tmp_path / "none", (folder,))))  # noqa: S301 # ours

    assert hashes(folder)[0] == books.find(*hashes(folder)).book_version.hash
    assert hashes(default_book())[0] == books.find(*hashes(default_book())).book_version.hash


def test_a_book_that_is_nowhere_is_told(tmp_path: Path) -> None:
    """The message says how to give it."""
    with pytest.raises(NoBook, match="--book"):
        Books(tmp_path).find("0" * 32, "1" * 32)
