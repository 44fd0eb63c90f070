"""`risk rules explain`: why rules fired on a payment, and which nearly did."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from features.fields import microseconds
from risk.commands.book import decisions_of, read_bench, refuse
from risk.decide import Bench
from risk.decision import Decision, decode
from risk.files import Row, format_of, open_source
from rules.explain import TRUTHS, Explained, Line, effect, explain_book, lines
from rules.template import fill

COLOURS = {True: "green", False: None, None: "yellow"}
MARKS = {True: "+", False: "-", None: "?"}
HEADS = {
    "fired": "fired",
    "unknown": "cannot be told",
    "near": "nearly fired",
    "silent": "did not fire",
}


def explain(
    book: Annotated[Path, typer.Argument(help="Folder of the book.")],
    payment: Annotated[
        Path, typer.Argument(help="JSON lines of payments, or of recorded decisions.")
    ],
    name: Annotated[
        str | None, typer.Option("--id", help="Id of the payment or decision; else the last.")
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Explain this rule only.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Also rules far from firing.")] = False,
) -> None:
    """Show for one payment which rules fired and which nearly did, condition by condition.

    Each condition is true (+), false (-) or unknown (?), with the values that it read and how
    far a number is from its limit. The payments before it in the file make its history. Of a
    recorded decision the values are taken as they were, whatever the book was then.

    Examples: risk rules explain books/cards payments.jsonl --id pay-17

    risk rules explain books/cards payments.decisions.jsonl --rule CARD-TESTING

    Exit status: 0 explained; 1 no such payment or rule, or the book has mistakes.
    """
    bench = read_bench(book)
    if rule is not None and rule not in bench.book.dossiers:
        refuse(f"no rule {rule} in {book}")
    decision = _find(bench, payment, name)
    if decision is None or decision.event_time is None:
        refuse(f"{payment}: no payment{f' {name}' if name else ''} that could be judged in it")
    _head(bench, decision)
    values = {n: v for known in decision.values.values() for n, v in known.items()}
    values["score"] = decision.score or 0
    for one in explain_book(bench.book, values, microseconds(decision.event_time)):
        if one.rule.id == rule or (rule is None and (all_ or one.standing != "silent")):
            _show(one, values)


def _find(bench: Bench, path: Path, name: str | None) -> Decision | None:
    """Find the decision in the file, or make it from the payments up to the one."""
    with open_source(path, format_of(path)) as source:
        first = next(source.rows, None)
        if first is None:
            return None
        rows = chain((first,), source.rows)
        decisions = _recorded(rows) if _is_recorded(first) else decisions_of(bench, rows)
        found = None
        for decision in decisions:
            if name is None or name in (decision.id, decision.transaction_id):
                found = decision
                if name is not None:
                    break
        return found


def _is_recorded(row: Row) -> bool:
    return isinstance(row.content, bytes) and _decision(row.content) is not None


def _decision(raw: bytes) -> Decision | None:
    try:
        return decode(raw)
    except msgspec.MsgspecError:
        return None


def _recorded(rows: Iterator[Row]) -> Iterator[Decision]:
    for row in rows:
        found = _decision(row.content) if isinstance(row.content, bytes) else None
        if found is not None:
            yield found


def _head(bench: Bench, decision: Decision) -> None:
    typer.echo(
        f"payment {decision.transaction_id}: {decision.outcome}, score {decision.score}"
        + (f", tier {decision.tier}" if decision.tier else "")
    )
    for reason in decision.reasons:
        typer.echo(f"    {reason.code}: {reason.text}")
    then, now = decision.book, bench.book_version
    if then.hash != now.hash:
        typer.secho(
            f"decided by book {then.name} {then.version} ({then.hash[:12]}); explained by "
            f"{now.name} {now.version} ({now.hash[:12]})",
            fg="yellow",
        )


def _show(one: Explained, values: dict[str, str | float | int | bool]) -> None:
    head = HEADS[one.standing]
    part = "" if one.part == "live" else f", {one.part}"
    typer.secho(f"\n{one.rule.id} ({effect(one.rule)}{part}): {head}", bold=True)
    typer.echo(f"    {one.rule.title}")
    if one.standing == "fired":
        typer.echo(f"    {one.rule.code}: {fill(one.rule.text, values)}")
    for line in lines(one.trace):
        show_line(line, 1)
    for line in one.steps:
        show_line(line, 2)


def show_line(line: Line, depth: int) -> None:
    """Print a condition: whether it is true, what it says, and by which values."""
    text = f"{'    ' * (line.depth + depth)}{MARKS[line.truth]} {line.text}"
    note = f"   [{line.note}]" if line.note else ""
    typer.secho(f"{text}  {TRUTHS[line.truth]}{note}", fg=COLOURS[line.truth])
