"""`risk settings`: every setting with its value, its origin and what it may be."""

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from risk.settings import Settings, allowed, load, unknown_variables, variable

WIDE: Final = 250


def settings(
    settings_file: Annotated[
        Path | None, typer.Option("--settings", help="Settings file (TOML).")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Print every setting, its value and where it came from.

    Later wins: default, settings file (--settings, or RISK_SETTINGS), environment, flag of a
    command.

    Example: RISK_BATCH=128 risk settings

    Exit status: 0; 2 a setting is wrong (all of them are named).
    """
    found, origins = load(file=settings_file)
    rows = [_row(name, found, origins[name]) for name in Settings.model_fields]
    if json_:
        typer.echo(json.dumps(rows, indent=2))
    else:
        _print_table(rows)
    for name in unknown_variables():
        typer.echo(f"{name} is set, but there is no such setting", err=True)


def _row(name: str, found: Settings, origin: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": found.model_dump(mode="json")[name],
        "origin": origin,
        "environment": variable(name),
        "allowed": allowed(name),
        "description": Settings.model_fields[name].description,
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    table = Table("setting", "value", "origin", "environment", "meaning (allowed)", box=None)
    for row in rows:
        value = "" if row["value"] is None else str(row["value"])
        style = None if row["origin"] == "default" else "bold"
        meaning = f"{row['description']} ({row['allowed']})"
        cells = (row["name"], value, row["origin"], row["environment"], meaning)
        table.add_row(*cells, style=style)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)  # one line a setting, for grep
    console.print(table, highlight=False, markup=False)
