"""`risk topics`: make the topics as the delivery promise needs them, and look at them."""

from typing import Annotated

import typer

from risk.commands.screen import AsJson, Bootstrap, print_json
from risk.kafka_admin import Cluster
from risk.settings import load
from risk.topics import Topic, mismatches, plan, unequal_partitions

app = typer.Typer(
    help="Make and list the topics: transactions, decisions, dead-letters, labels, and two "
    "for what a model reads.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class TopicMismatch(Exception):
    """Topics that exist are not as they were asked for; nothing was made."""


@app.command()
def create(
    bootstrap: Bootstrap = None,
    partitions: Annotated[
        int, typer.Option(min=1, max=10_000, help="partitions of each topic: most workers")
    ] = 4,
    replication: Annotated[
        int, typer.Option(min=1, max=10, help="copies of each partition; 3 in production")
    ] = 1,
    retention_days: Annotated[
        int, typer.Option(min=0, help="days that records are kept; 0 for ever")
    ] = 400,
) -> None:
    """Make the topics that are missing; those that exist are left as they are.

    Example: risk topics create --bootstrap 127.0.0.1:9092 --partitions 4 --replication 1

    Exit status: 0 all are there, 1 no broker, it refused, or a topic that exists has another
    number of partitions (then nothing is made), 2 wrong usage.
    """
    settings, _ = load({"bootstrap": bootstrap})
    wanted = plan(settings, partitions, replication, retention_days)
    with Cluster(settings.bootstrap) as cluster:
        found = cluster.topics(topic.name for topic in wanted)
        if mistakes := mismatches(wanted, found):
            raise TopicMismatch("\n".join(mistakes))
        if missing := [topic for topic in wanted if topic.name not in found]:
            cluster.create(missing)
    for topic in wanted:
        done = "exists" if topic.name in found else "created"
        typer.echo(f"{done}  {topic.name}  {topic.partitions} partitions")


@app.command()
def describe(bootstrap: Bootstrap = None, as_json: AsJson = False) -> None:
    """List the topics with their partitions, offsets and what the workers have committed.

    Example: risk topics describe --json

    Exit status: 0 all are there and fit together, 1 no broker or something is wrong (said on
    standard error), 2 wrong usage.
    """
    settings, _ = load({"bootstrap": bootstrap})
    names = [topic.name for topic in plan(settings, 1, 1, 0)]
    rows = []
    with Cluster(settings.bootstrap) as cluster:
        found = cluster.topics(names)
        commits = cluster.committed(settings.group, settings.topic_transactions)
        for topic in found.values():
            for partition, span in sorted(cluster.spans(topic.name).items()):
                mine = commits if topic.name == settings.topic_transactions else {}
                rows.append(_row(topic, partition, span, mine.get(partition)))
    if as_json:
        print_json(rows)
    else:
        _print_table(rows)
    mistakes = [f"topic {name} does not exist" for name in names if name not in found]
    if not mistakes:
        mistakes = unequal_partitions([found[name] for name in names])
    for mistake in mistakes:
        typer.echo(f"risk topics: {mistake}", err=True)
    raise typer.Exit(1 if mistakes else 0)


def _row(
    topic: Topic, partition: int, span: range, committed: int | None
) -> dict[str, str | int | None]:
    return {
        "topic": topic.name,
        "partition": partition,
        "replication": topic.replication,
        "begin": span.start,
        "end": span.stop,
        "committed": committed,
    }


def _print_table(rows: list[dict[str, str | int | None]]) -> None:
    heads = ("topic", "partition", "replication", "begin", "end", "committed")
    typer.echo(f"{heads[0]:<16}" + "".join(f"{head:>13}" for head in heads[1:]))
    for row in rows:
        cells = ["-" if row[head] is None else row[head] for head in heads[1:]]
        typer.echo(f"{row['topic']:<16}" + "".join(f"{cell:>13}" for cell in cells))
