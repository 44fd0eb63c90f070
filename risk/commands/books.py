"""`risk books`: the books that decided, kept by their hash."""

from pathlib import Path
from typing import Annotated

import typer

from risk.assembly import build_bench
from risk.books import Books
from risk.commands.screen import AsJson, console, print_json
from risk.settings import load

app = typer.Typer(
    help="Keep and list the books that decided: `risk verify` and replay judge by them.",
    no_args_is_help=True,
)


@app.command("list")
def list_books(as_json: AsJson = False) -> None:
    """List every kept book: its hash, its scorer's hash, name and version.

    Example: risk books list
    """
    books = Books(load()[0].books_dir)
    found = []
    for kept in books.kept():
        bench = books.find(kept.book, kept.scorer)
        found.append(
            {
                "book": kept.book,
                "scorer": kept.scorer,
                "name": bench.book_version.name,
                "version": bench.book_version.version,
                "scorer_name": bench.scorer_version.name,
                "scorer_version": bench.scorer_version.version,
                "folder": str(kept.folder),
            }
        )
    if as_json:
        print_json(found)
        return
    for one in found:
        console().print(
            f"{one['book'][:12]}  {one['name']} {one['version']}, scorer"
            f" {one['scorer'][:12]} {one['scorer_name']} {one['scorer_version']}"
        )
    if not found:
        console().print("no book is kept yet: risk score and risk worker keep those they use")


@app.command()
def keep(
    folder: Annotated[Path, typer.Argument(help="Folder of a book.")],
) -> None:
    """Keep a book, so that what it decided can be verified after it has changed.

    Example: risk books keep my-book
    """
    kept = Books(load()[0].books_dir).keep(folder, build_bench(folder))
    console().print(f"kept as {kept.folder}")
