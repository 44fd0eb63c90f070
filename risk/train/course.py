"""One course of training: grow, calibrate, test, over some seeds; the first seed is kept."""

from collections.abc import Callable

import msgspec
import numpy as np

from features.velocity import DAY
from risk.train.calibration import Cuts, Method, calibrate, probabilities
from risk.train.examples import Examples, Split
from risk.train.fit import Fitted, Recipe, fit
from risk.train.measure import (
    Floats,
    auc,
    average_precision,
    calibration_error,
    card_precision,
    precision,
    recall,
    recall_at,
    top,
    value_recall,
)

LATER: float = 0.3
"""Share of the training time, its end, on which the curve of probabilities is fitted."""

Marks = dict[str, float]
Tell = Callable[[str], None]


class TooFew(Exception):
    """There is not enough to learn from or to test on; `str()` says what is missing."""


class Course(msgspec.Struct, frozen=True, eq=False):
    """What came out. `raws` are the test's scores of the model that is kept."""

    fitted: Fitted
    cuts: Cuts
    training: Examples
    test: Examples
    raws: Floats
    marks: Marks
    spread: Marks
    """Standard deviation of the marks over the seeds."""


def run_course(
    examples: Examples,
    split: Split,
    recipe: Recipe,
    seeds: int,
    method: Method,
    tell: Tell = lambda text: None,
) -> Course:
    """Train and test. Raises `TooFew`."""
    training, test = split.training(examples), split.test(examples)
    _check(training, "training")
    _check(test, "test")
    fits, runs = [], []
    for seed in range(seeds):
        tell(f"growing trees, seed {seed + 1} of {seeds}")
        fits.append(fit(training, recipe, seed, threads=1))
        runs.append(measure(split, test, fits[-1].predict(test.values)))
    tell("calibrating")
    cuts = later_cuts(training, split, recipe, method)
    raws = fits[0].predict(test.values)
    stated = probabilities(raws, cuts)
    marks = {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}
    marks["calibration error"] = calibration_error(test.fraud, stated)
    return Course(
        fitted=fits[0],
        cuts=cuts,
        training=training,
        test=test,
        raws=raws,
        marks=marks,
        spread={name: float(np.std([run[name] for run in runs])) for name in runs[0]},
    )


def later_cuts(training: Examples, split: Split, recipe: Recipe, method: Method) -> Cuts:
    """Calibrate on the end of training a model that saw only what came before it.

    The model that is kept sees all of training, and would be too sure of itself there.
    """
    border = split.train_end - int(LATER * split.train_days * DAY)
    before = training.chosen(training.at < border)
    after = training.chosen(training.at >= border)
    _check(before, "calibration (the first part of training)")
    _check(after, "calibration (the last part of training)")
    return calibrate(after.fraud, fit(before, recipe, 0, 1).predict(after.values), method)


def _check(examples: Examples, what: str) -> None:
    frauds = int(examples.fraud.sum())
    if frauds < 2 or frauds > len(examples) - 2:
        raise TooFew(
            f"{what}: {len(examples)} payments, {frauds} of them fraud; at least two of either "
            "are needed: look at the dates and at the labels"
        )


def measure(split: Split, test: Examples, scores: Floats) -> Marks:
    """All marks of scores on the test; see `risk.train.measure` for what they mean."""
    fraud, flagged = test.fraud, top(scores, 0.005)
    days = split.day_of(test)
    marks = {
        "AP": average_precision(fraud, scores),
        "AUC": auc(fraud, scores),
        "CP@100": card_precision(fraud, scores, days, test.payers.tolist()),
        "recall at FPR 0.1 %": recall_at(fraud, scores, 0.001),
        "recall at FPR 0.5 %": recall_at(fraud, scores, 0.005),
        "recall at FPR 1 %": recall_at(fraud, scores, 0.01),
        "top 0.5 %: precision": precision(fraud, flagged),
        "top 0.5 %: recall": recall(fraud, flagged),
        "top 0.5 %: value recall": value_recall(fraud, flagged, test.amounts),
    }
    for place, kind in enumerate(test.kind_names[1:], 1):
        marks[f"top 0.5 %: recall of {kind}"] = recall(test.kinds == place, flagged)
    return marks


def perfect(split: Split, test: Examples) -> float:
    """Card precision of a scorer that knows: what there is to be reached."""
    scores = test.fraud.astype(float)
    return card_precision(test.fraud, scores, split.day_of(test), test.payers.tolist())
