"""`risk train`: a scorer from payments and what became known of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from features.fields import microseconds
from features.history import BEGINNING
from features.velocity import DAY
from risk.assembly import book_folder, build_bench, provided
from risk.commands.progress import Show, show_progress
from risk.commands.score import maker_of
from risk.decide import Bench
from risk.files import Format, format_of, open_source
from risk.kafka_admin import Cluster
from risk.mapping import load_map
from risk.score.card import Scorecard, Switch
from risk.score.model_card import ModelCard
from risk.score.points import TextPoints
from risk.score.scorer import Scorer
from risk.settings import BadSettings, Settings, load
from risk.train import log
from risk.train.calibration import Method
from risk.train.course import Course, perfect, run_course
from risk.train.examples import Examples, Split
from risk.train.fit import Recipe
from risk.train.gather import Passed, Verdict, gather
from risk.train.keep import Named, card_for, keep
from risk.train.page import page
from risk.train.plots import pictures

TEXT = "text."


def train(
    begin: Annotated[
        datetime,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day of training, UTC."),
    ],
    file: Annotated[
        Path | None,
        typer.Argument(help="Payments: JSONL, CSV or Parquet. The topics if left out."),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="What became known of them, as JSON lines.")
    ] = None,
    fraud: Annotated[
        str | None, typer.Option("--fraud-column", help="Or a column of FILE: 1 is fraud,")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind-column", help="and one that says which kind.")
    ] = None,
    train_days: Annotated[int, typer.Option(min=2, help="Days to learn from.")] = 7,
    delay_days: Annotated[
        int, typer.Option(min=0, help="Days until it is known what was fraud.")
    ] = 7,
    test_days: Annotated[int, typer.Option(min=1, help="Days to test on.")] = 7,
    seeds: Annotated[
        int, typer.Option(min=1, max=100, help="Courses to average; the first is kept.")
    ] = 5,
    values: Annotated[
        str | None,
        typer.Option(help="Values to learn from, with commas; all of the book's if left out."),
    ] = None,
    text_points: Annotated[
        int, typer.Option(min=0, max=100, help="The most points that a text may add.")
    ] = 15,
    calibration: Annotated[
        Method, typer.Option(help="platt suits few frauds, isotonic many.")
    ] = "platt",
    complete: Annotated[
        bool, typer.Option("--complete", help="There were no payments before the first one.")
    ] = False,
    name: Annotated[str, typer.Option(help="Name of the scorer, and of its files.")] = "trees",
    version: Annotated[str | None, typer.Option(help="Its version; the last day.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for card, trees and report.")] = Path(),
    map_: Annotated[
        Path | None,
        typer.Option("--map", help="TOML file that says which column is which field."),
    ] = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="If the name of FILE does not tell.")
    ] = None,
    book: Annotated[Path | None, typer.Option(help="Folder of the rule book.")] = None,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka brokers, host:port,...")] = None,
    settings_file: Annotated[
        Path | None, typer.Option("--settings", help="Settings file (TOML).")
    ] = None,
) -> None:
    """Train a scorer on payments and what became known of them, and say how good it is.

    The log is read once from its start, so that every payment has the values it had when it
    passed; then come days of training, of delay and of test, in this order. Writes NAME.json
    (the card: `risk score --scorer NAME.json`), NAME.txt (trees), NAME.html (the report) and
    its pictures. A text never enters the trees: it adds at most --text-points on top.

    Example: risk train cards.csv.gz --map cards.toml --fraud-column is_fraud --from 2026-03-01

    Exit status: 0 done; 1 a file cannot be read, or there is not enough to learn from; 2 wrong
    usage, mapping, settings or book.
    """
    settings, _ = load({"book": book, "bootstrap": bootstrap}, settings_file)
    bench = build_bench(book_folder(settings))
    split = Split(microseconds(begin.replace(tzinfo=UTC)), train_days, delay_days, test_days)
    said = None if fraud is None else log.Said(fraud, kind, delay_days * DAY)
    words = provided(bench)
    names = chosen_names(words, values)
    console = Console(stderr=True)
    with ExitStack() as stack:
        source = _Source(stack, bench, settings, show_progress(console, "payments"))
        if file is None:
            payments, verdicts = source.topics()
        else:
            payments = source.file(file, format_, map_, said)
            verdicts = source.labels(labels) if labels else []
        since = BEGINNING if complete else None
        span = (split.begin, split.test_end)
        examples = gather(payments, bench.plan, names, *span, verdicts, since)
    console.print(source.remark(examples), highlight=False)
    course = run_course(examples, split, Recipe(), seeds, calibration, console.print)
    text = text_points_of(bench.scorer, text_points)
    named = Named(name, version or f"{begin:%Y-%m-%d}", text)
    card = card_for(course, split, Recipe(), calibration, named, words)
    files = _write(course, card, out, perfect(split, course.test))
    _print(Console(), course, files)


def chosen_names(words: Mapping[str, str], wanted: str | None) -> list[str]:
    """The values to learn from: all numbers and flags but those from text, or those named."""
    known = [name for name in words if not name.startswith(TEXT)]
    if wanted is None:
        return known
    names = [name.strip() for name in wanted.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadSettings(
            "\n".join(f"--values {name}: no number or flag of the book" for name in unknown)
        )
    return list(dict.fromkeys(names))


def text_points_of(scorer: Scorer, most: int) -> TextPoints:
    """Points for what a text says, as the book's scorecard has them, and at most so many."""
    lines = scorer.lines if isinstance(scorer, Scorecard) else ()
    points = {
        line.name: line.true
        for line in lines
        if isinstance(line, Switch) and line.name.startswith(TEXT) and line.true
    }
    return TextPoints(most, points)


class _Source:
    """Where payments and labels come from; what is opened is closed with the stack."""

    def __init__(
        self,
        stack: ExitStack,
        bench: Bench,
        settings: Settings,
        progress: AbstractContextManager[Show],
    ) -> None:
        self._stack = stack
        self._settings = settings
        self._show = stack.enter_context(progress)
        self._attributes = bench.attributes
        self._reader = log.Reader(bench.rates, bench.attributes, bench.base_exponent)

    def file(
        self, file: Path, format_: Format | None, map_: Path | None, said: log.Said | None
    ) -> Iterator[Passed]:
        """Payments of a file."""
        column_map = load_map(map_, self._attributes) if map_ else None
        delimiter = column_map.csv.delimiter if column_map else ","
        opened = open_source(file, format_ or format_of(file), delimiter)
        source = self._stack.enter_context(opened)
        maker = maker_of(source, column_map, self._attributes)
        payments = log.from_file(source, maker, self._reader, said)
        return self._shown(payments, source.fraction)

    def labels(self, file: Path) -> list[Verdict]:
        """Labels of a file."""
        with open_source(file, "jsonl") as source:
            return log.verdicts(source, str(file))

    def topics(self) -> tuple[Iterator[Passed], list[Verdict]]:
        """Payments and labels of the topics."""
        cluster = self._stack.enter_context(Cluster(self._settings.bootstrap))
        payments = log.from_topic(cluster, self._settings.topic_transactions, self._reader)
        verdicts = log.verdicts_from_topic(cluster, self._settings.topic_labels)
        return self._shown(payments, lambda: None), verdicts

    def _shown(
        self, payments: Iterable[Passed], fraction: Callable[[], float | None]
    ) -> Iterator[Passed]:
        for count, passed in enumerate(payments, 1):
            if not count % 2048:
                self._show(count, fraction())
            yield passed

    def remark(self, examples: Examples) -> str:
        """What was read, for people."""
        reader = self._reader
        return (
            f"{len(examples):,} payments from training to test, {int(examples.fraud.sum()):,} "
            f"of them fraud; left out of the log: {reader.malformed:,} that are no payments, "
            f"{reader.repeated:,} repeats"
        )


def _write(course: Course, card: ModelCard, out: Path, best: float) -> list[Path]:
    """Write card, trees, pictures and report; the card comes first in the list."""
    path = keep(card, course.fitted.text, out)
    drawn = pictures(course)
    images = [out / f"{card.name}-{picture}.png" for picture in drawn]
    for place, image in zip(images, drawn.values(), strict=True):
        place.write_bytes(image)
    report = path.with_suffix(".html")
    report.write_text(page(course, card, drawn, best), encoding="utf-8")
    return [path, out / card.trees, report, *images]


def _print(console: Console, course: Course, files: Sequence[Path]) -> None:
    table = Table("", box=None)
    table.add_column("test", justify="right")
    table.add_column("sd over seeds", justify="right")
    for name, mark in course.marks.items():
        if mark == mark:
            spread = course.spread.get(name)
            table.add_row(name, f"{mark:.4f}", "" if spread is None else f"{spread:.4f}")
    console.print(table)
    for file in files:
        console.print(str(file), highlight=False, markup=False)
