"""What came out of a course, as files: the trees, their card, and later the report."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import msgspec

from features.fields import instant
from risk.drift import SCORE, spread_of
from risk.score.model_card import Feature, Learned, ModelCard, Spread, digest
from risk.score.points import TextPoints, points_of
from risk.train.calibration import Method
from risk.train.course import Course
from risk.train.examples import Split
from risk.train.fit import Recipe


class Named(msgspec.Struct, frozen=True):
    """What the scorer is called, and what it adds for text."""

    name: str
    version: str
    text: TextPoints


def card_for(
    course: Course,
    split: Split,
    recipe: Recipe,
    method: Method,
    named: Named,
    provided: Mapping[str, str],
) -> ModelCard:
    """The card of a course's scorer; `provided` are the versions of the values it reads."""
    training = course.training
    learned = Learned(
        begin=instant(split.begin).isoformat(),
        end=instant(split.train_end).isoformat(),
        labels_through=instant(split.test_begin).isoformat(),
        payments=len(training),
        frauds=int(training.fraud.sum()),
        seed=0,
        recipe=msgspec.structs.asdict(recipe),
        made_with={name: version(name) for name in ("lightgbm", "numpy")},
    )
    return ModelCard(
        name=named.name,
        version=named.version,
        trees=f"{named.name}.txt",
        trees_hash=digest(course.fitted.text.encode()),
        features=tuple([Feature(name, provided[name]) for name in training.names]),
        cuts=course.cuts,
        calibration={"method": method, "error": course.marks["calibration error"]},
        learned=learned,
        metrics={name: mark for name, mark in course.marks.items() if mark == mark},
        text=named.text,
        snapshot=snapshot_of(course),
    )


def snapshot_of(course: Course) -> dict[str, Spread]:
    """How the values were spread in training, and the score on payments it had not seen."""
    training = course.training
    columns = zip(training.names, training.values.T, strict=True)
    spreads = {name: spread_of(column.tolist()) for name, column in columns}
    points = [float(points_of(raw, course.cuts)) for raw in course.raws.tolist()]
    return {**spreads, SCORE: spread_of(points)}


def keep(card: ModelCard, trees: str, folder: Path) -> Path:
    """Write the trees and then the card; returns the card's place."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath(card.trees).write_text(trees, encoding="utf-8")
    path = folder / f"{card.name}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n")
    return path
