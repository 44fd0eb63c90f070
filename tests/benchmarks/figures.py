"""Figures of one benchmark: a table for people, a JSON list for comparing over time."""

import json
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

Row = TypeVar("Row")

Figure = tuple[str, float, str]
"""What was measured, its value, its unit."""


def cpu_us(act: Callable[[Row], object], rows: Sequence[Row], rounds: int = 5) -> float:
    """CPU microseconds a row, the best of some rounds."""
    spent = []
    for _ in range(rounds):
        begin = time.process_time()
        for row in rows:
            act(row)
        spent.append(time.process_time() - begin)
    return min(spent) / len(rows) * 1e6


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
