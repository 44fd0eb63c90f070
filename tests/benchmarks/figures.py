"""Figures of one benchmark: a table for people, a JSON list for comparing over time."""

import json
import platform
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

Figure = tuple[str, float, str]
"""What was measured, its value, its unit."""


def report(name: str, figures: Sequence[Figure], note: str) -> None:
    """Print the figures and write `.bench/NAME.json`; `note` says what was compared and how."""
    table = Table(
        "what", "value", "unit", title=f"bench-{name}, CPython {platform.python_version()}"
    )
    for what, value, unit in figures:
        table.add_row(what, f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}", unit)
    Console(width=110).print(table)
    print(note)
    folder = Path(".bench")
    folder.mkdir(exist_ok=True)
    rows = [{"what": what, "value": value, "unit": unit} for what, value, unit in figures]
    (folder / f"{name}.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
