"""Options that several commands take, each with one meaning."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Since: TypeAlias = Annotated[
    str | None, typer.Option("--since", help="Only payments from this time on.")
]
Until: TypeAlias = Annotated[
    str | None, typer.Option("--until", help="Only payments before this time.")
]
Processes: TypeAlias = Annotated[
    int | None, typer.Option("--processes", min=1, max=256, help="All cores if left out.")
]
Partitions: TypeAlias = Annotated[
    int,
    typer.Option(
        "--partitions", min=1, max=10_000, help="Of payments in files: as the topic had."
    ),
]
LabelLog: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--labels",
        help="Labels (JSON lines, or topic:NAME) for a book that looks at them; those of a"
        " topic of payments are found.",
    ),
]
OtherBooks: TypeAlias = Annotated[
    list[Path] | None, typer.Option("--book", help="Folder of a book that is not kept.")
]
