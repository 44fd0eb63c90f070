"""`risk tail`: watch decisions as they are made."""

import json
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import islice
from typing import Annotated, Final, Literal

import msgspec
import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from risk.commands.screen import AsJson, Bootstrap, console, print_json
from risk.commands.view import COLOURS, row
from risk.decision import Decision, decode
from risk.kafka_admin import Cluster
from risk.reader import Sieve
from risk.settings import Settings, load

WIDTHS: Final = {"time": 19, "payer": 12, "amount": 14, "outcome": 7, "score": 5}
"""The columns that keep their width; the first reason takes what is left."""

Answer = tuple[Decision, bytes]


def tail(
    bootstrap: Bootstrap = None,
    outcome: Annotated[
        Literal["approve", "review", "reject"] | None, typer.Option(help="only this outcome")
    ] = None,
    payer: Annotated[str | None, typer.Option(help="only this payer's id")] = None,
    start: Annotated[
        Literal["beginning", "end"], typer.Option("--from", help="where to begin in the log")
    ] = "end",
    count: Annotated[int | None, typer.Option(min=1, help="stop after so many")] = None,
    as_json: AsJson = False,
) -> None:
    """Show decisions as they are made, each once: a table on a terminal, plain lines elsewhere.

    Time is the payment's own, in UTC. With --json each line is a whole decision.

    Example: risk tail --outcome reject --from beginning --count 20

    Exit status: 0 after --count or Ctrl-C, 1 no broker or no topic, 2 wrong usage.
    """
    settings, _ = load({"bootstrap": bootstrap})
    with (
        Cluster(settings.bootstrap) as cluster,
        closing(_answers(cluster, settings, start)) as answers,
    ):
        try:
            _show(islice(_only(answers, outcome, payer), count), as_json=as_json)
        except KeyboardInterrupt:
            raise typer.Exit(0) from None


def _answers(cluster: Cluster, settings: Settings, start: str) -> Generator[Answer, None, None]:
    topic = settings.topic_decisions
    spans = cluster.spans(topic)
    begin = {p: span.start if start == "beginning" else span.stop for p, span in spans.items()}
    sieve = Sieve()
    for records in cluster.follow(topic, begin):
        for record in records:
            if record.value is None or not sieve.accepts(record.partition, record):
                continue
            try:
                yield decode(record.value), record.value
            except msgspec.MsgspecError:
                continue  # a stranger's record with our header: `risk audit` counts it


def _only(
    answers: Iterable[Answer], outcome: str | None, payer: str | None
) -> Iterator[Answer]:
    for answer in answers:
        decision = answer[0]
        if outcome in (None, decision.outcome) and payer in (None, decision.payer_id):
            yield answer


def _show(answers: Iterator[Answer], *, as_json: bool) -> None:
    screen = console()
    if as_json:
        for _, raw in answers:
            print_json(json.loads(raw))
    elif screen.is_terminal:
        _show_live(answers, screen)
    else:
        for decision, _ in answers:
            at, who, amount, outcome, score, reason = row(decision)
            line = f"{at}  {who:<16} {amount:>16}  {outcome:<7} {score:>3}  {reason}"
            typer.echo(line.rstrip())


def _show_live(answers: Iterator[Answer], screen: Console) -> None:
    latest: deque[Decision] = deque(maxlen=max(3, screen.height - 5))
    with Live(console=screen, auto_refresh=True, get_renderable=lambda: _table(latest)):
        for decision, _ in answers:
            latest.append(decision)


def _table(decisions: Iterable[Decision]) -> Table:
    table = Table(expand=True)
    for head, width in WIDTHS.items():
        right = head in ("amount", "score")
        table.add_column(head, justify="right" if right else "left", no_wrap=True, width=width)
    table.add_column("first reason", no_wrap=True, ratio=1)
    for decision in list(decisions):
        cells = [Text(cell) for cell in row(decision)]
        cells[3].stylize(COLOURS[decision.outcome])
        table.add_row(*cells)
    return table
