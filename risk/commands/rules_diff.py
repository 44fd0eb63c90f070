"""`risk rules diff`: what changed between two books, in words and on payments."""

from itertools import tee
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from risk.commands.book import counted, decisions_of, read_bench
from risk.decide import Bench
from risk.files import format_of, open_source
from risk.flips import OUTCOMES, Flips
from rules.changes import Change, changes

SIGNS = {"added": "+", "removed": "-", "changed": "~"}
COLOURS = {"added": "green", "removed": "red", "changed": "yellow"}


def diff(
    old: Annotated[Path, typer.Argument(help="Folder of the book as it is.")],
    new: Annotated[Path, typer.Argument(help="Folder of the book as it shall be.")],
    on: Annotated[
        Path | None, typer.Option(help="File of payments that both books decide.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print it all as JSON.")] = False,
) -> None:
    """Say what changed between two books: rules, parameters, lists, velocities, in words.

    With --on both decide the payments of a file: how many outcomes flip from what to what,
    which rules make them flip (+ fires now, - fired before), and samples.

    Example: risk rules diff books/live books/draft --on last-week.jsonl

    Exit status: 0 compared, whatever was found; 1 a book has mistakes or the file is none.
    """
    before, after = read_bench(old), read_bench(new)
    found = changes(before.book, after.book)
    flips = None if on is None else _compare(before, after, on)
    if json_:
        told = {"changes": found, "on": None if flips is None else flips.to_dict()}
        typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=1).decode())
        return
    for change in found:
        _show(change)
    if not found:
        typer.echo("the books say the same")
    if flips is not None:
        _show_flips(flips)


def _compare(old: Bench, new: Bench, path: Path) -> Flips:
    flips = Flips()
    with open_source(path, format_of(path)) as source:
        first, second = tee(source.rows)
        for pair in zip(decisions_of(old, first), decisions_of(new, second), strict=True):
            flips.add(*pair)
    return flips


def _show(change: Change) -> None:
    typer.secho(f"{SIGNS[change.kind]} {change.about} {change.kind}", fg=COLOURS[change.kind])
    for word in change.words:
        typer.echo(f"    {word}")


def _show_flips(flips: Flips) -> None:
    total = flips.matrix.total()
    share = 100 * flips.flipped / total if total else 0
    head = f"{counted(total, 'payment')}, {flips.flipped:,} decided otherwise ({share:.2f} %)"
    typer.secho(f"\n{head}", bold=True)
    typer.echo(f"    {'before / after':14}" + "".join(f"{name:>10}" for name in OUTCOMES))
    for before in OUTCOMES:
        counts = [flips.matrix[before, after] for after in OUTCOMES]
        typer.echo(f"    {before:14}" + "".join(f"{count:10,}" for count in counts))
    for (before, after, cause), count in flips.causes.most_common(20):
        typer.echo(f"    {count:8,}  {before} -> {after}  {cause}")
    for kept in flips.samples.values():
        for flip in kept:
            causes = ", ".join(flip.causes)
            typer.echo(f"    {flip.transaction_id}: {flip.before} -> {flip.after}  {causes}")
