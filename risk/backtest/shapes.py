"""What a report is made of, whatever the form of output: headings, text, tables, curves."""

from typing import TypeAlias

import msgspec


class Heading(msgspec.Struct, frozen=True):
    """A line above what follows; level 1 is the title."""

    text: str
    level: int = 2


class Paragraph(msgspec.Struct, frozen=True):
    """A sentence or two. `is_warning`: must not be overlooked."""

    text: str
    is_warning: bool = False


class Table(msgspec.Struct, frozen=True):
    """Columns and rows of text; all columns but the first `left` hold numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1


class Curve(msgspec.Struct, frozen=True):
    """Points (x, y), with some of them marked by a word."""

    title: str
    x: str
    y: str
    points: tuple[tuple[float, float], ...]
    marks: tuple[tuple[int, str], ...]


Block: TypeAlias = Heading | Paragraph | Table | Curve
