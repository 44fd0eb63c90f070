"""`risk simulate`: a world of payments with fraud in it, to a file or to Kafka."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from risk.settings import BadSettings, load
from risk.simulate.days import produce
from risk.simulate.output import write_files
from risk.simulate.publish import NoBroker, Pace, publish
from risk.simulate.spec import RAILS, BadSpec, Spec
from risk.simulate.world import Written

app = typer.Typer(
    help="Generate payments, with fraud in them, to a file or to Kafka.",
    add_completion=False,
    pretty_exceptions_enable=False,
)

Count = Annotated[
    int | None, typer.Option(min=1, help="payments to make; without it, whole days")
]
Rate = Annotated[
    float | None, typer.Option(min=0.001, help="payments a second by the wall clock")
]
Seed = Annotated[int, typer.Option(help="the same seed gives the same bytes")]
Start = Annotated[str, typer.Option(help="first day, YYYY-MM-DD")]
Payers = Annotated[int, typer.Option(help="customers of the simulated bank")]
Days = Annotated[int, typer.Option(help="days to simulate, unless --count is given")]
Preset = Annotated[
    str, typer.Option(help="real: rates as published; train: x40; demo: x40, scams x160")
]
Rails = Annotated[
    str, typer.Option(help=f"schemes of transfers, with commas: {', '.join(RAILS)}")
]
Currency = Annotated[str, typer.Option(help="currency of all payments")]
Signal = Annotated[str, typer.Option(help="what memos tell of fraud: realistic, none, clear")]
Out = Annotated[Path | None, typer.Option(help="file for the payments: .jsonl or .parquet")]
TruthPath = Annotated[
    Path | None, typer.Option("--truth", help="file for what is true (JSON lines)")
]
Labels = Annotated[Path | None, typer.Option(help="file for the fraud reports (JSON lines)")]
Processes = Annotated[int, typer.Option(min=1, max=64, help="processes that make the days")]


@app.callback(invoke_without_command=True)
def simulate(
    context: typer.Context,
    count: Count = None,
    rate: Rate = None,
    seed: Seed = 1,
    start: Start = "2025-01-01",
    payers: Payers = 2_000,
    days: Days = 30,
    preset: Preset = "demo",
    rails: Rails = "sepa,fps,p2p",
    currency: Currency = "EUR",
    signal: Signal = "realistic",
    out: Out = None,
    truth: TruthPath = None,
    labels: Labels = None,
    kafka: Annotated[
        bool, typer.Option("--kafka", help="send to the topics transactions and labels")
    ] = False,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka brokers, host:port,...")] = None,
    speed_up: Annotated[
        float, typer.Option(min=1, help="labels become known this many times sooner")
    ] = 1.0,
    processes: Processes = 1,
) -> None:
    """Generate payments, with fraud in them.

    Example: risk simulate --days 30 --out payments.jsonl --truth truth.jsonl

    Example: risk simulate --kafka --count 20000 --rate 500

    Exit status: 0 done, 1 a file or the broker refused, 2 wrong usage, 130 interrupted.
    """
    if context.invoked_subcommand:
        return
    spec = build_spec(seed, start, payers, days, preset, rails, currency, signal, count)
    if kafka == (out is not None):
        raise _usage("say where to: --out FILE.jsonl, --out FILE.parquet or --kafka")
    if out and out.suffix not in (".jsonl", ".parquet"):
        raise _usage(f"--out {out}: the name must end in .jsonl or .parquet")
    if rate and not kafka:
        raise _usage("--rate is for --kafka: a file is written as fast as it goes")
    made = produce(spec, count, processes)
    begun = perf_counter()
    with _one_message():
        if out:
            total = _consume(write_files(spec, made, out, truth, labels))
        else:
            settings, _ = load({"bootstrap": bootstrap})
            total = asyncio.run(_publish(settings, made, Pace(rate, speed_up)))
    seconds = perf_counter() - begun
    _say(
        f"{total:,} payments in {seconds:.1f} s ({total / seconds:,.0f}/s), world: {_title(spec)}"
    )


def build_spec(
    seed: int,
    start: str,
    payers: int,
    days: int,
    preset: str,
    rails: str,
    currency: str,
    signal: str,
    count: int | None,
) -> Spec:
    """The world of these flags; ends with status 2 and what would work if there is none."""
    try:
        spec = Spec(
            seed=seed,
            start=date.fromisoformat(start),
            payers=payers,
            days=days,
            preset=preset,
            rails=tuple(name.strip() for name in rails.split(",")),
            currency=currency.upper(),
            signal=signal,
        )
    except ValueError:
        raise _usage(
            f"--start {start!r}: not a date; write YYYY-MM-DD, for example 2025-01-01"
        ) from None
    try:
        return spec.checked(endless=count is not None)
    except BadSpec as error:
        raise _usage(str(error)) from None


def _title(spec: Spec) -> str:
    return f"preset {spec.preset}, signal {spec.signal}, seed {spec.seed}, {spec.payers:,} payers from {spec.start}"


async def _publish(settings, made: Iterator[Written], pace: Pace) -> int:
    total = 0
    with _progress() as show:
        async for total in publish(settings, made, pace):
            show(total)
    return total


def _consume(days: Iterable[Written]) -> int:
    total = 0
    with _progress() as show:
        for day in days:
            total += len(day.lines)
            show(total)
    return total


@contextmanager
def _progress() -> Iterator:
    """Counts on a terminal's stderr, from the third second on."""
    console = Console(stderr=True)
    columns = SpinnerColumn(), TextColumn("{task.description}")
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task, begun = bar.add_task("payments"), perf_counter()

    def show(total: int) -> None:
        if perf_counter() - begun > 2:
            bar.start()
            bar.update(task, description=f"{total:,} payments")

    try:
        yield show
    finally:
        bar.stop()


@contextmanager
def _one_message() -> Iterator[None]:
    try:
        yield
    except (OSError, NoBroker, BadSettings) as error:
        _say(f"risk simulate: {error}")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        _say("risk simulate: interrupted; what was made so far is complete lines")
        raise typer.Exit(130) from None


def _usage(text: str) -> typer.Exit:
    _say(f"risk simulate: {text}")
    return typer.Exit(2)


def _say(text: str) -> None:
    typer.echo(text, err=True)
