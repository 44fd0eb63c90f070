"""How commands speak: text of strangers made harmless, colour only on a terminal."""

import json
import unicodedata
from typing import Annotated, Any, TypeAlias

import typer
from rich.console import Console

Bootstrap: TypeAlias = Annotated[
    str | None, typer.Option("--bootstrap", help="Kafka brokers, host:port,...")
]

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="JSON for programs")]

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def harmless(text: str) -> str:
    r"""Write out what could steer a terminal or hide text: controls, directions, unassigned.

    `\x1b`, `\u202e` and the like stand for themselves; everything else stays as it is.
    """
    return "".join(
        char.encode("unicode_escape").decode()
        if unicodedata.category(char) in _INVISIBLE
        else char
        for char in text
    )


def readable(raw: bytes) -> str:
    """Show bytes of a stranger: text if they are UTF-8, escapes for what is not."""
    return harmless(raw.decode("utf-8", "backslashreplace"))


def console(*, to_stderr: bool = False) -> Console:
    """Make a console without markup: what is printed is never read as an instruction."""
    return Console(stderr=to_stderr, markup=False, highlight=False, emoji=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Print one line of JSON in ASCII, which no terminal obeys."""
    typer.echo(json.dumps(value, ensure_ascii=True))
