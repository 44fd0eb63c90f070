"""`risk backtest`: two books over one history."""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from risk.assembly import assemble, build_bench
from risk.backtest.causes import Judging
from risk.backtest.compare import Contender, compare, prepare
from risk.backtest.labels import read_frauds
from risk.backtest.measures import Truth
from risk.backtest.report import Report
from risk.backtest.sides import Readable, check_recorded, contenders
from risk.backtest.sweep import BadSweep, read_names, sweep
from risk.books import Books
from risk.challenger import misfits
from risk.commands.options import Partitions, Processes, Since, Until
from risk.commands.progress import show_progress
from risk.commands.report import HtmlFile, JsonFile, Labels, Last, MarkdownFile, hand_over
from risk.commands.screen import Bootstrap, console
from risk.decide import Bench
from risk.files import BadFile
from risk.replay.parts import Parts
from risk.replay.payments import Payments
from risk.replay.reconsider import within
from risk.replay.recorded import recorded
from risk.replay.run import Judges, limits_of, replay_payments
from risk.replay.span import Span, asked
from risk.settings import Settings, load
from rules.errors import BookError, Mistake
from rules.load import with_list

_CAPACITY = re.compile(r"(\d{1,9}(?:\.\d+)?)(?:/day)?")


class Given(msgspec.Struct, frozen=True):
    """One side as the command line names it: a book's folder, a scorer's file, lists."""

    book: Path
    scorer: Path | None
    lists: Sequence[str] = ()

    def bench(self) -> Bench:
        """Read it; raises `BookError`."""
        bench = build_bench(self.book, self.scorer)
        for text in self.lists:
            name, _, file = text.partition("=")
            if not file:
                cause = "--list is written NAME=FILE: a list of the book, and its new entries"
                raise BookError([Mistake("--list", 1, 1, cause)])
            book = with_list(bench.book, name, Path(file))
            bench = assemble(book, bench.scorer)
        return bench


class History(msgspec.Struct, frozen=True):
    """The records for each side, or for both; `is_recorded`: they were decided before."""

    records: list[Readable]
    is_recorded: bool


def backtest(
    on: Annotated[
        list[str],
        typer.Option(help="Payments or recorded decisions: files, an archive, topic:NAME."),
    ],
    book: Annotated[
        list[Path], typer.Option(help="A book's folder: the one before, then the one proposed.")
    ],
    scorer: Annotated[
        list[Path] | None,
        typer.Option(help="Scorers' files, as the books: one before, one proposed."),
    ] = None,
    list_: Annotated[
        list[str] | None,
        typer.Option("--list", help="NAME=FILE: other entries for a list of the one proposed."),
    ] = None,
    labels: Labels = None,
    sweep_: Annotated[
        str | None, typer.Option("--sweep", help="RULE.param, or two with a comma.")
    ] = None,
    capacity: Annotated[
        str | None, typer.Option(help="Reviews that people can do, like 200/day.")
    ] = None,
    last: Last = None,
    since: Since = None,
    until: Until = None,
    partitions: Partitions = 4,
    processes: Processes = None,
    json_: JsonFile = None,
    markdown: MarkdownFile = None,
    html: HtmlFile = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Compare two books over one history, payment by payment, and say why they differ.

    Recorded decisions are judged by the values that they hold (seconds for a million);
    payments are folded anew, once for each book where they declare other velocities. With one
    --book a --list or --scorer is what is proposed, and a --sweep tries settings of its rules.
    Every flip has its cause: the rule, list, score, feature or threshold without which it would
    not be.

    Example: risk backtest --on decisions.parquet --book live --book proposed --labels l.jsonl

    Exit status: 0 done; 1 the data could not be read to its end (what was read is reported and
    marked PARTIAL), or there was nothing; 2 wrong usage, settings or book.
    """
    settings, _ = load({"bootstrap": bootstrap})
    cards: list[Path | None] = [*scorer] if scorer else [None]
    pairs = zip((book * 2)[:2], (cards * 2)[:2], ((), list_ or ()), strict=True)
    given = [Given(*pair) for pair in pairs]
    benches = [one.bench() for one in given]
    frauds = read_frauds(labels) if labels else None
    names = read_names(sweep_, benches[1].book) if sweep_ else None
    able = _capacity(capacity)
    count = processes or os.cpu_count() or 1
    with _history(on, given, benches, settings, partitions, count) as history:
        records = [within(each, asked(each, last, since, until)) for each in history.records]
        sides = contenders(benches, records)
        for side in sides if history.is_recorded else ():
            check_recorded(side)
        report = compare(*sides, frauds, history.records[0].fault)
        if names is not None:
            report = _swept(report, sides[1], frauds, names, able)
    hand_over(report, json_, markdown, html)
    raise typer.Exit(1 if report.is_partial else 0)


def _swept(
    report: Report,
    side: Contender,
    frauds: frozenset[str] | None,
    names: tuple[tuple[str, str], ...],
    capacity: float | None,
) -> Report:
    frame = side.loaded.frame
    truth = Truth(prepare(frame, report.exponent, frauds))
    judging = Judging(side.bench.book, side.bench.scorer, frame)
    found = sweep(judging, names, truth, report.days, capacity)
    return msgspec.structs.replace(report, sweep=found)


@contextmanager
def _history(
    on: list[str],
    given: list[Given],
    benches: list[Bench],
    settings: Settings,
    partitions: int,
    processes: int,
) -> Iterator[History]:
    """The records for each side: those given, or the payments replayed, by each book if needed.

    A book that keeps the same of the past as the one before judges by what that one gathered.
    """
    from risk.commands.replay import are_decisions

    if are_decisions(on, settings):
        yield History([Readable(partial(recorded, on, settings.bootstrap))], is_recorded=True)
        return
    payments = Payments(tuple(sorted(on)), partitions, settings.bootstrap)
    with tempfile.TemporaryDirectory(prefix="risk-backtest-") as place:
        found: list[Readable] = []
        for number, bench in enumerate(benches):
            if number and not any(misfits(benches[0], bench)):
                continue
            parts = Parts(Path(place) / f"{number}.jsonl")
            judges = Judges(*_kept(given[number], bench, settings))
            found.append(_replayed(payments, judges, settings, parts, processes))
        yield History(found, is_recorded=False)


def _kept(given: Given, bench: Bench, settings: Settings) -> tuple[Books, tuple[str, str]]:
    if given.lists:
        raise BadFile(
            "what a rule over several payments keeps changes with a --list that it asks: change"
            " the list in a copy of the book, and give that as the second --book"
        )
    books = Books(settings.books_dir)
    kept = books.keep(given.book, bench, given.scorer)
    return books, (kept.book, kept.scorer)


def _replayed(
    payments: Payments, judges: Judges, settings: Settings, parts: Parts, processes: int
) -> Readable:
    """Fold payments into parts, as far as they can be read; raises `BadFile` if that is 0."""
    parts.begin({})
    found = Readable(parts.batches)
    try:
        with show_progress(console(to_stderr=True), "payments") as show:
            replay_payments(
                payments, Span(), judges, limits_of(settings), parts, processes, show
            )
    except BadFile as error:
        if not parts.totals().rows:
            raise
        found.fault = str(error)
    return found


def _capacity(text: str | None) -> float | None:
    if text is None:
        return None
    match = _CAPACITY.fullmatch(text)
    if match is None:
        raise BadSweep("--capacity is written like 200/day")
    return float(match[1])
