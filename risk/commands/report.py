"""How a comparison is handed over: on the terminal, as JSON, as Markdown, as one HTML page."""

from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec
import typer

from risk.backtest.blocks import blocks
from risk.backtest.forms import to_markdown, to_page, to_text
from risk.backtest.report import Report
from risk.commands.screen import console, harmless

JsonFile: TypeAlias = Annotated[
    Path | None, typer.Option("--json", help="Write all of it as JSON.")
]
MarkdownFile: TypeAlias = Annotated[
    Path | None, typer.Option("--markdown", help="Write it for a pull request.")
]
HtmlFile: TypeAlias = Annotated[
    Path | None, typer.Option("--html", help="Write one page, plots and all.")
]
Labels: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option("--labels", help="Which were frauds: JSON lines, or an archive."),
]
Last: TypeAlias = Annotated[
    str | None, typer.Option("--last", help="Only the last days of it, like 30d.")
]


def hand_over(
    report: Report, json: Path | None, markdown: Path | None, html: Path | None
) -> None:
    """Print a report, and write the files that are asked for."""
    shown = list(blocks(report))
    if json:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    if markdown:
        markdown.write_text(to_markdown(shown, harmless), encoding="utf-8")
    if html:
        html.write_text(to_page(shown, harmless), encoding="utf-8")
    console().print(to_text(shown, harmless))
