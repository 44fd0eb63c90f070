"""`risk challenger`: what the book or scorer on trial beside would have decided."""

from functools import partial
from typing import Annotated

import msgspec
import typer

from risk.backtest.beside import report_beside
from risk.backtest.labels import read_frauds
from risk.backtest.sides import Readable
from risk.books import Books
from risk.commands.options import OtherBooks, Since, Until
from risk.commands.report import HtmlFile, JsonFile, Labels, Last, MarkdownFile, hand_over
from risk.commands.screen import Bootstrap
from risk.replay.reconsider import within
from risk.replay.recorded import recorded
from risk.replay.span import asked
from risk.settings import load

app = typer.Typer(
    help="What the book or scorer on trial beside the deciding one would have decided.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def challenger() -> None:
    """What the book or scorer on trial beside the deciding one would have decided."""


@app.command()
def report(
    on: Annotated[
        list[str] | None,
        typer.Option(
            help="Decisions: files, an archive, topic:NAME; the decisions topic if left out."
        ),
    ] = None,
    last: Last = None,
    since: Since = None,
    until: Until = None,
    labels: Labels = None,
    book: OtherBooks = None,
    json_: JsonFile = None,
    markdown: MarkdownFile = None,
    html: HtmlFile = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Compare champion and challenger over the payments that both judged on the stream.

    It is the report of `risk backtest`: outcomes, flips with their causes and reasons, money,
    rules, segments, and precision and recall where there are labels. Of several pairs the
    newest is reported. Start a challenger with the worker's settings challenger_book,
    challenger_scorer and challenger_share (percent of the payers).

    Example: risk challenger report --last 30d --labels labels.jsonl --html challenger.html

    Exit status: 0 done; 1 the data could not be read to its end (the report then says
    PARTIAL), or no challenger judged; 2 wrong usage or settings.
    """
    settings, _ = load({"bootstrap": bootstrap})
    frauds = read_frauds(labels) if labels else None
    places = on or [f"topic:{settings.topic_decisions}"]
    records = Readable(partial(recorded, places, settings.bootstrap))
    span = asked(records, last, since, until)
    books = Books(settings.books_dir, book or ())
    found = report_beside(within(records, span), books, frauds)
    found = msgspec.structs.replace(found, is_partial=records.fault)
    hand_over(found, json_, markdown, html)
    raise typer.Exit(1 if records.fault else 0)
