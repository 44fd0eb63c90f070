"""The report of a course as one HTML file that needs nothing else, not even a network."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

import numpy as np

from risk.score.model_card import ModelCard
from risk.train.course import Course, Marks

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
       padding: 0 1rem; color: #1b1f24; background: #fff }
h1 { margin-bottom: 0 } h2 { margin-top: 2rem }
table { border-collapse: collapse } td, th { padding: .2rem .8rem .2rem 0; text-align: left }
td.n { text-align: right; font-variant-numeric: tabular-nums }
tr { border-bottom: 1px solid #e3e6ea } img { max-width: 100% } code { font-size: .9em }
@media (prefers-color-scheme: dark) { body { color: #e6e8eb; background: #16191d }
       tr { border-color: #30363d } img { background: #fff } }
"""
SHOWN: Final = 30
"""Values listed at most."""


def page(course: Course, card: ModelCard, pictures: Mapping[str, bytes], perfect: float) -> str:
    """The report as HTML."""
    learned, training, test = card.learned, course.training, course.test
    facts = {
        "trained on": f"{learned.begin[:16]} to {learned.end[:16]} UTC, "
        f"{len(training):,} payments, {int(training.fraud.sum()):,} frauds",
        "labels known through": f"{learned.labels_through[:16]} UTC",
        "tested on": f"{len(test):,} payments after that, {int(test.fraud.sum()):,} frauds",
        "trees": f"{card.trees}, {card.trees_hash}",
        "values read": f"{len(card.features)}",
        "calibration": f"{card.calibration.get('method')}, on the last part of training",
        "points from text": f"{card.text.reach} at most",
    }
    parts = [
        f"<h1>{escape(card.name)} {escape(card.version)}</h1>",
        _table([(name, text) for name, text in facts.items()]),
        "<h2>How good it is</h2>",
        _marks(course.marks, course.spread),
        f"<p>A perfect scorer would reach CP@100 {perfect:.3f} here. Measured on later "
        "payments than all that was learned from, without payers whose fraud was known.</p>",
        *[_picture(name, image) for name, image in pictures.items()],
        "<h2>What it reads</h2>",
        _table(_features(course, card)),
    ]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width">'
        f"<title>{escape(card.name)}</title><style>{STYLE}</style>{''.join(parts)}</html>\n"
    )


def _marks(marks: Marks, spread: Marks) -> str:
    rows = [
        (name, f"{mark:.4f}", f"± {spread[name]:.4f}" if name in spread else "")
        for name, mark in marks.items()
        if mark == mark
    ]
    return _table(rows, ("", "mean", "sd over seeds"))


def _features(course: Course, card: ModelCard) -> list[tuple[str, ...]]:
    known = 1 - np.isnan(course.training.values).mean(axis=0)
    rows = [
        (feature.name, f"{gain:.1%} of the gain", f"known for {share:.1%}")
        for feature, gain, share in zip(card.features, course.fitted.gains, known, strict=True)
    ]
    order = sorted(range(len(rows)), key=lambda place: -course.fitted.gains[place])
    return [rows[place] for place in order[:SHOWN]]


def _picture(name: str, image: bytes) -> str:
    return (
        f'<p><img alt="{escape(name)}" src="data:image/png;base64,{b64encode(image).decode()}">'
    )


def _table(rows: Iterable[tuple[str, ...]], head: tuple[str, ...] = ()) -> str:
    lines = ["".join(f"<th>{escape(cell)}" for cell in head)] if head else []
    lines += ["".join(f"<td>{escape(cell)}" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}" for line in lines) + "</table>"
