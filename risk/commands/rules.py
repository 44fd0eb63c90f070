"""`risk rules`: what an analyst asks of a book before it goes live."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from risk.assembly import build_bench, default_book
from rules.errors import BookError
from rules.examples import Failure, failures, untested
from rules.model import Book

app = typer.Typer(help="Check and test rule books.", no_args_is_help=True)

BookFolder = Annotated[
    Path | None,
    typer.Argument(
        help="Folder of the book; the default book if left out.", show_default=False
    ),
]


@app.command()
def check(book: BookFolder = None) -> None:
    """Find every mistake in a book: its rules, lists, rates, scorecard and tests.

    Each one is told with file, line, column and, where it can be guessed, what was meant.
    Exit status 1 if there is any. Tests are read but not run; `risk rules test` runs them.

    Example: risk rules check books/cards
    """
    found = _read(book)
    live = sum(rule.mode == "live" for rule in found.rules.values())
    lists = f"{len(found.lists)} lists, " if found.lists else ""
    typer.echo(
        f"{found.name} {found.version} ({found.hash[:12]}): {len(found.rules)} rules, "
        f"{live} of them live, {lists}{len(found.examples)} tests; no mistakes"
    )


@app.command("test")
def run_tests(book: BookFolder = None) -> None:
    """Run the tests that stand in a book and show expected beside actual.

    Every live rule must have a test that hits and one that misses. Exit status 1 if a test
    fails, if one is lacking, or if the book has mistakes.

    Example: risk rules test books/cards
    """
    found = _read(book)
    failed = list(failures(found))
    for failure in failed:
        _show(failure)
    lacking = list(untested(found))
    for rule, kind in lacking:
        place = f"{rule.place.file}:{rule.place.line}"
        typer.secho(f"{place}: {rule.id} is live and has no test that is a {kind}", fg="red")
    passed = len(found.examples) - len(failed)
    typer.echo(f"{passed} of {len(found.examples)} tests passed, {len(found.rules)} rules")
    if failed or lacking:
        raise typer.Exit(1)


def _show(failure: Failure) -> None:
    example = failure.example
    about = f" of {example.rule}" if example.rule else ""
    place = f"{example.place.file}:{example.place.line}"
    typer.secho(f"{place}: test {example.name!r}{about} failed", fg="red")
    for key, expected in failure.expected.items():
        typer.echo(f"    {key:8} expected {expected}")
        typer.echo(f"    {'':8} actual   {failure.actual[key]}")


def _read(book: Path | None) -> Book:
    folder = book or default_book()
    if not folder.is_dir():
        _refuse(f"{folder}: no folder; a book is a folder with a book.yaml")
    try:
        return build_bench(folder).book
    except BookError as error:
        count = len(error.mistakes)
        _refuse(f"{error}\n{count} mistake{'s' if count > 1 else ''} in {folder}")


def _refuse(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)
