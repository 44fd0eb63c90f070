"""`risk drift`: have the payments moved away from what a scorer was trained on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from risk.commands.progress import show_progress
from risk.commands.screen import AsJson, print_json
from risk.decision import Decision, decode
from risk.drift import LARGE, NOTABLE, Drift, DriftTally, values_of
from risk.files import BadFile, open_source
from risk.score.model_card import read_card

LEVELS: Final = ((LARGE, "large", "red"), (NOTABLE, "notable", "yellow"), (-1.0, "none", ""))


def drift(
    file: Annotated[
        Path, typer.Argument(help="Decisions as JSON lines (also .gz); - is stdin.")
    ],
    scorer: Annotated[Path, typer.Option(help="Card of the scorer (.json).")],
    as_json: AsJson = False,
) -> None:
    """Compare the values and scores of decisions with those that the scorer was trained on.

    PSI, the population stability index, is 0 for no change; below 0.1 nothing happened, from
    0.25 on the scorer judges payments that it does not know. Values that stopped coming count.

    Example: risk tail --from beginning --json | risk drift - --scorer trees.json

    Exit status: 0 no value moved by 0.25 or more; 1 some did, or the file cannot be read; 2
    wrong usage, or no card.
    """
    card, _, _ = read_card(scorer)
    tally = DriftTally(card.snapshot)
    with show_progress(Console(stderr=True), "decisions") as show:
        for count, decision in enumerate(_judged(file), 1):
            tally.add(values_of(decision))
            if not count % 4096:
                show(count, None)
    if not tally.payments:
        raise BadFile(f"{file}: there is no decision about a payment in it")
    found = tally.drifts()
    if as_json:
        print_json({"payments": tally.payments, "drift": msgspec.to_builtins(found)})
    else:
        _print(found, tally.payments)
    if found and found[0].psi >= LARGE:
        raise typer.Exit(1)


def _judged(file: Path) -> Iterator[Decision]:
    """Decisions that were made about a payment: no refusals, no repeats."""
    with open_source(file, "jsonl") as source:
        for row in source.rows:
            try:
                decision = decode(bytes(row.content))
            except msgspec.MsgspecError:
                raise BadFile(f"{file}: line {row.number} is no decision") from None
            if decision.score is not None and decision.duplicate_of is None:
                yield decision


def _print(found: list[Drift], payments: int) -> None:
    table = Table("value", box=None)
    for head in ("PSI", "drift", "unknown then", "unknown now"):
        table.add_column(head, justify="right")
    for one in found:
        _, word, style = next(level for level in LEVELS if one.psi >= level[0])
        shares = (f"{one.unknown_then:.1%}", f"{one.unknown_now:.1%}")
        table.add_row(one.name, f"{one.psi:.3f}", word, *shares, style=style)
    screen = Console()
    screen.print(table)
    screen.print(f"{payments:,} payments", highlight=False)
