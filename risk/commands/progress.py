"""How far a long run is: a bar on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

FIRST_SECONDS: Final = 2.0
PAUSE_SECONDS: Final = 10.0

Show: TypeAlias = Callable[[int, float | None], None]
"""Takes the rows so far and the part of the whole that they are (0 to 1; None: not known)."""


@contextmanager
def show_progress(console: Console, noun: str) -> Iterator[Show]:
    """Show rows as they are done; nothing for a run that ends within two seconds."""
    if not console.is_terminal:
        yield _plain_lines(console, noun)
        return
    columns = (
        BarColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        begin = time.monotonic()
        task = bar.add_task(noun, total=None)

        def show(rows: int, fraction: float | None) -> None:
            seconds = max(time.monotonic() - begin, 1e-9)
            text = f"{rows:,} {noun}, {rows / seconds:,.0f} a second"
            bar.update(task, description=text, completed=fraction or 0, total=fraction and 1.0)

        yield show


def _plain_lines(console: Console, noun: str) -> Show:
    begin = time.monotonic()
    due = begin + FIRST_SECONDS

    def show(rows: int, fraction: float | None) -> None:
        nonlocal due
        now = time.monotonic()
        if now >= due:
            due = now + PAUSE_SECONDS
            part = "" if fraction is None else f", {fraction:.0%}"
            rate = rows / (now - begin)
            console.print(f"{rows:,} {noun}{part}, {rate:,.0f} a second", highlight=False)

    return show
