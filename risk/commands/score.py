"""`risk score FILE`: decide the payments of a file, without Kafka."""

import gc
import json
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from features.catalogue import Value
from risk.assembly import build_pipeline
from risk.books import open_book
from risk.commands.progress import show_progress
from risk.commands.summary import print_summary
from risk.filerun import FileRun
from risk.files import STANDARD, BadFile, Format, Source, format_of, open_source
from risk.mapping import ColumnMap, load_map, same_names
from risk.output import Output
from risk.pipeline import Pipeline
from risk.reports import read_reports, require_labels
from risk.rows import MessageMaker
from risk.settings import load
from risk.tally import Tally
from risk.vocabulary import attribute_values


def score(
    file: Annotated[
        Path, typer.Argument(help="JSONL, CSV (both also .gz) or Parquet; - is stdin.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Decisions as JSON lines; - is stdout. Beside FILE if not given."),
    ] = None,
    dead_letters: Annotated[
        Path | None, typer.Option(help="Rows that are no payments, with all their mistakes.")
    ] = None,
    map_: Annotated[
        Path | None,
        typer.Option("--map", help="TOML file that says which column is which field."),
    ] = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="If the name of FILE does not tell.")
    ] = None,
    labels: Annotated[
        list[Path] | None,
        typer.Option(help="Labels (JSON lines), for a book that looks at them."),
    ] = None,
    book: Annotated[Path | None, typer.Option(help="Folder of the rule book.")] = None,
    scorer: Annotated[
        Path | None, typer.Option(help="Scorer to use instead of the book's: .json or .yaml.")
    ] = None,
    partitions: Annotated[
        int, typer.Option(min=1, max=10_000, help="Shard by payer, as a topic of so many.")
    ] = 1,
    topic: Annotated[str | None, typer.Option(help="Topic, for the decision ids.")] = None,
    epoch: Annotated[str | None, typer.Option(help="Epoch of the topic, likewise.")] = None,
    settings_file: Annotated[
        Path | None, typer.Option("--settings", help="Settings file (TOML).")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Decide the payments of a file, without Kafka: decisions out, and a summary.

    Examples: risk score payments.jsonl

    risk score cards.csv.gz --map cards.toml --out - --dead-letters bad.jsonl | jq .outcome

    Exit status: 0 every row has its decision; 1 the file could not be read or written to its
    end, or held no payment at all; 2 wrong usage, mapping, settings or book.
    """
    flags = {"book": book, "scorer": scorer, "topic_transactions": topic, "topic_epoch": epoch}
    settings, _ = load(flags, settings_file)
    bench = open_book(settings)
    attributes = attribute_values(bench.book.attributes)
    column_map = load_map(map_, attributes) if map_ else None
    decisions = place_of(file, out)
    begin = time.monotonic()
    with ExitStack() as stack:
        format_ = format_ or ("jsonl" if file == STANDARD else format_of(file))
        delimiter = column_map.csv.delimiter if column_map else ","
        source = stack.enter_context(open_source(file, format_, delimiter))
        maker = maker_of(source, column_map, attributes)
        sinks = [
            stack.enter_context(Output(path)) for path in (decisions, dead_letters) if path
        ]
        pipeline = build_pipeline(settings, bench, partitions)
        tell_labels(pipeline, partitions, labels or [])
        run = FileRun(pipeline, partitions, maker)
        tally = write_answers(run, source, sinks)
        if not tally.rows:
            raise BadFile(f"{file}: there are no rows in it")
    seconds = time.monotonic() - begin
    to_stdout = decisions == STANDARD
    if json_:
        summary = {**tally.to_dict(), "seconds": round(seconds, 3), "decisions": str(decisions)}
        typer.echo(json.dumps(summary), err=to_stdout)
    else:
        print_summary(Console(stderr=to_stdout), tally, seconds, decisions, dead_letters)
    if sum(tally.refused.values()) == tally.rows:
        raise BadFile(
            f"{file}: not one row is a payment; is it the right file, format or --map?"
        )


def place_of(file: Path, out: Path | None) -> Path:
    """Say where the decisions go; raises `BadFile` if that would overwrite the payments."""
    if out is None:
        if file == STANDARD:
            return STANDARD
        stem = Path(file.stem).stem if file.suffix == ".gz" else file.stem
        return file.with_name(f"{stem}.decisions.jsonl")
    if out != STANDARD and file != STANDARD and out.resolve() == file.resolve():
        raise BadFile(f"{out}: is the file of the payments; give another --out")
    return out


def tell_labels(pipeline: Pipeline, partitions: int, places: list[Path]) -> None:
    """Tell all labels at the beginning; each waits until a payment of its time comes."""
    require_labels(pipeline.bench, places)
    heard = read_reports(places)
    for partition in range(partitions if heard else 0):
        pipeline.learn(partition, heard)


def maker_of(
    source: Source, column_map: ColumnMap | None, attributes: Mapping[str, Value]
) -> MessageMaker | None:
    """Say how rows become messages; None if they are messages already."""
    if source.columns:
        column_map = column_map or same_names(source.columns, attributes)
        return MessageMaker(column_map, source.columns, attributes)
    if column_map:
        columns = tuple(dict.fromkeys(column_map.fields.values()))
        return MessageMaker(column_map, columns, attributes)
    return None


def write_answers(run: FileRun, source: Source, sinks: list[Output]) -> Tally:
    """Answer every row into the sinks: decisions, and if there is a second one dead letters."""
    tally = Tally()
    # The state only grows: walking it again and again costs a tenth and finds no garbage.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    with show_progress(Console(stderr=True), "payments") as show:
        for batch in run.answer(source.rows):
            sinks[0].write([row.answer.encoded for row in batch])
            for sink in sinks[1:]:
                sink.write([row.rejection() for row in batch if row.answer.dead_letter])
            tally.add(batch)
            show(tally.rows, source.fraction())
    return tally
