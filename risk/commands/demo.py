"""`risk demo`: payments being decided through a real Kafka, watched live."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated
from uuid import uuid4

import typer
from rich.console import Console
from rich.live import Live

from risk.demo.show import Plan, Screen, run_demo
from risk.demo.tally import Picture
from risk.demo.view import Frame, line, picture, stop_lines
from risk.settings import Settings, load

LINE_SECONDS = 5.0


def demo(
    bootstrap: Annotated[str | None, typer.Option(help="Kafka brokers, host:port,...")] = None,
    seconds: Annotated[float, typer.Option(min=5, max=3600, help="how long")] = 60,
    rate: Annotated[int, typer.Option(min=1, max=5000, help="payments a second")] = 200,
    runtime: Annotated[str | None, typer.Option(help="faust or direct")] = None,
    seed: Annotated[int, typer.Option(min=0, help="another seed, another world")] = 1,
    preset: Annotated[str, typer.Option(help="fraud rates: real, train or demo")] = "demo",
) -> None:
    """Simulate payments, decide them, and show what happens; the audit comes at the end.

    Starts a worker and a simulator on topics of their own, and ends them. Without a terminal it
    prints plain lines. `make demo` brings the broker.

    Example: risk demo --bootstrap 127.0.0.1:9092 --seconds 30

    Exit status: 0 the audit holds (0 lost, 0 doubled), 1 it does not, or something is missing.
    """
    settings, _ = load({"bootstrap": bootstrap, "runtime": runtime})
    settings = _own(settings)
    typer.echo(f"Starting worker and simulator; group and topics: {settings.group}-...")
    holds = run_demo(Plan(seconds, rate, seed, preset), settings, partial(_screen, Console()))
    raise typer.Exit(0 if holds else 1)


def _own(settings: Settings) -> Settings:
    """Topics and a group that nothing else has: the audit is about this demo alone."""
    name = f"demo-{uuid4().hex[:8]}"
    topics = [field for field in Settings.model_fields if field.startswith("topic_")]
    own = {
        field: f"{name}-{getattr(settings, field)}"
        for field in topics
        if field != "topic_epoch"
    }
    return settings.model_copy(update={**own, "group": name})


class _Terminal:
    """Redraws one screen."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def show(self, frame: Frame, seen: Picture) -> None:
        self._live.update(picture(frame, seen), refresh=True)


class _Lines:
    """Prints a line every few seconds, and the latest stops at the end."""

    def __init__(self) -> None:
        self._due = 0.0

    def show(self, frame: Frame, seen: Picture) -> None:
        if frame.done or frame.elapsed >= self._due:
            self._due = frame.elapsed + LINE_SECONDS
            typer.echo(line(frame, seen))
        if frame.done:
            typer.echo("\n".join(["latest stops:", *stop_lines(seen)]))


@contextmanager
def _screen(console: Console) -> Iterator[Screen]:
    if not console.is_terminal:
        yield _Lines()
        return
    with Live(console=console, auto_refresh=False) as live:
        yield _Terminal(live)
