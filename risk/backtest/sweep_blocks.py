"""A sweep as blocks: every setting with its marks, and the curve that they make."""

from collections.abc import Iterator

from risk.backtest.report import Sweep
from risk.backtest.shapes import Block, Curve, Heading, Paragraph, Table

MOST_SETTINGS = 60


def sweep_blocks(sweep: Sweep) -> Iterator[Block]:
    """Yield the blocks of a sweep."""
    yield Heading(f"Sweep of {' and '.join(sweep.names)}")
    rows = []
    for place, one in enumerate(sweep.settings[:MOST_SETTINGS]):
        marks = [word for at, word in _marks(sweep) if at == place]
        setting = ", ".join(f"{one.params[name]:g}" for name in sweep.names)
        shares = [one.precision, one.recall, one.value_recall]
        rows.append(
            (
                setting,
                " ".join(marks),
                f"{one.stopped:,}",
                f"{one.per_day:,.1f}",
                *("-" if share is None else f"{share:.1%}" for share in shares),
            )
        )
    columns = ("setting", "", "stopped", "reviews a day", "precision", "recall", "by money")
    yield Table(columns, tuple(rows), left=2)
    if len(sweep.settings) > MOST_SETTINGS:
        yield Paragraph(
            f"{len(sweep.settings) - MOST_SETTINGS:,} more settings are in the JSON."
        )
    if sweep.capacity is not None and sweep.best is None:
        yield Paragraph(f"No setting needs as few as {sweep.capacity:g} reviews a day.")
    if any(one.recall is not None for one in sweep.settings):
        points = tuple((one.per_day, one.recall or 0.0) for one in sweep.settings)
        yield Curve("Recall for reviews", "reviews a day", "recall", points, _marks(sweep))
    else:
        points = tuple((one.per_day, float(one.stopped)) for one in sweep.settings)
        yield Curve("Stopped for reviews", "reviews a day", "stopped", points, _marks(sweep))


def _marks(sweep: Sweep) -> tuple[tuple[int, str], ...]:
    marks = [(n, "now") for n, one in enumerate(sweep.settings) if one.is_current]
    if sweep.knee is not None:
        marks.append((sweep.knee, "knee"))
    if sweep.best is not None:
        marks.append((sweep.best, "best within capacity"))
    return tuple(marks)
