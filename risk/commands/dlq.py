"""`risk dlq`: list, show and send again what was no payment. Nothing is ever removed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from risk.commands.screen import AsJson, Bootstrap, console, harmless, print_json, readable
from risk.dead_letters import Letter, read_letter, redriven
from risk.kafka_admin import Cluster
from risk.settings import Settings, load

app = typer.Typer(
    help="List, show and redrive dead letters: messages that were no payment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

SHOWN_BYTES = 4_096
"""How much of a message is shown; --raw writes all of it."""

Place = Annotated[
    str,
    typer.Argument(metavar="PARTITION:OFFSET", help="place of the message in the transactions"),
]


class NoSuchLetter(Exception):
    """No dead letter of that place; the text says where it was looked for."""


class NotSent(Exception):
    """A message cannot be sent again; the text says why."""


@app.command("list")
def list_letters(
    bootstrap: Bootstrap = None,
    reason: Annotated[str | None, typer.Option(help="only this reason code")] = None,
    as_json: AsJson = False,
) -> None:
    """List the dead letters: place, reason, number of mistakes, length, time.

    Example: risk dlq list --reason MALFORMED

    Exit status: 0 listed (also when there are none), 1 no broker or no topic, 2 wrong usage.
    """
    settings, _ = load({"bootstrap": bootstrap})
    count = 0
    with Cluster(settings.bootstrap) as cluster:
        for letter in _letters(cluster, settings):
            if reason not in (None, letter.reason):
                continue
            count += 1
            if as_json:
                print_json(_as_json(letter))
            else:
                typer.echo(_line(letter))
    if not as_json:
        typer.echo(f"{count} dead letters", err=True)


@app.command()
def show(
    place: Place,
    bootstrap: Bootstrap = None,
    raw: Annotated[
        Path | None, typer.Option(help="write the message's bytes to this new file")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter: every mistake with its path, and the bytes, made harmless.

    Example: risk dlq show 2:1041 --raw message.bin

    Exit status: 0 shown, 1 no such letter, no broker, or the file exists, 2 wrong usage.
    """
    settings, _ = load({"bootstrap": bootstrap})
    with Cluster(settings.bootstrap) as cluster:
        letter = _letter(cluster, settings, place)
        if raw is not None:
            with raw.open("xb") as file:
                file.write(_original(cluster, settings, letter))
    if as_json:
        print_json(_as_json(letter) | {"message": letter.value.decode("utf-8", "replace")})
        return
    screen = console()
    screen.print(_line(letter), style="bold")
    screen.print(f"epoch {letter.epoch}, key {readable(letter.key) if letter.key else '-'}")
    for mistake in letter.mistakes:
        screen.print(f"  {harmless(str(mistake))}")
    screen.print("message (escaped):", style="bold")
    screen.print(readable(letter.value[:SHOWN_BYTES]))
    if len(letter.value) > SHOWN_BYTES:
        screen.print(f"... {len(letter.value) - SHOWN_BYTES:,} bytes more; --raw FILE has them")


@app.command()
def redrive(
    places: Annotated[
        list[str],
        typer.Argument(metavar="PARTITION:OFFSET...", help="places in the transactions topic"),
    ],
    bootstrap: Bootstrap = None,
    file: Annotated[
        Path | None, typer.Option(help="send these corrected bytes instead (one place only)")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Send messages again: to the end of their partition, with their key, as new payments.

    The header `redriven` names the place at which they were refused. Their dead letters and
    first answers stay. Sending one twice makes one payment: a repeat gets the first answer.

    Example: risk dlq redrive 2:1041 --file corrected.json --yes

    Exit status: 0 sent, 1 not sent (says why; what was sent before is listed), 2 wrong usage.
    """
    if file is not None and len(places) != 1:
        raise typer.BadParameter("--file goes with one place")
    settings, _ = load({"bootstrap": bootstrap})
    with Cluster(settings.bootstrap) as cluster:
        letters = [_letter(cluster, settings, place) for place in places]
        values = [
            file.read_bytes() if file else _original(cluster, settings, letter)
            for letter in letters
        ]
        topic = settings.topic_transactions
        if not yes:
            typer.confirm(f"Send {len(letters)} message(s) to {topic} again?", abort=True)
        for letter, value in zip(letters, values, strict=True):
            headers = redriven(letter)
            offset = cluster.send(topic, letter.partition, letter.key, value, headers)
            typer.echo(f"{letter.place} sent again as {letter.partition}:{offset}")


def _letters(
    cluster: Cluster, settings: Settings, partitions: Sequence[int] | None = None
) -> Iterator[Letter]:
    """Give every letter once, the oldest first in each partition."""
    topic = settings.topic_dead_letters
    for number, span in cluster.spans(topic).items():
        if partitions is not None and number not in partitions:
            continue
        seen: set[bytes] = set()
        for record in cluster.read(topic, number, span) if span else ():
            letter = read_letter(record)
            if letter is not None and letter.src not in seen:
                seen.add(letter.src)
                yield letter


def _letter(cluster: Cluster, settings: Settings, place: str) -> Letter:
    partition, _, _ = place.partition(":")
    where = f"in topic {settings.topic_dead_letters} at {settings.bootstrap}"
    if partition.isdecimal():
        for letter in _letters(cluster, settings, [int(partition)]):
            if letter.place == place and letter.epoch == settings.topic_epoch:
                return letter
    raise NoSuchLetter(f"no dead letter {harmless(place)} {where}; `risk dlq list` lists them")


def _original(cluster: Cluster, settings: Settings, letter: Letter) -> bytes:
    """All bytes of the message; one that was cut still stands in the transactions log."""
    if letter.cut is None:
        return letter.value
    topic = settings.topic_transactions
    span = cluster.spans(topic).get(letter.partition, range(0))
    if letter.offset in span:
        at = range(letter.offset, letter.offset + 1)
        for record in cluster.read(topic, letter.partition, at):
            return record.value or b""
    raise NotSent(
        f"{letter.place}: the dead letter holds only {len(letter.value)} of {letter.cut} bytes"
        f" and the message is gone from topic {topic}; give its bytes with --file"
    )


def _line(letter: Letter) -> str:
    at = datetime.fromtimestamp(letter.refused_at / 1000, UTC)
    size = letter.cut or len(letter.value)
    return (
        f"{at:%Y-%m-%d %H:%M:%S}  {letter.place:>14}  {harmless(letter.reason):<10}"
        f" {len(letter.mistakes):>3} mistakes  {size:>9,} bytes"
    )


def _as_json(letter: Letter) -> dict[str, Any]:
    return {
        "place": letter.place,
        "epoch": letter.epoch,
        "reason": letter.reason,
        "mistakes": msgspec.to_builtins(letter.mistakes),
        "refused_at": letter.refused_at,
        "bytes": letter.cut or len(letter.value),
    }
