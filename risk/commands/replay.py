"""`risk replay`: decide history again."""

import json
import os
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from risk.again import DataLacks
from risk.books import Books, open_book
from risk.commands.options import LabelLog, Partitions, Processes, Since, Until
from risk.commands.progress import show_progress
from risk.commands.screen import AsJson, Bootstrap, console
from risk.decide import Bench
from risk.files import BadFile
from risk.mapping import load_map
from risk.replay.labels import NOTHING, Told, told_of
from risk.replay.parts import Counts, Parts, Unwritable
from risk.replay.payments import Payments, count_partitions
from risk.replay.publish import check_target, publish
from risk.replay.reconsider import within
from risk.replay.recorded import TOPIC, holds_decisions, recorded
from risk.replay.run import Judges, Show, limits_of, replay_payments, replay_recorded
from risk.replay.span import Span, read_span
from risk.settings import Settings, load

SUFFIXES = (".jsonl", ".gz", ".parquet", ".pq")


def replay(
    data: Annotated[
        list[str],
        typer.Argument(
            help="Payments or recorded decisions: files (JSONL, CSV, Parquet), the folder of an"
            " archive, or topic:NAME."
        ),
    ],
    out: Annotated[
        str, typer.Option(help="NAME.parquet, NAME.jsonl (also .gz), or topic:NAME.")
    ],
    depth: Annotated[
        Literal["recorded", "recomputed"] | None,
        typer.Option(help="By the recorded values, or anew from payments; else by what it is."),
    ] = None,
    labels: LabelLog = None,
    book: Annotated[Path | None, typer.Option(help="Folder of the book that judges.")] = None,
    scorer: Annotated[
        Path | None, typer.Option(help="A scorer's file, instead of the book's scorecard.")
    ] = None,
    since: Since = None,
    until: Until = None,
    offsets: Annotated[
        str | None, typer.Option(help="Only these offsets: 0:100-200,1:0-50 (ends included).")
    ] = None,
    partitions: Partitions = 4,
    processes: Processes = None,
    map_: Annotated[
        Path | None, typer.Option("--map", help="TOML file: which column is which field.")
    ] = None,
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
) -> None:
    """Decide history again, by any book, with the core that the stream runs.

    Recorded decisions are judged by the values that they hold; payments are folded anew, which
    gives what the stream would have given. Decisions come in the order of the log, without
    timings: the same data and book give the same bytes, for any number of processes and any
    order of files. A run that was killed goes on where it was: call it again. Payments before
    --since are folded all the same, so that the windows are those of the stream.

    Example: risk replay payments.jsonl --book my-book --out proposed.parquet

    Exit status: 0 done; 1 the data could not be read to its end, or there was nothing; what was
    decided until then is kept in partial-NAME; 2 wrong usage, settings or book.
    """
    settings, _ = load({"bootstrap": bootstrap, "book": book, "scorer": scorer})
    bench = open_book(settings)
    key = (bench.book_version.hash, bench.scorer_version.hash)
    judges = Judges(Books(settings.books_dir), key)
    span = read_span(since, until, offsets)
    topic = out.removeprefix(TOPIC) if out.startswith(TOPIC) else None
    parts = Parts(_result(out, topic, settings))
    count = processes or os.cpu_count() or 1
    is_recorded = depth == "recorded" or (depth is None and are_decisions(data, settings))
    column_map = load_map(map_, bench.attributes) if map_ else None
    payments = Payments(tuple(sorted(data)), partitions, settings.bootstrap, column_map)
    told = NOTHING if is_recorded else told_of(bench, labels, payments, settings)
    plan = _plan([*data, *told.places], bench, span, is_recorded=is_recorded, payments=payments)
    begin = time.monotonic()
    done = parts.begin(plan)
    if done:
        console(to_stderr=True).print(f"{done:,} decisions are there already; going on")
    with show_progress(console(to_stderr=True), "decisions") as show:
        given = (span, judges, settings, parts, count, show)
        try:
            counts = _run(data, payments, told, *given, is_recorded=is_recorded)
        except (BadFile, DataLacks) as error:
            _keep(parts, error)
            raise
        width = partitions if is_recorded else count_partitions(payments)
        _finish(parts, topic, width, settings)
    _print(counts, out, time.monotonic() - begin, as_json=as_json)


def are_decisions(data: list[str], settings: Settings) -> bool:
    """Tell whether the data are recorded decisions; raises `BadFile` for a mixture."""
    topics = [place for place in data if place.startswith(TOPIC)]
    kinds = {place.removeprefix(TOPIC) != settings.topic_transactions for place in topics}
    kinds |= {holds_decisions(place) for place in data if place not in topics}
    if len(kinds) > 1 or (topics and len(topics) < len(data)):
        raise BadFile("give either payments or decisions, and either files or a topic")
    return kinds == {True}


def _run(
    data: list[str],
    payments: Payments,
    told: Told,
    span: Span,
    judges: Judges,
    settings: Settings,
    parts: Parts,
    processes: int,
    show: Show,
    *,
    is_recorded: bool,
) -> Counts:
    if is_recorded:
        records = within(partial(recorded, data, settings.bootstrap), span)
        return replay_recorded(records, judges, parts, processes, show)
    limits = limits_of(settings)
    return replay_payments(payments, span, judges, limits, parts, processes, show, told)


def _keep(parts: Parts, error: Exception) -> None:
    """Keep what was decided until the data could not be read, and say where it is."""
    if isinstance(error, Unwritable):
        return
    rows = parts.totals().rows
    partial = parts.keep_partial()
    if partial is not None:
        error.add_note(f"PARTIAL: {rows:,} decisions were whole by then; they are in {partial}")


def _result(out: str, topic: str | None, settings: Settings) -> Path:
    if topic is None:
        path = Path(out)
        if path.suffix not in SUFFIXES:
            raise BadFile(f"{out}: must end in .jsonl, .jsonl.gz or .parquet, or be topic:NAME")
        return path
    check_target(topic, settings)
    return settings.state_dir / f"replay-{topic}.jsonl"


def _plan(
    data: list[str], bench: Bench, span: Span, *, is_recorded: bool, payments: Payments
) -> dict[str, object]:
    """All that the result depends on: parts of another plan must not be taken up."""
    files = [path for path in map(Path, sorted(data)) if path.is_file()]
    return {
        "data": sorted(data),
        "sizes": [[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in files],
        "recorded": is_recorded,
        "partitions": payments.partitions,
        "map": payments.column_map,
        "span": msgspec.to_builtins(span, str_keys=True),
        "book": bench.book_version,
        "scorer": bench.scorer_version,
    }


def _finish(parts: Parts, topic: str | None, partitions: int, settings: Settings) -> None:
    if topic is None:
        parts.join()
    else:
        publish(parts, topic, partitions, settings)
    parts.remove()


def _print(counts: Counts, out: str, seconds: float, *, as_json: bool) -> None:
    if as_json:
        found = {**msgspec.to_builtins(counts), "seconds": round(seconds, 3), "out": out}
        typer.echo(json.dumps(found))
        return
    screen = console()
    rate = counts.rows / max(seconds, 1e-9)
    screen.print(f"{counts.rows:,} decisions in {seconds:,.1f} s, {rate:,.0f} a second: {out}")
    for outcome, number in sorted(counts.outcomes.items()):
        screen.print(f"{number:>12,}  {outcome}")
    for code, number in counts.refused.items():
        screen.print(f"{number:>12,}  were no payments: {code}")
    if counts.repeats:
        screen.print(f"{counts.repeats:>12,}  came again and got their first answer")
    if counts.elsewhere:
        screen.print(
            f"{counts.elsewhere:>12,}  values by payee, device or the like: each partition"
            " knows its own payments only, as on the stream"
        )
