"""`risk simulate`: a world of payments with fraud in it, to a file or to Kafka."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from signal import SIGTERM, default_int_handler, signal
from time import perf_counter
from typing import Annotated, TypeAlias

import typer

from risk.commands.progress import Show, show_progress
from risk.commands.screen import Bootstrap, console, harmless
from risk.settings import load
from risk.simulate.days import produce
from risk.simulate.describe import survey, told
from risk.simulate.output import write_files
from risk.simulate.publish import Pace, publish
from risk.simulate.spec import CURRENCIES, RAILS, SIGNALS, BadSpec, Spec
from risk.simulate.story import UnknownPayer, tell
from risk.simulate.world import World, Written

app = typer.Typer(
    help="Generate payments, with fraud in them, to a file or to Kafka.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _one_of(names: Iterable[str]) -> str:
    return ", ".join(names)


Seed: TypeAlias = Annotated[int, typer.Option(help="The same seed gives the same bytes.")]
Start: TypeAlias = Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")]
Payers: TypeAlias = Annotated[int, typer.Option(help="Customers of the simulated bank.")]
Days: TypeAlias = Annotated[
    int, typer.Option(help="Days to simulate, unless --count is given.")
]
Preset: TypeAlias = Annotated[
    str,
    typer.Option(help="Fraud rates: real as published, train x40, demo x40 and scams x160."),
]
Rails: TypeAlias = Annotated[
    str, typer.Option(help=f"Schemes of transfers, with commas: {_one_of(RAILS)}.")
]
Currency: TypeAlias = Annotated[
    str, typer.Option(help=f"Of all payments: {_one_of(CURRENCIES)}.")
]
Signal: TypeAlias = Annotated[
    str, typer.Option(help=f"What memos tell of fraud: {_one_of(SIGNALS)}.")
]
WORLD = Spec()
"""What is made when nothing is said."""
_START, _RAILS = WORLD.start.isoformat(), ",".join(WORLD.rails)


@app.callback(invoke_without_command=True)
def simulate(
    context: typer.Context,
    count: Annotated[int | None, typer.Option(min=1, help="How many payments to make.")] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="Payments a second, for --kafka.")
    ] = None,
    seed: Seed = WORLD.seed,
    start: Start = _START,
    payers: Payers = WORLD.payers,
    days: Days = WORLD.days,
    preset: Preset = WORLD.preset,
    rails: Rails = _RAILS,
    currency: Currency = WORLD.currency,
    signal: Signal = WORLD.signal,
    out: Annotated[
        Path | None, typer.Option(help="File for the payments: NAME.jsonl or NAME.parquet.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="File for what is true of them (JSON lines).")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="File for the fraud reports (JSON lines).")
    ] = None,
    kafka: Annotated[
        bool, typer.Option("--kafka", help="Send to the topics transactions and labels.")
    ] = False,
    bootstrap: Bootstrap = None,
    speed_up: Annotated[
        float, typer.Option(min=1, help="With --kafka: reports come so many times sooner.")
    ] = 1.0,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that make the days.")
    ] = 1,
) -> None:
    """Generate payments, with fraud in them, to a file or to Kafka.

    Example: risk simulate --days 30 --out payments.jsonl --truth truth.jsonl

    Example: risk simulate --kafka --count 20000 --rate 500

    Exit status: 0 done, 1 a file or the broker refused, 2 wrong usage, 130 interrupted.
    """
    if context.invoked_subcommand:
        return
    _check_places(out, truth, labels, kafka=kafka, paced=rate is not None or speed_up != 1)
    spec = world(seed, start, payers, days, preset, rails, currency, signal, count)
    with _interruptible(), show_progress(console(to_stderr=True), "payments") as show:
        begun = perf_counter()
        if out:
            made = produce(spec, count, processes if processes > 1 else 0)
            total = _consume(write_files(spec, made, out, truth, labels), count, show)
        else:
            settings, _ = load({"bootstrap": bootstrap})
            made = produce(spec, count, processes)
            sending = publish(settings, spec, made, Pace(rate, speed_up))
            total = asyncio.run(_publish(sending, count, show))
        seconds = perf_counter() - begun
    _say(f"{total:,} payments in {seconds:.1f} s ({total / seconds:,.0f}/s); {told(spec)}")


@app.command("describe")
def describe(
    seed: Seed = WORLD.seed,
    start: Start = _START,
    payers: Payers = WORLD.payers,
    days: Days = WORLD.days,
    preset: Preset = WORLD.preset,
    rails: Rails = _RAILS,
    currency: Currency = WORLD.currency,
    signal: Signal = WORLD.signal,
    draw: Annotated[
        Path | None, typer.Option(help="Draw it: NAME.png with four pictures.")
    ] = None,
) -> None:
    """Say what such a world contains: payments, money, fraud by kind; and draw it.

    Example: risk simulate describe --preset train --draw world.png

    Exit status: 0 done, 1 the file or matplotlib refused, 2 wrong usage, 130 interrupted.
    """
    spec = world(seed, start, payers, days, preset, rails, currency, signal)
    with _interruptible(), show_progress(console(to_stderr=True), "days") as show:
        found = survey(World(spec), lambda day: show(day, day / spec.days))
    typer.echo(found.text())
    if draw:
        from risk.simulate.drawing import draw_survey  # matplotlib is an extra

        draw_survey(found, draw)
        _say(f"drawn to {draw}")


@app.command("story")
def story(
    payer: Annotated[str, typer.Option(help="The customer, for example P0000042.")],
    seed: Seed = WORLD.seed,
    start: Start = _START,
    payers: Payers = WORLD.payers,
    days: Days = WORLD.days,
    preset: Preset = WORLD.preset,
    rails: Rails = _RAILS,
    currency: Currency = WORLD.currency,
    signal: Signal = WORLD.signal,
    skip: Annotated[int, typer.Option(min=0, help="Begin so many days after the start.")] = 0,
) -> None:
    """Tell some days of one customer: what was paid, what came in, the fraud marked.

    Example: risk simulate story --payer P0000042 --days 30

    Exit status: 0 done, 2 wrong usage, 130 interrupted.
    """
    spec = world(seed, start, payers, days, preset, rails, currency, signal)
    try:
        with _interruptible():
            for line in tell(World(spec), payer, range(skip, skip + days)):
                typer.echo(harmless(line))
    except UnknownPayer as error:
        raise typer.BadParameter(str(error)) from None


def world(
    seed: int,
    start: str,
    payers: int,
    days: int,
    preset: str,
    rails: str,
    currency: str,
    signal: str,
    count: int | None = None,
) -> Spec:
    """The world of these flags; a wrong one ends the command and says what would work."""
    try:
        first = date.fromisoformat(start)
    except ValueError:
        text = f"--start {start}: no such day; write YYYY-MM-DD, for example {WORLD.start}"
        raise typer.BadParameter(text) from None
    spec = Spec(
        seed=seed,
        start=first,
        payers=payers,
        days=days,
        preset=preset,
        rails=tuple(name.strip() for name in rails.split(",")),
        currency=currency.upper(),
        signal=signal,
    )
    try:
        return spec.checked(endless=count is not None)
    except BadSpec as error:
        raise typer.BadParameter(str(error)) from None


def _check_places(
    out: Path | None,
    truth: Path | None,
    labels: Path | None,
    *,
    kafka: bool,
    paced: bool,
) -> None:
    if kafka == (out is not None):
        raise typer.BadParameter(
            "say where to: --out NAME.jsonl, --out NAME.parquet or --kafka"
        )
    if out and out.suffix not in (".jsonl", ".parquet"):
        raise typer.BadParameter(f"--out {out}: a name that ends in .jsonl or .parquet")
    if kafka and (truth or labels):
        text = "--truth and --labels go with --out; the same flags make the same world there"
        raise typer.BadParameter(text)
    if paced and not kafka:
        text = "--rate and --speed-up go with --kafka; a file is written without pause"
        raise typer.BadParameter(text)
    files = [path.absolute() for path in (out, truth, labels) if path]
    if len(files) != len(set(files)):
        raise typer.BadParameter("--out, --truth and --labels: three different files, please")


async def _publish(sending: AsyncIterator[int], count: int | None, show: Show) -> int:
    task = asyncio.current_task()
    if task:  # SIGTERM as Ctrl-C: what was sent is delivered, then it ends
        asyncio.get_running_loop().add_signal_handler(SIGTERM, task.cancel)
    total = 0
    async for total in sending:
        show(total, total / count if count else None)
    return total


def _consume(days: Iterable[Written], count: int | None, show: Show) -> int:
    total = 0
    for day in days:
        total += len(day.lines)
        show(total, total / count if count else None)
    return total


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the command after what was begun is written out."""
    signal(SIGTERM, default_int_handler)
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError):
        _say("risk simulate: interrupted; what was written is whole")
        raise typer.Exit(130) from None


def _say(text: str) -> None:
    typer.echo(text, err=True)
