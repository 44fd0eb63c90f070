"""Blocks as plain text, as Markdown for a pull request, and as one HTML page.

What payers and payees wrote is shown harmless in each: controls are written out, and nothing in
a page can be an instruction to a browser. The page needs no network.
"""

from collections.abc import Callable, Iterable
from html import escape
from typing import Final

from risk.backtest.shapes import Block, Curve, Heading, Paragraph, Table

Clean = Callable[[str], str]
"""Makes text of strangers harmless for the place where it is shown."""

STYLE: Final = """\
body{font:15px/1.5 system-ui,sans-serif;max-width:72em;margin:2em auto;
padding:0 1em;color:#1c2430}
table{border-collapse:collapse;margin:.5em 0 1.5em}th,td{padding:.25em .8em;text-align:right;
border-bottom:1px solid #dde2e8;vertical-align:top}th{font-weight:600}.l{text-align:left}
.warning{background:#fff3cd;padding:.6em 1em;font-weight:600}svg{max-width:40em}
"""
WIDTH: Final = 560
HEIGHT: Final = 300
MARGIN: Final = 50


def to_text(blocks: Iterable[Block], clean: Clean) -> str:
    """For a terminal, or a file that people read."""
    return "\n".join(_text(block, clean) for block in blocks)


def to_markdown(blocks: Iterable[Block], clean: Clean) -> str:
    """For a pull request."""

    def safe(text: str) -> str:
        found = clean(text)
        for mark in "\\`*_{}[]<>|#@":
            found = found.replace(mark, "\\" + mark)
        return found

    return "\n\n".join(_markdown(block, safe) for block in blocks) + "\n"


def to_page(blocks: Iterable[Block], clean: Clean) -> str:
    """One HTML file, plots and all."""
    body = "\n".join(_html(block, lambda text: escape(clean(text))) for block in blocks)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Backtest</title>\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">\n"
        f"<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _text(block: Block, clean: Clean) -> str:
    match block:
        case Heading(text=text, level=level):
            line = {1: "=", 2: "-", 3: ""}[level] * len(text)
            return f"\n{clean(text)}\n{line}" if line else f"\n{clean(text)}"
        case Paragraph(text=text):
            return clean(text)
        case Table():
            return _text_table(block, clean)
        case Curve():
            return ""  # its table stands above it


def _text_table(table: Table, clean: Clean) -> str:
    rows = [table.columns, *table.rows]
    cells = [[clean(cell) for cell in row] for row in rows]
    widths = [max(len(row[n]) for row in cells) for n in range(len(table.columns))]
    lines = [
        "  ".join(
            cell.ljust(widths[n]) if n < table.left else cell.rjust(widths[n])
            for n, cell in enumerate(row)
        ).rstrip()
        for row in cells
    ]
    return "\n".join(lines)


def _markdown(block: Block, safe: Clean) -> str:
    match block:
        case Heading(text=text, level=level):
            return f"{'#' * (level + 1)} {safe(text)}"
        case Paragraph(text=text, is_warning=is_warning):
            return f"**{safe(text)}**" if is_warning else safe(text)
        case Table(columns=columns, rows=rows, left=left):
            line = ["---" if n < left else "---:" for n in range(len(columns))]
            shown = [columns, line, *rows]
            cells = [[c if row is line else safe(c) or " " for c in row] for row in shown]
            return "\n".join(f"| {' | '.join(row)} |" for row in cells)
        case Curve(title=title, x=x, y=y, points=points, marks=marks):
            named = [
                f"{word}: {x} {points[n][0]:.4g}, {y} {points[n][1]:.4g}" for n, word in marks
            ]
            return f"{safe(title)}: {safe('; '.join(named))}."


def _html(block: Block, safe: Clean) -> str:
    match block:
        case Heading(text=text, level=level):
            return f"<h{level}>{safe(text)}</h{level}>"
        case Paragraph(text=text, is_warning=is_warning):
            kind = ' class="warning"' if is_warning else ""
            return f"<p{kind}>{safe(text)}</p>"
        case Table(columns=columns, rows=rows, left=left):
            lines = [_html_row(columns, "th", left, safe)]
            lines += [_html_row(row, "td", left, safe) for row in rows]
            return f"<table>{''.join(lines)}</table>"
        case Curve():
            return _svg(block, safe)


def _html_row(cells: Iterable[str], tag: str, left: int, safe: Clean) -> str:
    shown = [
        f'<{tag} class="l">{safe(cell)}</{tag}>' if n < left else f"<{tag}>{safe(cell)}</{tag}>"
        for n, cell in enumerate(cells)
    ]
    return f"<tr>{''.join(shown)}</tr>\n"


def _svg(curve: Curve, safe: Clean) -> str:
    """The points joined in the order of x, axes from zero to the greatest value."""
    top_x = max((x for x, _ in curve.points), default=0) or 1.0
    top_y = max((y for _, y in curve.points), default=0) or 1.0

    def place(x: float, y: float) -> tuple[float, float]:
        wide, high = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
        return MARGIN + wide * x / top_x, HEIGHT - MARGIN - high * y / top_y

    line = " ".join("{:.1f},{:.1f}".format(*place(*point)) for point in sorted(curve.points))
    dots = "".join(
        '<circle cx="{:.1f}" cy="{:.1f}" r="2.5"/>'.format(*place(*point))
        for point in curve.points
    )
    marks = ""
    for n, word in curve.marks:
        x, y = place(*curve.points[n])
        marks += (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="#c0392b"/>'
            f'<text x="{x + 8:.1f}" y="{y + 16:.1f}" fill="#c0392b">{safe(word)}</text>'
        )
    base, right = HEIGHT - MARGIN, WIDTH - MARGIN
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" font-size="12" role="img">'
        f"<title>{safe(curve.title)}</title>"
        f'<path d="M{MARGIN} {MARGIN}V{base}H{right}" fill="none" stroke="#888"/>'
        f'<polyline points="{line}" fill="none" stroke="#2c6fbb" stroke-width="1.5"/>'
        f'<g fill="#2c6fbb">{dots}</g>{marks}'
        f'<text x="{right}" y="{base + 32}" text-anchor="end">{safe(curve.x)}</text>'
        f'<text x="{right}" y="{base + 16}" text-anchor="end">{top_x:.4g}</text>'
        f'<text x="{MARGIN}" y="{MARGIN - 10}">{safe(curve.y)}, up to {top_y:.4g}</text>'
        f'<text x="{MARGIN - 6}" y="{base + 14}" text-anchor="end">0</text></svg>'
    )
