"""What a trained scorer costs a payment, and whether its two explanations agree."""

import time
from collections.abc import Sequence

from figures import Figure

from risk.score.booster import Booster
from risk.score.points import TextPoints
from risk.train.calibration import probabilities
from risk.train.course import Course
from risk.train.examples import Split
from risk.train.fit import Recipe
from risk.train.keep import Named, card_for
from risk.train.measure import calibration_error

BATCH = 64
ROWS = 20_000
Values = dict[str, float]


def scorer_of(course: Course, split: Split) -> Booster:
    """The course's scorer as the worker would load it."""
    provided = dict.fromkeys(course.test.names, "1")
    named = Named("bench", "1", TextPoints())
    card = card_for(course, split, Recipe(), "platt", named, provided)
    return Booster(card, course.fitted.text, "bench")


def rows_of(course: Course) -> list[Values]:
    """The test's payments as the values that are known of them."""
    names = course.test.names
    return [
        {name: value for name, value in zip(names, row, strict=True) if value == value}
        for row in course.test.values.tolist()
    ]


def cost(scorer: Booster, rows: Sequence[Values]) -> list[Figure]:
    """CPU time a payment, in batches; and of one explanation of either kind."""
    batches = [rows[place : place + BATCH] for place in range(0, ROWS, BATCH)]
    start = time.process_time()
    for batch in batches:
        scorer.score_many(batch)
    scored = (time.process_time() - start) / sum(map(len, batches))
    start = time.process_time()
    for values in rows[:2000]:
        scorer.paths(values)
    path = (time.process_time() - start) / 2000
    start = time.process_time()
    for values in rows[:200]:
        scorer.why(values)
    exact = (time.process_time() - start) / 200
    return [
        (f"scorer: a payment, in batches of {BATCH}", scored * 1e6, "us CPU"),
        ("scorer: path contributions of a payment", path * 1e6, "us CPU"),
        ("scorer: exact TreeSHAP of a payment", exact * 1e6, "us CPU"),
    ]


def agreement(scorer: Booster, rows: Sequence[Values]) -> list[Figure]:
    """How often path contributions and exact TreeSHAP name the same values, where it counts."""
    told = [values for values in rows if scorer.score(values).contributions]
    first = shared = 0
    for values in told:
        paths = [name for name, _ in scorer.paths(values)[:3]]
        exact = [name for name, _ in scorer.why(values)[:3]]
        first += paths[0] == exact[0]
        shared += len(set(paths) & set(exact))
    return [
        ("scorer: payments whose score is explained", len(told) / len(rows) * 100, "%"),
        ("paths and TreeSHAP agree on the first value", first / len(told) * 100, "%"),
        ("paths and TreeSHAP share of the first three", shared / len(told), "values"),
    ]


def identical(scorer: Booster, course: Course, rows: Sequence[Values]) -> int:
    """How many payments get another raw score one by one than in one batch."""
    raws = course.raws.tolist()
    return sum(scorer.raw(values) != raw for values, raw in zip(rows, raws, strict=True))


def calibrated(course: Course) -> list[Figure]:
    """Whether the score is the percentage that it says it is."""
    stated = probabilities(course.raws, course.cuts)
    error = calibration_error(course.test.fraud, stated)
    figures: list[Figure] = [("score: expected calibration error", error, "")]
    for low, high in ((5, 20), (20, 50), (50, 80), (80, 101)):
        chosen = (100 * stated >= low) & (100 * stated < high)
        if chosen.any():
            band = f"score {low} to {min(high, 100)}"
            figures.append((f"{band}: says", 100 * stated[chosen].mean(), "%"))
            figures.append((f"{band}: is", 100 * course.test.fraud[chosen].mean(), "%"))
    return figures
