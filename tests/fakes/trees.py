"""Small trained scorers, grown in the test from numbers that follow a rule."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from risk.score.model_card import Feature, Learned, ModelCard, digest
from risk.train.examples import Examples
from risk.train.fit import Recipe, fit

FEATURES = ("a", "b", "c")


def examples(rows: Any = None, names: tuple[str, ...] = FEATURES) -> Examples:
    """Six hundred payments; the larger `a`, and `b` where it is known, the likelier a fraud."""
    dice = np.random.default_rng(1)
    values = dice.uniform(-5, 5, (600, len(names))) if rows is None else rows
    values[::7, 1] = np.nan
    noise = dice.uniform(-1, 1, len(values))
    fraud = values[:, 0] + np.nan_to_num(values[:, 1]) + noise > 3
    return Examples(
        names=names,
        values=values,
        at=np.arange(len(values)),
        payers=np.arange(len(values)) % 50,
        fraud=fraud,
        known_at=np.arange(len(values)),
        kinds=fraud.astype(np.int64),
        amounts=np.abs(values[:, 0]),
        kind_names=("", "stolen"),
    )


@lru_cache
def _text() -> str:
    return fit(examples(), Recipe(trees=20), seed=1, threads=1).text


def model_text(rows: Any = None) -> str:
    """The trees of a small scorer."""
    if rows is None:
        return _text()
    return fit(examples(rows), Recipe(trees=2), seed=1, threads=1).text


def card_of(text: str, /, **changes: Any) -> ModelCard:
    """A card for the trees."""
    card = ModelCard(
        name="test-trees",
        version="1",
        trees="test.txt",
        trees_hash=digest(text.encode()),
        features=tuple(Feature(name, "1") for name in FEATURES),
        cuts=tuple(float(cut) for cut in np.linspace(-3, 3, 100)),
        calibration={},
        learned=Learned("", "", "", 600, 200, 1, {}, {}),
        metrics={},
    )
    return msgspec.structs.replace(card, **changes)


def provided() -> dict[str, str]:
    """What a book provides that the small scorer can use."""
    return dict.fromkeys(FEATURES, "1")


def saved(folder: Path, trees_text: str | None = None, **changes: Any) -> Path:
    """A card and its trees as files."""
    text = model_text() if trees_text is None else trees_text
    path = folder / "test.json"
    path.write_bytes(msgspec.json.encode(card_of(text, **changes)))
    path.with_suffix(".txt").write_text(text, encoding="utf-8")
    return path
