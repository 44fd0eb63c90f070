"""`risk query`: ask the archive in SQL."""

from pathlib import Path
from typing import Annotated

import typer

from risk.archive.query import VIEWS, Rows, ask
from risk.commands.screen import AsJson, console, harmless, print_json


def query(
    sql: Annotated[
        str | None,
        typer.Argument(help="A statement, or the name of a view; lists them if empty."),
    ] = None,
    archive: Annotated[Path, typer.Option(help="Folder of the archive.")] = Path("archive"),
    as_json: AsJson = False,
) -> None:
    """Ask the archive in SQL (DuckDB): the tables decisions and labels, and ready views.

    The statement can read the archive and nothing else.

    Example: risk query outcomes_by_day --archive archive

    Example: risk query "SELECT payer_id, count(*) FROM decisions GROUP BY 1 ORDER BY 2 DESC"

    Exit status: 0 answered; 1 no archive, or the statement cannot be run; 2 wrong usage.
    """
    if sql is None:
        for name, (meaning, _) in VIEWS.items():
            console().print(f"{name:20} {meaning}")
        return
    found = ask(archive, f"FROM {sql}" if sql in VIEWS else sql)
    if as_json:
        print_json(
            [dict(zip(found.columns, map(_plain, row), strict=True)) for row in found.rows]
        )
        return
    _print(found)


def _plain(value: object) -> object:
    plain = (str, int, float, bool, type(None), list)
    return value if isinstance(value, plain) else str(value)


def _print(found: Rows) -> None:
    cells = [
        list(found.columns),
        *(
            [harmless("-" if value is None else str(value)) for value in row]
            for row in found.rows
        ),
    ]
    widths = [max(len(row[n]) for row in cells) for n in range(len(found.columns))]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        console().print(line.rstrip())
