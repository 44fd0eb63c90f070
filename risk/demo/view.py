"""How the demo looks: a picture for a terminal, a line for everything else."""

from typing import Final

import msgspec
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from risk.demo.tally import Picture, Share

COLOURS: Final = {"approve": "green", "review": "yellow", "reject": "red"}
OUTCOMES: Final = tuple(COLOURS)


class Frame(msgspec.Struct, frozen=True):
    """What the numbers belong to: never quote them without it."""

    preset: str
    runtime: str
    elapsed: float
    seconds: float
    done: bool = False


def picture(frame: Frame, seen: Picture) -> RenderableType:
    """Draw the whole screen."""
    title = f"riskstream demo: preset {frame.preset}, {frame.runtime} runtime"
    clock = f"{frame.elapsed:.0f} s of {frame.seconds:.0f} s"
    clock += ", done" if frame.done else ", Ctrl-C ends it with the audit"
    parts = Group(_numbers(seen), Text(), _stops(seen), Text(), _caught(frame, seen))
    return Panel(parts, title=title, subtitle=clock, padding=(1, 2))


def line(frame: Frame, seen: Picture) -> str:
    """Say the same in one line."""
    parts = [
        f"{frame.elapsed:4.0f} s",
        f"{seen.rate:,.0f}/s",
        f"{seen.decided:,} of {seen.arrived:,} decided",
        *(f"{name} {seen.outcomes.get(name, 0):,}" for name in OUTCOMES),
        _latency(seen),
        caught(frame, seen),
    ]
    return "  ".join(parts)


def caught(frame: Frame, seen: Picture) -> str:
    """Say what share of the fraud was stopped at what share of good payments."""
    return (
        f"fraud stopped {_percent(seen.fraud)} (rejected {seen.fraud.rejected}, held "
        f"{seen.fraud.held}, of {seen.fraud.total}); good payments held or rejected "
        f"{_percent(seen.genuine)} of {seen.genuine.total:,} (preset {frame.preset})"
    )


def stop_lines(seen: Picture) -> list[str]:
    """List the latest stops, one a line."""
    return [
        f"       {stop.outcome:<8}{_shown(stop.payer):<18}{stop.amount:>16}  score "
        f"{stop.score}  {_shown(stop.reason)}"
        for stop in seen.stops
    ]


def _numbers(seen: Picture) -> Table:
    table = Table.grid(padding=(0, 4))
    cells = [Text(f"{seen.rate:,.0f}/s", "bold"), Text(f"{seen.decided:,} decided")]
    for name, colour in COLOURS.items():
        cells.append(Text(f"{name} {seen.outcomes.get(name, 0):,}", colour))
    if seen.refused:
        cells.append(Text(f"dead letters {seen.refused:,}"))
    table.add_row(*cells, Text(_latency(seen)))
    return table


def _stops(seen: Picture) -> Table:
    table = Table(box=None, expand=True, header_style="dim")
    for name, ratio in (
        ("latest stops", 2),
        ("payer", 3),
        ("amount", 3),
        ("score", 1),
        ("why", 12),
    ):
        right = name in {"amount", "score"}
        table.add_column(name, ratio=ratio, no_wrap=True, justify="right" if right else "left")
    for stop in seen.stops:
        score = "" if stop.score is None else str(stop.score)
        outcome = Text(stop.outcome, COLOURS[stop.outcome])
        texts = (_shown(stop.payer), stop.amount, score, _shown(stop.reason))
        table.add_row(outcome, *map(Text, texts))
    for _ in range(8 - len(seen.stops)):
        table.add_row()
    return table


def _caught(frame: Frame, seen: Picture) -> Text:
    return Text(caught(frame, seen), "bold" if seen.fraud.total else "dim")


def _latency(seen: Picture) -> str:
    if seen.latency is None:
        return "no decision yet"
    return f"payment to decision p50 {seen.latency.p50} ms, p99 {seen.latency.p99} ms"


def _percent(share: Share) -> str:
    return "-" if share.stopped is None else f"{share.stopped:.1%}"


def _shown(text: str) -> str:
    """Text of strangers, without what could steer a terminal."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
