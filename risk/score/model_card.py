"""The card of a trained scorer: a JSON file beside its trees, and the checks at its door.

    cards.json   what it reads, learned from when, how good it is, how raw scores become points
    cards.txt    the trees, as text of LightGBM

Nothing in either file is ever executed. A card whose trees were changed, or that reads what
the book does not provide, is refused with every reason.
"""

from collections.abc import Mapping
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from risk.score.points import MAX_POINTS, TextPoints
from rules.errors import did_you_mean


class Feature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value that the trees read. `version` changes with the meaning of the value."""

    name: str
    version: str


class Learned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it was trained on: times as ISO 8601 UTC, the end not included."""

    begin: str
    end: str
    labels_through: str
    payments: int
    frauds: int
    seed: int
    recipe: dict[str, Any]
    made_with: dict[str, str]


class Spread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a value was spread in training: shares of `len(edges) + 1` bins, then of unknown.

    Bin i holds `edges[i - 1] < value <= edges[i]`.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]


class ModelCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is to know of a trained scorer but its trees."""

    schema: Literal[1] = 1
    kind: Literal["boosted-trees"] = "boosted-trees"
    name: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,59}$")]
    version: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    trees: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    """The file of the trees, in the same folder."""
    trees_hash: str
    features: tuple[Feature, ...]
    cuts: tuple[float, ...]
    """`cuts[k]` is the raw score from which on there are at least k + 1 points; ascending."""
    calibration: dict[str, Any]
    learned: Learned
    metrics: dict[str, float]
    text: TextPoints = TextPoints()
    snapshot: dict[str, Spread] = {}
    """The spread of every value, and of the `score`."""


class BadScorer(Exception):
    """A scorer that cannot be used; `str()` names the file and every reason."""


def digest(content: bytes) -> str:
    """32 hex digits for the content of a file."""
    return blake2b(content, digest_size=16).hexdigest()


def read_card(path: Path) -> tuple[ModelCard, str, str]:
    """Read a card and its trees: the card, the text of the trees, a hash of both."""
    raw = _read(path)
    try:
        card = msgspec.json.decode(raw, type=ModelCard)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadScorer(f"{path}: is no card of a trained scorer: {error}") from None
    trees = _read(path.with_name(card.trees))
    if digest(trees) != card.trees_hash:
        raise BadScorer(f"{path}: {card.trees} is not the file that this card was made for")
    if len(card.cuts) > MAX_POINTS or any([a > b for a, b in pairwise(card.cuts)]):
        raise BadScorer(f"{path}: the cuts must ascend, and be {MAX_POINTS} at most")
    return card, trees.decode("utf-8", "replace"), digest(raw + trees)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadScorer(f"{path}: {error.strerror}") from None


def mistakes(card: ModelCard, provided: Mapping[str, str]) -> list[str]:
    """Why the card does not fit what is provided: versions of values by name."""
    found = []
    for feature in card.features:
        if feature.name not in provided:
            advice = did_you_mean(feature.name, provided)
            found.append(
                f"{feature.name} is not provided by the book{advice and f'; {advice}'}"
            )
        elif provided[feature.name] != feature.version:
            found.append(f"{feature.name} has another meaning in the book than in training")
    found += [f"{name} is not provided" for name in card.text.points if name not in provided]
    return found
