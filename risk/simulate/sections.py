"""The text files a linguist edits: `[section]` lines, one entry a line, `#` begins a comment."""

from collections.abc import Iterator
from importlib.resources import files


def read(folder: str, name: str) -> dict[str, tuple[tuple[int, str], ...]]:
    """The sections of `folder`/`name`.txt: each a tuple of (line number, text)."""
    text = files("risk.simulate").joinpath(folder, f"{name}.txt").read_text(encoding="utf-8")
    found: dict[str, list[tuple[int, str]]] = {}
    section = ""
    for number, line in _meant(text):
        if line.startswith("["):
            section = line.strip("[]")
            found.setdefault(section, [])
        else:
            found[section].append((number, line))
    return {name: tuple(lines) for name, lines in found.items()}


def _meant(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.strip()
