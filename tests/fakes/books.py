"""Small books written into a folder, against a vocabulary of a few words."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from rules.errors import BookError
from rules.load import load_book
from rules.model import Book
from rules.vocabulary import Word

WORDS = {
    "amount": Word(type="number", unit="base", low=0, from_payment=True),
    "mean": Word(type="number", unit="base", low=0),
    "count": Word(type="number", unit="payments", low=0),
    "ratio": Word(type="number"),
    "country": Word(type="text", from_payment=True),
    "payee": Word(type="text", from_payment=True),
    "since": Word(type="text"),
    "fresh": Word(type="flag", from_payment=True),
    "known": Word(type="flag"),
    "text.urgent": Word(type="flag", from_text=True),
    "score": Word(type="number", unit="points", low=0, high=100),
}

FRAME = """\
name: test-book
version: "1"
owner: us
currency: EUR
on_malformed: review
score: {review: 60, reject: 85}
lists:
  blocked: {kind: block, values: ["KP", "IR"]}
  watched: {kind: watch, values: [{value: Straße, expires: 2026-06-01T00:00:00Z, reason: odd}]}
  trusted: {kind: allow, values: [{value: Ann, expires: 2027-01-01T00:00:00Z, reason: known}]}
"""


def rule_text(when: str = "amount > 100", name: str = "BIG", **more: str) -> str:
    """One rule as a list item of a rule file; `more` are further or other keys, in YAML."""
    keys = {
        "id": name,
        "title": f"{name} title",
        "owner": "us",
        "severity": "high",
        "tier": "review",
        "when": when,
        "reason": '{code: R1, text: "amount is {amount:.2f}"}',
        **more,
    }
    lines = [f"{key}: {value}" for key, value in keys.items()]
    return "  - " + "\n    ".join(lines) + "\n"


def points_text(points: str, when: str = "fresh", name: str = "PLUS", **more: str) -> str:
    """One rule with points instead of a tier."""
    keys = {
        "id": name,
        "title": f"{name} title",
        "owner": "us",
        "severity": "low",
        "points": points,
        "when": when,
        "reason": f'{{code: {name}, text: "{name} said so"}}',
        **more,
    }
    lines = [f"{key}: {value}" for key, value in keys.items()]
    return "  - " + "\n    ".join(lines) + "\n"


def rules_text(*rules: str) -> str:
    """A rule file of rules."""
    return "rules:\n" + "".join(rules)


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write the files of a book; book.yaml is `FRAME` if left out."""
    for name, content in {"book.yaml": FRAME, **files}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def load(folder: Path, *rules: str, files: Mapping[str, str | bytes] | None = None) -> Book:
    """Read a book of rules given as text, with further files by name."""
    named = dict(files or {})
    if rules:
        named["a.rules.yaml"] = rules_text(*rules)
    return load_book(write(folder, named), WORDS)


def causes(
    folder: Path, *rules: str, files: Mapping[str, str | bytes] | None = None
) -> list[str]:
    """The mistakes of such a book as `file:line:column: cause`, without advice and quotes."""
    with pytest.raises(BookError) as caught:
        load(folder, *rules, files=files)
    return [f"{m.file}:{m.line}:{m.column}: {m.cause}" for m in caught.value.mistakes]
