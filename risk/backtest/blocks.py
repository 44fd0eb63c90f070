"""A report as blocks in the order in which it is read; every form of output shows the same."""

from collections.abc import Iterator

from risk.backtest.report import Figure, Flips, Group, Report, Sample, Side
from risk.backtest.shapes import Block, Heading, Paragraph, Table
from risk.backtest.sweep_blocks import sweep_blocks

MOST_FLIPS = 20


class Money:
    """Writes minor units of one currency."""

    def __init__(self, report: Report) -> None:
        self._scale = 10**report.exponent
        self._digits = report.exponent
        self.currency = report.currency

    def __call__(self, minor: int | None) -> str:
        """Major units, `-` for what is not known."""
        return "-" if minor is None else f"{minor / self._scale:,.{self._digits}f}"


def blocks(report: Report) -> Iterator[Block]:
    """Yield the blocks of a report."""
    money = Money(report)
    yield from _head(report)
    yield from _sides(report, money)
    yield from _matrix(report, money)
    yield from _flips(report, money)
    yield from _rules(report, money)
    yield from _segments(report)
    if report.sweep is not None:
        yield from sweep_blocks(report.sweep)


def _head(report: Report) -> Iterator[Block]:
    one, other = report.before.book, report.after.book
    names = [f"{book.name} {book.version}" for book in (one, other)]
    if names[0] == names[1] and one.hash != other.hash:
        names = [f"{book.name} {book.version} ({book.hash[:8]})" for book in (one, other)]
    yield Heading(f"{report.title}: {' and '.join(names)}", 1)
    yield Paragraph(
        f"{report.rows:,} payments over {report.days:,.1f} days ({report.since} to"
        f" {report.until}); {report.flipped:,} outcomes flip"
        f" ({_share(report.flipped, report.rows)})."
    )
    if report.note:
        yield Paragraph(report.note)
    if report.is_partial:
        yield Paragraph(f"PARTIAL: {report.is_partial}", is_warning=True)
    yield from (Paragraph(f"{doubt}.", is_warning=True) for doubt in report.doubts)
    yield from (
        Paragraph(f"{count:,} records are left out: each {reason}.")
        for reason, count in report.skipped.items()
    )
    if report.labels is not None:
        yield Paragraph(
            f"{report.labels:,} of the payments are labelled fraud; one without a label counts"
            " as good. Intervals are 95 %, by payer."
        )


def _sides(report: Report, money: Money) -> Iterator[Block]:
    yield Heading("Outcomes")
    rows = []
    for name in ("approve", "review", "reject"):
        pair = (report.before.outcomes[name], report.after.outcomes[name])
        rows.append((name, *(_counted(one, report.rows) for one in pair)))
        rows.append((f"{name}, {money.currency}", *(money(one.minor) for one in pair)))
    sides = (report.before, report.after)
    if report.labels is not None:
        rows.append((f"good {money.currency} held", *(money(s.good_minor_held) for s in sides)))
        rows += [
            (label, *(_figure(_measure(side, name)) for side in sides))
            for name, label in (
                ("precision", "precision"),
                ("recall", "recall"),
                ("f1", "F1"),
                ("value_recall", "recall by money"),
                ("false_ratio", "good stopped for a fraud"),
            )
        ]
    yield Table(("", "before", "after"), tuple(rows))


def _measure(side: Side, name: str) -> Figure | None:
    return None if side.quality is None else getattr(side.quality, name)


def _matrix(report: Report, money: Money) -> Iterator[Block]:
    yield Heading("Before (rows) and after (columns)")
    rows = [
        (one, *(_cell(group, money) for group in others.values()))
        for one, others in report.matrix.items()
    ]
    yield Table(("", *report.matrix), tuple(rows))


def _flips(report: Report, money: Money) -> Iterator[Block]:
    yield Heading("Flips and their causes")
    if not report.flips:
        yield Paragraph("No outcome flips.")
        return
    rows = [
        (
            f"{one.before} to {one.after}",
            one.cause,
            f"{one.group.payments:,}",
            money(one.group.minor),
            "-" if one.group.frauds is None else f"{one.group.frauds:,}",
        )
        for one in report.flips[:MOST_FLIPS]
    ]
    columns = ("direction", "cause", "payments", money.currency, "frauds")
    yield Table(columns, tuple(rows), left=2)
    for flips in report.flips[:MOST_FLIPS]:
        yield from _samples(flips)


def _samples(flips: Flips) -> Iterator[Block]:
    yield Heading(f"{flips.before} to {flips.after}: {flips.cause}", 3)
    yield Table(
        ("payment", "time", "amount", "reasons before", "reasons after"),
        tuple(
            (
                f"{one.transaction_id}{_truth(one)}",
                one.time,
                one.amount,
                "; ".join(one.before) or "-",
                "; ".join(one.after) or "-",
            )
            for one in flips.samples
        ),
        left=5,
    )


def _truth(sample: Sample) -> str:
    return "" if sample.fraud is None else (" (fraud)" if sample.fraud else " (good)")


def _rules(report: Report, money: Money) -> Iterator[Block]:
    yield Heading("Rules")
    columns: tuple[str, ...] = ("rule", "side", "fired", "only this one", money.currency)
    rows: list[tuple[str, ...]] = []
    for one in report.rules:
        if not one.fired.payments:
            continue
        mode = "" if one.mode == "live" else " (on trial)"
        alone = f"{one.alone.payments:,}"
        if one.alone.frauds is not None:
            alone += f" ({one.alone.frauds:,} frauds)"
        row: tuple[str, ...] = (
            f"{one.rule}{mode}",
            one.side,
            f"{one.fired.payments:,}",
            alone,
            money(one.fired.minor),
        )
        if report.labels is not None:
            row += (_figure(one.precision), _figure(one.recall), _figure(one.false_ratio))
        rows.append(row)
    if report.labels is not None:
        columns += ("precision", "recall", "good for a fraud")
    yield Table(columns, tuple(_joined(rows)), left=2)
    fired = {one.rule for one in report.rules if one.fired.payments}
    silent = sorted({one.rule for one in report.rules} - fired)
    if silent:
        yield Paragraph(f"Never fired: {', '.join(silent)}.")
    if report.overlaps:
        yield Heading("Rules that fire together (after)")
        pairs = [
            (one.first, one.second, f"{one.payments:,}", f"{one.share:.0%}")
            for one in report.overlaps
        ]
        yield Table(("rule", "and", "payments", "of the rarer"), tuple(pairs), left=2)


def _joined(rows: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Tell once what is the same on both sides."""
    known = {(name, *figures) for name, side, *figures in rows if side == "before"}
    same = {
        (name, *figures)
        for name, side, *figures in rows
        if side == "after" and (name, *figures) in known
    }
    for name, side, *figures in rows:
        if (name, *figures) not in same:
            yield (name, side, *figures)
        elif side == "before":
            yield (name, "both", *figures)


def _segments(report: Report) -> Iterator[Block]:
    yield Heading("Where it is felt")
    rows = [
        (
            one.by,
            one.value,
            f"{one.payments:,}",
            _share(one.stopped_before, one.payments),
            _share(one.stopped_after, one.payments),
            f"{one.flips:,}",
        )
        for one in report.segments
    ]
    columns = ("by", "value", "payments", "stopped before", "stopped after", "flips")
    yield Table(columns, tuple(rows), left=2)


def _counted(group: Group, rows: int) -> str:
    return f"{group.payments:,} ({_share(group.payments, rows)})"


def _cell(group: Group, money: Money) -> str:
    frauds = "" if not group.frauds else f", {group.frauds:,} frauds"
    return f"{group.payments:,} ({money(group.minor)}{frauds})"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2%}" if whole else "-"


def _figure(figure: Figure | None) -> str:
    if figure is None:
        return "-"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
