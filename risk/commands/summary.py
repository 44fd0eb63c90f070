"""What a run over a file decided, for people."""

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from risk.files import STANDARD
from risk.tally import Tally

COLOURS: Final = {"approve": "green", "review": "yellow", "reject": "red"}


def print_summary(
    console: Console, tally: Tally, seconds: float, decisions: Path, dead_letters: Path | None
) -> None:
    """Print outcomes, rules that fired and what was refused."""
    rate = tally.rows / max(seconds, 1e-9)
    console.print(
        f"{tally.rows:,} payments decided in {seconds:,.1f} s, {rate:,.0f} a second",
        highlight=False,
    )
    console.print(_table("outcome", tally.rows, dict(tally.outcomes.most_common()), COLOURS))
    if tally.rules:
        console.print(_table("rule that fired", tally.rows, dict(tally.rules.most_common())))
    if tally.shadow:
        console.print(_table("rule on trial", tally.rows, dict(tally.shadow.most_common())))
    for line in _remarks(tally, decisions, dead_letters):
        console.print(line, highlight=False, markup=False)


def _table(
    title: str, rows: int, counts: dict[str, int], colours: dict[str, str] | None = None
) -> Table:
    table = Table(title, box=None)
    table.add_column("payments", justify="right")
    table.add_column("share", justify="right")
    for name, count in counts.items():
        style = (colours or {}).get(name)
        table.add_row(name, f"{count:,}", f"{count / rows:.2%}", style=style)
    return table


def _remarks(tally: Tally, decisions: Path, dead_letters: Path | None) -> list[str]:
    remarks = []
    if refused := sum(tally.refused.values()):
        where = f"see {dead_letters}" if dead_letters else "--dead-letters FILE lists all"
        remarks.append(f"{refused:,} rows are no payments ({where}):")
        remarks += [f"  {sample}" for sample in tally.samples]
    if tally.repeats:
        remarks.append(f"{tally.repeats:,} payments came again and got their first answer")
    for flag, count in tally.flags.items():
        remarks.append(f"{count:,} payments are flagged {flag}")
    if decisions != STANDARD:
        remarks.append(f"decisions: {decisions}")
    return remarks
