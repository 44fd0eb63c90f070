"""Recorded decisions for tests: logs that a pipeline has decided, and books that differ."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
from fakes.payments import make_pipeline

from risk.assembly import default_book
from risk.decision import Decision, encode
from risk.pipeline import Arrival


def decided(log: Sequence[Arrival]) -> list[Decision]:
    """What the stream answered to a log, with the default book."""
    return [answer.decision for answer in make_pipeline().take(log)]


def as_records(decisions: Sequence[Decision]) -> list[bytes]:
    """Decisions as the topic and files hold them."""
    return [encode(decision) for decision in decisions]


def write_records(path: Path, decisions: Sequence[Decision]) -> Path:
    """A file of decisions as JSON lines."""
    path.write_bytes(b"".join(record + b"\n" for record in as_records(decisions)))
    return path


def write_log(path: Path, log: Sequence[Arrival]) -> Path:
    """A file of payments; what is empty, or has line ends in it, is left out."""
    lines = [arrival.value for arrival in log if arrival.value and b"\n" not in arrival.value]
    path.write_bytes(b"".join(line.strip() + b"\n" for line in lines if line.strip()))
    return path


def changed_book(folder: Path, changes: dict[str, tuple[str, str]]) -> Path:
    """A copy of the default book, with one text replaced in each of some files."""
    shutil.copytree(default_book(), folder)
    for name, (old, new) in changes.items():
        path = folder / name
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{name} does not hold {old}")
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def without_timings(decisions: Sequence[Decision]) -> list[Decision]:
    """The decisions alone."""
    return [msgspec.structs.replace(decision, timings_us={}) for decision in decisions]
