"""`risk state`: what checkpoints hold, read beside a running worker."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from features.codec import Codec, newest_of
from features.fields import instant
from features.glance import glance
from features.history import BEGINNING
from features.money import exponent
from features.plan import Plan
from features.velocity import said
from features.windows import NONE
from risk.commands.screen import harmless
from risk.commands.windows import Tongue
from risk.pipeline import Pipeline
from risk.settings import Settings, load
from risk.state.stamp import Stamp, Unusable
from risk.state.store import Reading

app = typer.Typer(help="Show what checkpoints hold.", no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Option("--state-dir", help="folder of the worker's state")
]
Book = Annotated[Path | None, typer.Option(help="folder of the rule book")]


class NotFound(Exception):
    """No checkpoint holds the entity."""


@app.command("stats")
def stats(state_dir: Folder = None) -> None:
    """Count entities and bytes by partition and kind; say how old what is kept is.

    `longest ago`: the entity whose newest payment is the oldest. `complete since`: from when
    on all payments are known of every velocity.

    Example: risk state stats --state-dir .riskstream
    """
    settings, _ = load({"state_dir": state_dir})
    console = Console(markup=False)
    table = Table("checkpoint", "kind", "entities", "bytes", "a piece", "longest ago")
    for name, reading in _readings(settings):
        try:
            stamp = reading.stamp()
            oldest = _oldest(reading, stamp)
            rows = reading.sizes()
        except Unusable as refused:
            table.add_row(name, str(refused))
            continue
        for kind, count, size in rows:
            each = f"{size // max(1, count):,}"
            table.add_row(name, kind, f"{count:,}", f"{size:,}", each, oldest.get(kind, ""))
        answers = stamp.ledger_next - stamp.ledger_first
        table.add_row(name, "answers", f"{answers:,}")
        console.print(f"{name}: {_head(stamp)}", markup=False, highlight=False)
    console.print(table)


def _head(stamp: Stamp) -> str:
    """What a checkpoint says of itself."""
    since = max(stamp.history.since.values(), default=BEGINNING)
    complete = "ever" if since == BEGINNING else f"{instant(since):%Y-%m-%d %H:%M} UTC"
    labels = f", labels up to {stamp.labels:,}" if stamp.labels else ""
    return f"next offset {stamp.offset:,}{labels}; complete since {complete}"


def _oldest(reading: Reading, stamp: Stamp) -> dict[str, str]:
    """By kind of entity, the newest payment of the one that paid longest ago."""
    found = {}
    for kind, shapes in stamp.history.shapes.items():
        known = {shape.version: shape for shape in shapes}
        times = [
            newest_of(known[stored[:8]], stored)
            for _, _, stored in reading.states([kind])
            if stored[:8] in known
        ]
        times = [time for time in times if time != NONE]
        if times:
            found[kind] = f"{instant(min(times)):%Y-%m-%d %H:%M} UTC"
    return found


@app.command("show")
def show(
    entity: Annotated[str, typer.Argument(help="kind:key, for example payer:P123")],
    state_dir: Folder = None,
    book: Book = None,
) -> None:
    """Show the windows of one entity, in words, as they stand in the newest checkpoint.

    As of the entity's own newest payment, that one included. Every checkpoint that holds it is
    shown: one of others than payers knows the payments of its own partition only.

    Example: risk state show payer:P123
    """
    from risk.assembly import build_pipeline

    kind, _, key = entity.partition(":")
    settings, _ = load({"state_dir": state_dir, "book": book})
    pipeline, is_known = build_pipeline(settings), False
    for name, reading in _readings(settings):
        try:
            stored = reading.load(kind, key)
            shapes = reading.stamp().history.shapes.get(kind, [])
        except Unusable:
            continue
        if stored is not None:
            codec = _codec(pipeline.plan, kind)
            for shape in shapes:
                codec.tell(shape)
            _print(name, kind, key, codec, pipeline, stored)
            is_known = True
    if is_known:
        return
    raise NotFound(f"no checkpoint under {settings.state_dir} holds {kind} {key!r}")


def _readings(settings: Settings) -> Iterator[tuple[str, Reading]]:
    for path in sorted((settings.state_dir / "state").glob("*.db")):
        try:
            reading = Reading(path)
        except Unusable:
            continue
        yield path.stem, reading
        reading.close()


def _codec(plan: Plan, kind: str) -> Codec:
    for layout, heat in zip(plan.layouts, plan.heats, strict=True):
        if layout.kind == kind:
            return Codec(layout, heat.complete)
    kinds = ", ".join(layout.kind for layout in plan.layouts)
    raise NotFound(f"the book keeps nothing by {kind!r}; it keeps {kinds}")


def _print(
    name: str, kind: str, key: str, codec: Codec, pipeline: Pipeline, stored: bytes
) -> None:
    plan, decimals = pipeline.plan, exponent(pipeline.currency) or 0
    state = codec.decode(stored)
    if state is None:
        raise NotFound(f"{kind} {key!r} is stored in a shape that nobody told of")
    newest = state[0][0]
    told = "never" if newest == NONE else f"{instant(newest):%Y-%m-%d %H:%M:%S} UTC"
    console = Console(markup=False)
    console.print(
        f"{harmless(kind)} {harmless(key)}, checkpoint {harmless(name)}", markup=False
    )
    console.print(f"newest payment: {told}; {len(stored):,} bytes; windows as of then")
    seen = glance(plan, kind, state, decimals)
    tongue = Tongue(pipeline.currency, decimals)
    table = Table("velocity", "value", "meaning")
    for velocity in plan.velocities:
        if velocity.kind == kind:
            value = harmless(tongue.say(velocity, seen[velocity.name]))
            table.add_row(velocity.name, value, velocity.meaning or said(velocity))
    console.print(table)
