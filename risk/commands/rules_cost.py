"""`risk rules cost`: what a model would cost that reads what a book wants to know."""

from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from features.llm.backend import deepseek
from features.llm.prompt import load_prompt
from risk.asking_cost import Cost, CostTally
from risk.assembly import build_pipeline
from risk.commands.book import counted, read_bench
from risk.filerun import key_of, plain
from risk.files import format_of, open_source
from risk.pipeline import Arrival
from risk.settings import load
from rules.model import Llm

BATCH: Final = 256


def cost(
    book: Annotated[Path, typer.Argument(help="Folder of the book.")],
    on: Annotated[Path, typer.Option(help="File of payments that it decides.")],
    json_: Annotated[bool, typer.Option("--json", help="Print it all as JSON.")] = False,
) -> None:
    """Say how many payments would wait for a model, because of which rules, and the price.

    A payment waits if what the memo says could make its outcome stricter. `alone` are those
    that would not wait without this rule. Prices are DeepSeek's, off-peak, each text alone in
    its call and none known from before. Nothing is asked.

    Example: risk rules cost rules/book --on last-week.jsonl

    Exit status: 0 told; 1 the book has mistakes or the file is none.
    """
    bench = read_bench(book)
    asking = msgspec.structs.replace(bench.book, llm=Llm("when-it-matters"))
    bench = msgspec.structs.replace(bench, book=asking)
    settings, _ = load({})
    tally = CostTally(build_pipeline(settings, bench), load_prompt(), deepseek().tariff)
    offset = 0
    with open_source(on, format_of(on)) as source:
        while batch := [plain(row) for row in islice(source.rows, BATCH)]:
            tally.add([Arrival(0, offset + n, key_of(row), row) for n, row in enumerate(batch)])
            offset += len(batch)
    found = tally.cost()
    if json_:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
    else:
        _show(found)


def _show(found: Cost) -> None:
    share = 100 * found.waits / found.payments if found.payments else 0
    typer.secho(
        f"{counted(found.payments, 'payment')} in {found.days:.1f} days, {found.with_memo:,}"
        f" with a memo: {found.waits:,} would wait ({share:.2f} %)",
        bold=True,
    )
    calls, usd = found.calls / found.days, found.usd / found.days
    typer.echo(
        f"at most {calls:,.0f} calls a day for {usd:.4f} USD; always asking takes"
        f" {found.calls_always / found.days:,.0f}"
    )
    if found.causes:
        typer.echo(f"\n{'because of':32}{'wait':>10}{'alone':>10}")
    for cause in found.causes:
        typer.echo(f"{cause.rule:32}{cause.waits:10,}{cause.alone:10,}")
