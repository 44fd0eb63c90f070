"""`risk backfill`: make the velocities of a changed book warm before the worker takes it."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer

from features.fields import instant
from risk.backfill.fill import Filled, Filler
from risk.books import open_book
from risk.commands.progress import show_progress
from risk.commands.screen import AsJson, Bootstrap, console, print_json
from risk.decide import Bench
from risk.files import BadFile
from risk.kafka_admin import Cluster
from risk.mapping import load_map
from risk.replay.payments import Payments
from risk.replay.recorded import TOPIC
from risk.settings import Settings, load


def backfill(
    book: Annotated[Path, typer.Argument(help="Folder of the book that the worker will use.")],
    from_: Annotated[
        list[str],
        typer.Option(
            "--from",
            help="topic:NAME (the payments that Kafka keeps), or files of older payments, which"
            " are folded before those of the topic.",
        ),
    ],
    map_: Annotated[
        Path | None, typer.Option("--map", help="TOML file: which column is which field.")
    ] = None,
    bootstrap: Bootstrap = None,
    group: Annotated[str | None, typer.Option(help="Consumer group of the workers.")] = None,
    state_dir: Annotated[
        Path | None, typer.Option(help="Folder of the worker's state.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Build the history of every velocity of a book, so that new ones are known at once.

    Stop the workers first. Each partition is folded up to what they have committed, and gets a
    new checkpoint in one step; they go on from there. What the old checkpoint knows of older
    velocities is kept. A run that was interrupted is started again: partitions in which
    everything is known are left alone.

    Example: risk backfill my-book --from topic:transactions

    Exit status: 0 done; 1 a worker holds the state, the disk is full, or the payments could not
    be read; 2 wrong usage, settings or book.
    """
    flags = {"book": book, "bootstrap": bootstrap, "group": group, "state_dir": state_dir}
    settings, _ = load(flags)
    bench = open_book(settings)
    spans = committed_spans(settings)
    past = _past(from_, len(spans), map_, bench, settings)
    begin = time.monotonic()
    with show_progress(console(to_stderr=True), "payments") as show:
        filled = asyncio.run(Filler(settings, bench, spans, past, show).fill())
    _print(filled, time.monotonic() - begin, as_json=as_json)


def committed_spans(settings: Settings) -> dict[int, tuple[int, int]]:
    """By partition: where the log begins, and up to where the workers have decided."""
    with Cluster(settings.bootstrap) as cluster:
        spans = cluster.spans(settings.topic_transactions)
        committed = cluster.committed(settings.group, settings.topic_transactions)
    return {
        partition: (span.start, max(span.start, committed.get(partition, span.start)))
        for partition, span in spans.items()
    }


def _past(
    places: list[str], partitions: int, map_: Path | None, bench: Bench, settings: Settings
) -> Payments | None:
    topics = [place for place in places if place.startswith(TOPIC)]
    if topics:
        if len(places) > 1 or topics[0] != TOPIC + settings.topic_transactions:
            raise BadFile(
                f"--from is topic:{settings.topic_transactions}, whose offsets the workers"
                " have committed, or files of older payments"
            )
        return None
    column_map = load_map(map_, bench.attributes) if map_ else None
    return Payments(tuple(sorted(places)), partitions, settings.bootstrap, column_map)


def _print(filled: list[Filled], seconds: float, *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "partition": one.partition,
                    "offset": one.offset,
                    "payments": one.payments,
                    "untouched": one.is_warm,
                    "known_from": {n: instant(at).isoformat() for n, at in one.cold.items()},
                }
                for one in filled
            ]
        )
        return
    screen = console()
    total = sum(one.payments for one in filled)
    screen.print(f"{total:,} payments folded in {seconds:,.1f} s")
    for one in filled:
        state = "was warm already" if one.is_warm else f"checkpoint at offset {one.offset:,}"
        screen.print(f"partition {one.partition}: {state}")
    late: dict[str, int] = {}
    for one in filled:
        for name, at in one.cold.items():
            late[name] = max(at, late.get(name, at))
    for name, at in sorted(late.items()):
        when = f"{instant(at):%Y-%m-%d %H:%M} UTC"
        screen.print(f"  {name} is unknown until {when} of event time")
    if not late:
        screen.print("every velocity is known from the next payment on")
