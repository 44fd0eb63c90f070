"""`risk worker`: decide the stream."""

from pathlib import Path
from typing import Annotated

import typer

from risk.settings import load


def worker(
    bootstrap: Annotated[str | None, typer.Option(help="Kafka brokers, host:port,...")] = None,
    runtime: Annotated[
        str | None, typer.Option(help="host of the worker: faust or direct")
    ] = None,
    group: Annotated[str | None, typer.Option(help="consumer group of the workers")] = None,
    book: Annotated[Path | None, typer.Option(help="folder of the rule book")] = None,
    scorer: Annotated[
        Path | None, typer.Option(help="scorer instead of the book's: .json or .yaml")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="port of /metrics, /healthz, /readyz; 0 picks a free one")
    ] = None,
    state_dir: Annotated[
        Path | None, typer.Option(help="folder of what survives a crash")
    ] = None,
    accept_loss: Annotated[
        bool, typer.Option(help="go on although retention removed undecided payments")
    ] = False,
    settings_file: Annotated[
        Path | None, typer.Option("--settings", help="TOML file with settings")
    ] = None,
) -> None:
    """Take payments from the transactions topic and answer each on the decisions topic.

    Runs until SIGTERM or Ctrl-C and then ends within five seconds with nothing lost. Start as
    many as there are partitions; they share the work. Logs are JSON lines on standard error.

    Example: risk worker --bootstrap 127.0.0.1:9092 --runtime direct --port 0

    Exit status: 0 stopped as asked, 1 cannot start (says why), 70 something unexpected (start
    it again: it goes on where it was), 74 the state folder cannot be written (make room and
    start again), 75 stopping took too long (nothing is lost).
    """
    from risk.assembly import build_pipeline
    from risk.books import open_book
    from risk.preflight import check_topics, find_undecided_losses
    from risk.worker.program import run_worker

    flags = {
        "bootstrap": bootstrap,
        "runtime": runtime,
        "group": group,
        "book": book,
        "scorer": scorer,
        "port": port,
        "state_dir": state_dir,
    }
    settings, _ = load(flags, settings_file)
    bench = open_book(settings)
    found = check_topics(settings, reads_labels=bench.reads_labels)
    mistakes = found.mistakes
    losses = [] if mistakes else find_undecided_losses(settings)
    for line in (*mistakes, *losses):
        typer.echo(f"risk worker: {line}", err=True)
    if losses and not accept_loss:
        typer.echo("risk worker: start with --accept-loss to go on behind them", err=True)
    if mistakes or (losses and not accept_loss):
        raise typer.Exit(1)
    run_worker(settings, build_pipeline(settings, bench, found.partitions))
