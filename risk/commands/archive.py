"""`risk archive`: keep decisions and labels as Parquet by day."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from risk.archive.labels import to_labels
from risk.archive.shelf import LABEL_KIND, Archive
from risk.commands.progress import show_progress
from risk.commands.screen import AsJson, Bootstrap, console, print_json
from risk.decision import Decision, decode
from risk.replay.recorded import raw_records, recorded
from risk.settings import load


def archive(
    decisions: Annotated[
        list[str] | None,
        typer.Argument(help="Decisions: files or topic:NAME; the decisions topic if left out."),
    ] = None,
    to: Annotated[Path, typer.Option(help="Folder of the archive.")] = Path("archive"),
    labels: Annotated[
        list[str] | None, typer.Option(help="Labels: a file of JSON lines, or topic:NAME.")
    ] = None,
    compact: Annotated[
        bool, typer.Option("--compact", help="Put the files of each day together afterwards.")
    ] = False,
    only_compact: Annotated[
        bool, typer.Option("--only-compact", help="Take nothing up, only put together.")
    ] = False,
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
) -> None:
    """Keep decisions and labels as Parquet, by the day of the payment (of a label: when known).

    What is there already is not written again, so run it as often as you like, and again after
    a kill. `risk query` asks it; verify, replay and backtest read its folder.

    Example: risk archive payments.decisions.jsonl --labels labels.jsonl --to archive --compact

    Exit status: 0 done; 1 something could not be read or written, another process is writing,
    or a record is no decision; 2 wrong usage.
    """
    settings, _ = load({"bootstrap": bootstrap})
    found = {"decisions": 0, "labels": 0, "known": 0, "strange": 0, "compacted": 0}
    places = decisions or [f"topic:{settings.topic_decisions}"]
    with Archive(to).writing() as shelf, show_progress(console(to_stderr=True), "rows") as show:
        for batch in () if only_compact else recorded(places, settings.bootstrap):
            read = list(_decisions(batch))
            added = shelf.add_decisions(read)
            _count(found, "decisions", added, len(read), len(batch) - len(read))
            show(found["decisions"] + found["known"], None)
        for batch in raw_records(labels or [], settings.bootstrap):
            table, strange = to_labels(batch)
            added = shelf.add(LABEL_KIND, table)
            _count(found, "labels", added, table.num_rows, strange)
        if compact or only_compact:
            found["compacted"] = shelf.compact()
    _print(found, to, as_json=as_json)
    raise typer.Exit(1 if found["strange"] else 0)


def _decisions(batch: list[bytes]) -> Iterator[Decision]:
    for raw in batch:
        try:
            yield decode(raw)
        except msgspec.MsgspecError:
            continue  # counted: fewer come out than went in


def _count(found: dict[str, int], name: str, added: int, read: int, strange: int) -> None:
    found[name] += added
    found["known"] += read - added
    found["strange"] += strange


def _print(found: dict[str, int], to: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({**found, "archive": str(to)})
        return
    screen = console()
    screen.print(
        f"{found['decisions']:,} decisions and {found['labels']:,} labels added to {to}"
    )
    if found["known"]:
        screen.print(f"{found['known']:,} were there already")
    if found["strange"]:
        screen.print(
            f"{found['strange']:,} records are neither, and were left out", style="red"
        )
    if found["compacted"]:
        screen.print(f"the files of {found['compacted']:,} days were put together")
