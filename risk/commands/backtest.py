"""`risk backtest`: two books over one history."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from risk.assembly import build_bench
from risk.backtest.blocks import blocks
from risk.backtest.causes import Judging
from risk.backtest.compare import Contender, compare, prepare, unequal
from risk.backtest.forms import to_markdown, to_page, to_text
from risk.backtest.frame import load as load_frame
from risk.backtest.labels import read_frauds
from risk.backtest.measures import Truth
from risk.backtest.report import Report
from risk.backtest.sweep import BadSweep, read_names, sweep
from risk.books import Books
from risk.commands.progress import show_progress
from risk.commands.screen import Bootstrap, console, harmless
from risk.decide import Bench
from risk.files import BadFile
from risk.replay.parts import Parts
from risk.replay.payments import Payments
from risk.replay.reconsider import Records, within
from risk.replay.recorded import recorded
from risk.replay.run import Judges, limits_of, replay_payments
from risk.replay.span import Span, last_days, read_span
from risk.settings import Settings, load

_CAPACITY = re.compile(r"(\d{1,9}(?:\.\d+)?)(?:/day)?")


class Given(msgspec.Struct, frozen=True):
    """One side as the command line names it: a book's folder, and a scorer's file if any."""

    book: Path
    scorer: Path | None


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
    labels: Annotated[
        list[Path] | None, typer.Option(help="Labels (JSON lines): which were frauds.")
    ] = None,
    sweep_: Annotated[
        str | None, typer.Option("--sweep", help="RULE.param, or two with a comma.")
    ] = None,
    capacity: Annotated[
        str | None, typer.Option(help="Reviews that people can do, like 200/day.")
    ] = None,
    last: Annotated[
        str | None, typer.Option(help="Only the last days of it, like 30d.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Only payments from this time on.")] = None,
    until: Annotated[str | None, typer.Option(help="Only payments before this time.")] = None,
    partitions: Annotated[
        int, typer.Option(min=1, max=10_000, help="Of payments in files: as the topic had.")
    ] = 4,
    processes: Annotated[
        int | None, typer.Option(min=1, max=256, help="All cores if left out.")
    ] = None,
    json_: Annotated[
        Path | None, typer.Option("--json", help="Write all of it as JSON.")
    ] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write it for a pull request.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write one page, plots and all.")] = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Compare two books over one history, payment by payment, and say why they differ.

    Recorded decisions are judged by the values that they hold (seconds for a million);
    payments are folded anew for each book, which is needed where it declares other velocities.
    With one --book a --sweep tries settings of its rules. Every flip has its cause: the rule,
    list, score, feature or threshold without which it would not be.

    Example: risk backtest --on decisions.parquet --book live --book proposed --labels l.jsonl

    Exit status: 0 done; 1 the data could not be read, or there was nothing; 2 wrong usage,
    settings or book.
    """
    settings, _ = load({"bootstrap": bootstrap})
    cards: list[Path | None] = [*scorer] if scorer else [None]
    given = [
        Given(folder, card)
        for folder, card in zip((book * 2)[:2], (cards * 2)[:2], strict=True)
    ]
    benches = [build_bench(one.book, one.scorer) for one in given]
    frauds = read_frauds(labels) if labels else None
    names = read_names(sweep_, benches[1].book) if sweep_ else None
    able = _capacity(capacity)
    with _history(
        on, given, benches, settings, partitions, processes or os.cpu_count() or 1
    ) as records:
        span = read_span(since, until, None)
        sides = _contenders(benches, [within(r, _span(r, span, last)) for r in records])
        report = compare(*sides, frauds)
    if names is not None:
        report = _swept(report, sides[1], frauds, names, able)
    _write(report, json_, markdown, html)


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
) -> Iterator[list[Records]]:
    """The records for each side: those given, or the payments replayed by each book."""
    from risk.commands.replay import are_decisions

    if are_decisions(on, settings):
        yield [partial(recorded, on, settings.bootstrap)] * 2
        return
    payments = Payments(tuple(sorted(on)), partitions, settings.bootstrap)
    with tempfile.TemporaryDirectory(prefix="risk-backtest-") as place:
        found: list[Records] = []
        for number, bench in enumerate(benches):
            if number and bench.book_version == benches[0].book_version:
                found.append(found[0])
                continue
            parts = Parts(Path(place) / f"{number}.jsonl")
            parts.begin({})
            books = Books(settings.books_dir)
            kept = books.keep(given[number].book, bench, given[number].scorer)
            judges = Judges(books, (kept.book, kept.scorer))
            with show_progress(console(to_stderr=True), "payments") as show:
                replay_payments(
                    payments, Span(), judges, limits_of(settings), parts, processes, show
                )
            found.append(parts.batches)
        yield found


def _contenders(benches: list[Bench], records: list[Records]) -> tuple[Contender, Contender]:
    words = {**benches[0].book.words, **benches[1].book.words}
    names = {*benches[0].names, *benches[1].names}
    first = load_frame(records[0](), words, names)
    same = records[0] is records[1]
    second = first if same else load_frame(records[1](), words, names)
    if not first.frame.height:
        raise BadFile(
            "no payment that was judged lies in the data and span that were asked for"
        )
    if unequal(first, second):
        raise BadFile("the two books do not read the same messages as payments")
    sides = (
        Contender(benches[0], first, records[0]),
        Contender(benches[1], second, records[1]),
    )
    for side in sides:
        _check(side)
    return sides


def _check(side: Contender) -> None:
    from risk.replay.again import lacking

    absent = lacking(side.bench, side.loaded.told | side.loaded.sources.keys())
    if absent:
        raise BadFile(
            f"book {side.bench.book_version.name} {side.bench.book_version.version} reads"
            f" {', '.join(absent)}, which the recorded decisions do not hold; backtest on the"
            " payments themselves"
        )


def _span(records: Records, span: Span, last: str | None) -> Span:
    return span if last is None else last_days(records, last)


def _capacity(text: str | None) -> float | None:
    if text is None:
        return None
    match = _CAPACITY.fullmatch(text)
    if match is None:
        raise BadSweep("--capacity is written like 200/day")
    return float(match[1])


def _write(
    report: Report, json_: Path | None, markdown: Path | None, html: Path | None
) -> None:
    shown = list(blocks(report))
    if json_:
        json_.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    if markdown:
        markdown.write_text(to_markdown(shown, harmless), encoding="utf-8")
    if html:
        html.write_text(to_page(shown, harmless), encoding="utf-8")
    console().print(to_text(shown, harmless))
