"""`risk state`: what checkpoints hold, read beside a running worker."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from itertools import compress
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from features.codec import Codec
from features.fields import instant
from features.layout import Layout, State, column_key, form_of, is_windowed
from features.money import exponent
from features.plan import Plan
from features.velocity import Velocity
from features.windows import NO_ID, NONE
from risk.commands.screen import harmless
from risk.pipeline import Pipeline
from risk.settings import Settings, load
from risk.state.stamp import Unusable
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
    """Count entities and bytes by partition and kind.

    Example: risk state stats --state-dir .riskstream
    """
    settings, _ = load({"state_dir": state_dir})
    table = Table("checkpoint", "next offset", "kind", "entities", "bytes", "a piece")
    for name, reading in _readings(settings):
        try:
            stamp = reading.stamp()
            rows = reading.sizes()
        except Unusable as refused:
            table.add_row(name, "-", str(refused), "", "", "")
            continue
        for kind, count, size in rows:
            each = f"{size // max(1, count):,}"
            table.add_row(name, f"{stamp.offset:,}", kind, f"{count:,}", f"{size:,}", each)
        answers = stamp.ledger_next - stamp.ledger_first
        table.add_row(name, f"{stamp.offset:,}", "answers", f"{answers:,}", "", "")
    Console().print(table)


@app.command("show")
def show(
    entity: Annotated[str, typer.Argument(help="kind:key, for example payer:P123")],
    state_dir: Folder = None,
    book: Book = None,
) -> None:
    """Show the windows of one entity as they stand in the newest checkpoint.

    As of the entity's own newest payment, that one included.

    Example: risk state show payer:P123
    """
    from risk.assembly import build_pipeline

    kind, _, key = entity.partition(":")
    settings, _ = load({"state_dir": state_dir, "book": book})
    pipeline = build_pipeline(settings)
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
    layout = next(layout for layout in plan.layouts if layout.kind == kind)
    if state is None:
        raise NotFound(f"{kind} {key!r} is stored in a shape that nobody told of")
    newest = state[0][0]
    told = "never" if newest == NONE else f"{instant(newest):%Y-%m-%d %H:%M:%S} UTC"
    console = Console()
    console.print(
        f"{harmless(kind)} {harmless(key)}, checkpoint {harmless(name)}", markup=False
    )
    console.print(f"newest payment: {told}; {len(stored):,} bytes; windows as of then")
    table = Table("velocity", "value", "meaning")
    for velocity in plan.velocities:
        if velocity.kind == kind:
            table.add_row(
                velocity.name, tell(velocity, layout, state, decimals), velocity.meaning
            )
    console.print(table)


def tell(velocity: Velocity, layout: Layout, state: State, decimals: int) -> str:
    """A window as of the entity's newest payment, that one included; `-` if not told here.

    Told are count, sum, mean, min, max and distinct of what is kept in columns; what compares
    with the payment at hand (is it new, how long since) means nothing without one.
    """
    if velocity.fn not in TOLD or not is_windowed(velocity) or state[-1] is not None:
        return "-"
    times = state[layout.places["times"]]
    size = len(times) - bisect_right(times, state[0][0] - velocity.window)
    where = velocity.where
    mask = state[layout.places[f"mask:{where.text}"]] if where else None
    column = state[layout.places[column_key(velocity)]] if velocity.of else times
    if size > len(column) or (mask is not None and size > len(mask)):
        return "-"
    found = list(column[len(column) - size :])
    if mask is not None:
        found = list(compress(found, mask[len(mask) - size :]))
    form = form_of(velocity) if velocity.of else "times"
    absent = {"money": NONE, "identity": NO_ID}.get(form)
    known = [one for one in found if one != absent and one == one]  # not NaN: an absent number
    value = TOLD[velocity.fn](known)
    if value is None:
        return "unknown"
    return f"{value / 10**decimals:,.{decimals}f}" if form == "money" else f"{value:,}"


TOLD: Final[Mapping[str, Callable[[list[Any]], Any]]] = {
    "count": len,
    "sum": sum,
    "mean": lambda found: sum(found) / len(found) if found else None,
    "min": lambda found: min(found, default=None),
    "max": lambda found: max(found, default=None),
    "distinct": lambda found: len(set(found)),
}
