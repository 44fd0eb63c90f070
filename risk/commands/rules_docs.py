"""`risk rules docs` and `risk rules schema`: what there is to write, for people and editors."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from features.catalogue import CATALOGUE
from risk.commands.book import BookFolder, read_bench
from risk.vocabulary import vocabulary
from rules.handbook import book_page, vocabulary_page
from rules.schema import book_schema, rules_schema


def docs(
    book: BookFolder = None,
    words: Annotated[bool, typer.Option("--words", help="Only the values.")] = False,
    rules: Annotated[bool, typer.Option("--rules", help="Only the book.")] = False,
) -> None:
    """Write a book as Markdown: every value that a rule may read, and every rule in full.

    Examples: risk rules docs books/cards > cards.md

    risk rules docs --words

    Exit status: 0 written; 1 the book has mistakes.
    """
    read = read_bench(book).book
    examples = {value.name: value.example for value in CATALOGUE}
    if not rules:
        typer.echo("\n".join(vocabulary_page(read.words, examples)))
    if not words:
        typer.echo(("" if rules else "\n") + "\n".join(book_page(read)))


def schema(
    part: Annotated[
        Literal["rules", "book"], typer.Argument(help="rules: *.rules.yaml; book: book.yaml.")
    ] = "rules",
    book: Annotated[
        Path | None, typer.Option(help="Also complete what this book declares.")
    ] = None,
) -> None:
    """Print the JSON Schema of a book's files, for editors that complete and check YAML.

    In VS Code (YAML extension): save it as rules.schema.json and set "yaml.schemas":
    {"rules.schema.json": "*.rules.yaml", "book.schema.json": "book.yaml"}.

    Example: risk rules schema rules > rules.schema.json
    """
    words = read_bench(book).book.words if book else vocabulary()
    make = rules_schema if part == "rules" else book_schema
    typer.echo(json.dumps(make(words), indent=1))
