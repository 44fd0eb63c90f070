"""`risk show`: find one decision and say all of it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from risk.commands.progress import Show, show_progress
from risk.commands.screen import AsJson, Bootstrap, console, harmless, print_json
from risk.commands.view import Line, dossier
from risk.commands.why import why as explain
from risk.decision import Decision, decode
from risk.kafka_admin import Cluster, Record
from risk.reader import parse_src
from risk.settings import Settings, load

CHUNK = 20_000
"""Offsets read at once, from the end of the log backwards: people ask for what is new."""

Test = Callable[[Record], bool]


class NotFound(Exception):
    """No decision in the log answers to the name."""


class Unreadable(Exception):
    """The record was found and is no decision as this version knows it."""


def show(
    name: Annotated[
        str,
        typer.Argument(metavar="ID", help="decision id, transaction id, or PARTITION:OFFSET"),
    ],
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
    why: Annotated[
        bool, typer.Option("--why", help="with the exact part of every value in the score")
    ] = False,
    scorer: Annotated[
        Path | None, typer.Option(help="card (.json) of the scorer that made it; for --why")
    ] = None,
) -> None:
    """Show one decision: outcome, reasons, values by source, score, rules, versions, timings.

    PARTITION:OFFSET is the place of the payment in the transactions topic. The newest decisions
    are searched first; of repeats of one decision the first counts, as for every reader.

    Example: risk show 2:1041

    Exit status: 0 shown, 1 not found or no broker, 2 wrong usage.
    """
    settings, _ = load({"bootstrap": bootstrap, "scorer": scorer})
    with (
        Cluster(settings.bootstrap) as cluster,
        show_progress(console(to_stderr=True), "records") as progress,
    ):
        raw = _find(cluster, settings, name, progress)
    if raw is None:
        raise NotFound(
            f"no decision {harmless(name)} in topic {settings.topic_decisions} at"
            f" {settings.bootstrap}; `risk tail --from beginning` shows what is there"
        )
    if as_json:
        print_json(json.loads(raw))
        return
    try:
        decision = decode(raw)
    except msgspec.MsgspecError:
        raise Unreadable(
            f"decision {harmless(name)} is of another version; try --json"
        ) from None
    screen = console()
    for text, style in dossier(decision):
        screen.print(text, style=style)
    if why:
        for text, style in _explained(decision, settings.scorer):
            screen.print(text, style=style)


def _explained(decision: Decision, scorer: Path | None) -> Iterator[Line]:
    if scorer is None or scorer.suffix != ".json":
        yield "", ""
        yield "the contributions above are exact: a scorecard made them", ""
        return
    yield from explain(decision, scorer)


def tester(name: str, settings: Settings) -> tuple[Test, int | None]:
    """Say how a record is recognised, and in which partition it must be, if that is known."""
    place = re.fullmatch(r"(\d{1,9}):(\d{1,18})", name)
    if place:
        wanted = (settings.topic_epoch, int(place[1]), int(place[2]))
        return lambda record: parse_src(dict(record.headers).get("src")) == wanted, wanted[1]
    needles = [
        b'"%s":%s' % (field, msgspec.json.encode(name)) for field in (b"id", b"transaction_id")
    ]

    def names(record: Record) -> bool:
        value = record.value or b""
        if not any(needle in value for needle in needles):
            return False
        found = _names(value)
        return name in (found.id, found.transaction_id)

    return names, None


class _Names(msgspec.Struct):
    id: str = ""
    transaction_id: str | None = None


_decode_names: Any = msgspec.json.Decoder(_Names).decode


def _names(value: bytes) -> _Names:
    try:
        found: _Names = _decode_names(value)
    except msgspec.MsgspecError:
        return _Names()
    return found


def _find(cluster: Cluster, settings: Settings, name: str, progress: Show) -> bytes | None:
    matches, partition = tester(name, settings)
    spans = cluster.spans(settings.topic_decisions)
    if partition is not None:
        spans = {partition: spans[partition]} if partition in spans else {}
    expected, done = sum(len(span) for span in spans.values()), 0
    for number, span in _chunks(spans):
        found = _first(cluster, settings, number, span, matches)
        done += len(span)
        progress(done, done / expected)
        if found is not None:
            # Its first record may lie further back, as far as a re-run after a crash reaches.
            begin = spans[number].start
            before = range(max(begin, span.start - CHUNK), span.start)
            earlier = _first(cluster, settings, number, before, matches)
            return (earlier or found).value
    return None


def _first(
    cluster: Cluster, settings: Settings, partition: int, span: range, matches: Test
) -> Record | None:
    if not span:
        return None
    records = cluster.read(settings.topic_decisions, partition, span)
    return next((record for record in records if matches(record)), None)


def _chunks(spans: dict[int, range]) -> Iterator[tuple[int, range]]:
    """The newest chunk of every partition, then the next older ones."""
    left = dict(spans)
    while left := {number: span for number, span in left.items() if span}:
        for number, span in left.items():
            cut = max(span.start, span.stop - CHUNK)
            yield number, range(cut, span.stop)
            left[number] = range(span.start, cut)
