"""Reading a book for a command: what is wrong with it is told, and ends the command."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from risk.assembly import build_bench, build_pipeline, default_book
from risk.decide import Bench
from risk.decision import Decision
from risk.filerun import FileRun
from risk.files import Row
from risk.settings import load
from rules.errors import BookError

BookFolder = Annotated[
    Path | None,
    typer.Argument(
        help="Folder of the book; the default book if left out.", show_default=False
    ),
]


def folder_of(book: Path | None) -> Path:
    """Find the folder; ends the command if there is none."""
    folder = book or default_book()
    if not folder.is_dir():
        refuse(f"{folder}: no folder; a book is a folder with a book.yaml")
    return folder


def read_bench(book: Path | None) -> Bench:
    """Read a book with its scorecard; ends the command with all mistakes, status 1."""
    folder = folder_of(book)
    try:
        return build_bench(folder)
    except BookError as error:
        refuse(f"{error}\n{counted(len(error.mistakes), 'mistake')} in {folder}")


def decisions_of(bench: Bench, rows: Iterator[Row]) -> Iterator[Decision]:
    """Decide payments in their order, each with the history of those before it."""
    settings, _ = load({})
    for batch in FileRun(build_pipeline(settings, bench), 1, None).answer(rows):
        for answered in batch:
            yield answered.answer.decision


def refuse(message: str) -> NoReturn:
    """Say why, and end with status 1."""
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)


def counted(number: int, noun: str) -> str:
    """Write `1 mistake`, `2 mistakes`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
