"""`risk verify`: decide recorded decisions again and name what differs."""

import os
from functools import partial
from typing import Annotated

import msgspec
import typer

from risk.books import Books
from risk.commands.options import LabelLog, OtherBooks, Processes
from risk.commands.progress import show_progress
from risk.commands.screen import AsJson, Bootstrap, console, harmless, print_json
from risk.files import BadFile
from risk.replay.labels import told_of
from risk.replay.payments import Payments
from risk.replay.reconsider import Records
from risk.replay.recorded import recorded
from risk.replay.run import limits_of
from risk.settings import Settings, load
from risk.verify.rebuild import rebuild
from risk.verify.records import Checked
from risk.verify.records import verify as verify_all


def verify(
    decisions: Annotated[
        list[str],
        typer.Argument(help="JSON lines, Parquet, the folder of an archive, or topic:NAME."),
    ],
    recompute: Annotated[
        list[str] | None,
        typer.Option(
            help="Payments (file or topic:NAME): build the values anew from them too."
        ),
    ] = None,
    labels: LabelLog = None,
    book: OtherBooks = None,
    partitions: Annotated[
        int, typer.Option(min=1, max=10_000, help="With --recompute: as for risk score.")
    ] = 1,
    processes: Processes = None,
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
) -> None:
    """Decide recorded decisions again, each from what its own record holds.

    Outcome, score, reasons, hits and every other field must come out the same, byte for byte;
    if not, the first field that differs is named. The book and the scorer are found by the
    hashes in the record (`risk books list`). With --recompute the values are built anew from
    the payments too.

    Example: risk verify payments.decisions.jsonl

    Exit status: 0 all reproduced; 1 something differs, cannot be judged again, or there is
    nothing; 2 wrong usage.
    """
    settings, _ = load({"bootstrap": bootstrap})
    books = Books(settings.books_dir, book or ())
    read = partial(recorded, decisions, settings.bootstrap)
    if recompute:
        payments = Payments(tuple(recompute), partitions, settings.bootstrap)
        found = _recompute(payments, labels, settings, books, read)
    else:
        count = processes or os.cpu_count() or 1
        with show_progress(console(to_stderr=True), "decisions") as show:
            found = verify_all(read, books, count, lambda rows: show(rows, None))
    if not found.records:
        raise BadFile("there are no decisions to verify")
    _print(found, as_json=as_json)
    raise typer.Exit(0 if found.holds else 1)


def _recompute(
    payments: Payments,
    labels: list[str] | None,
    settings: Settings,
    books: Books,
    records: Records,
) -> Checked:
    with show_progress(console(to_stderr=True), "percent") as show:
        return rebuild(
            payments,
            records,
            books,
            limits_of(settings),
            lambda part: show(int(part * 100), part),
            lambda bench: told_of(bench, labels, payments, settings),
        )


def _print(found: Checked, *, as_json: bool) -> None:
    if as_json:
        plain = msgspec.to_builtins(found)
        del plain["repeats"]
        print_json({"holds": found.holds, **plain})
        return
    screen = console()
    screen.print(f"{found.same:,} of {found.records:,} decisions reproduced")
    if found.unread:
        screen.print(f"{found.unread:,} records are no decisions", style="red")
    for reason, count in found.unjudged.items():
        screen.print(f"{count:,} could not be judged again: {reason}", style="red")
    if found.differing:
        screen.print(f"{found.differing:,} differ:", style="red")
    for one in found.differences:
        screen.print(f"  {one.partition}:{one.offset} {one.id}: {one.field}")
        screen.print(f"    recorded  {harmless(one.recorded)}")
        screen.print(f"    computed  {harmless(one.computed)}")
