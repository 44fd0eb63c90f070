"""The text files a linguist edits: `[section]`, one entry a line, `#` begins a comment."""

import re
from collections.abc import Iterator
from importlib.resources import files

_TITLE = re.compile(r"\[([a-z ]+)\]")


def read(folder: str, name: str) -> dict[str, tuple[tuple[int, str], ...]]:
    """The sections of `folder`/`name`.txt: each a tuple of (line number, text)."""
    text = files("risk.simulate").joinpath(folder, f"{name}.txt").read_text(encoding="utf-8")
    found: dict[str, list[tuple[int, str]]] = {}
    section = ""
    for number, line in _meant(text):
        if title := _TITLE.fullmatch(line):
            section = title[1]
            found.setdefault(section, [])
        else:
            found[section].append((number, line))
    return {name: tuple(lines) for name, lines in found.items()}


def _meant(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.strip()
