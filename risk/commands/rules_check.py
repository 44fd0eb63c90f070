"""`risk rules check`: every mistake in a book, then what looks wrong in it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from risk.assembly import build_bench
from risk.commands.book import BookFolder, counted, folder_of
from risk.decide import Bench
from rules.check import Finding, findings
from rules.errors import BookError, Mistake

Format = Literal["text", "json", "github"]


class Remark(msgspec.Struct, frozen=True):
    """A mistake or a warning, as machines read it."""

    level: Literal["error", "warning"]
    kind: str
    file: str
    line: int
    column: int
    message: str
    hint: str = ""


def check(
    book: BookFolder = None,
    format_: Annotated[
        Format, typer.Option("--format", help="github: shown beside the lines of a change.")
    ] = "text",
    json_: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    strict: Annotated[bool, typer.Option(help="Warnings are as bad as mistakes.")] = False,
) -> None:
    """Find every mistake in a book: its rules, lists, velocities, rates, scorecard and tests.

    Each one is told with file, line, column and, where it can be guessed, what was meant. A
    book without mistakes is looked through for what seems wrong: rules that can never fire,
    that are always beaten, that contradict or repeat each other; conditions and thresholds
    that no test looks at; lists and velocities that nobody uses or that cost too much.

    Examples: risk rules check books/cards

    risk rules check books/cards --strict --format github

    Exit status: 0 no mistakes; 1 mistakes, or with --strict warnings. Tests are read, not run:
    `risk rules test` runs them.
    """
    folder = folder_of(book)
    bench, mistakes = _read(folder)
    found = [] if bench is None else findings(bench.book, bench.scorer.names)
    shape: Format = "json" if json_ else format_
    if shape == "text":
        _print(folder, bench, mistakes, found)
    else:
        _write(folder, shape, [*map(_error, mistakes), *map(_warning, found)])
    if mistakes or (strict and found):
        raise typer.Exit(1)


def _read(folder: Path) -> tuple[Bench | None, Sequence[Mistake]]:
    try:
        return build_bench(folder), ()
    except BookError as error:
        return None, error.mistakes


def _print(
    folder: Path, bench: Bench | None, mistakes: Sequence[Mistake], found: list[Finding]
) -> None:
    for mistake in mistakes:
        typer.secho(str(mistake), fg="red", err=True)
    for finding in found:
        typer.secho(f"warning: {finding}", fg="yellow")
    if bench is None:
        typer.secho(f"{counted(len(mistakes), 'mistake')} in {folder}", fg="red", err=True)
        return
    read = bench.book
    rules = read.dossiers.values()
    live = sum(rule.mode == "live" for rule in rules)
    parts = [
        counted(len(rules), "rule") + f" ({live} live)",
        counted(len(read.velocities), "velocity").replace("velocitys", "velocities"),
        counted(len(read.lists), "list"),
        counted(len(read.examples), "test") + " (run them with `risk rules test`)",
    ]
    summary = f"no mistakes, {counted(len(found), 'warning')}"
    typer.echo(f"{read.name} {read.version} ({read.hash[:12]}): {', '.join(parts)}; {summary}")


def _write(folder: Path, shape: Format, remarks: list[Remark]) -> None:
    if shape == "json":
        typer.echo(msgspec.json.format(msgspec.json.encode(remarks), indent=1).decode())
        return
    for one in remarks:
        where = f"file={_property(str(folder / one.file))},line={one.line},col={one.column}"
        told = one.message + (f"; {one.hint}" if one.hint else "")
        typer.echo(f"::{one.level} {where},title={_property(one.kind)}::{_data(told)}")


def _error(mistake: Mistake) -> Remark:
    return Remark(
        "error",
        "mistake",
        mistake.file,
        mistake.line,
        mistake.column,
        mistake.cause,
        mistake.hint,
    )


def _warning(finding: Finding) -> Remark:
    place = finding.place
    message = f"{finding.about}: {finding.cause}"
    return Remark("warning", finding.kind, place.file, place.line, 1, message)


def _data(text: Any) -> str:
    return str(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
