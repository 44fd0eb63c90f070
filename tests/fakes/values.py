"""Random values of the words in `fakes.bare_books`: known, unknown, at edges, of wrong type."""

from collections.abc import Iterator
from random import Random

from fakes.bare_books import WORDS

from rules.vocabulary import Scalar

EDGES = [0, 1, -1, 5, 3, 2.5, -0.5, 0.1, 2**53, 2**53 - 1, 1e-05, 1e22, 1.7e308, 5e-324]
NUMBERS = [
    *EDGES,
    2,
    -0.0,
    -(2**53),
    -1e-05,
    1.5e-07,
    float("nan"),
    float("inf"),
    -float("inf"),
]
HUGE = [2**53 + 1, -(2**64), 10**400]
"""Whole numbers that 64-bit floats do not hold; parsers refuse them (`features.fields`)."""

TEXTS = ["a", "A ", "b", "Ann", "ann", "", "Straße", "STRASSE", "\uff21b", "2026-01-01", "1"]
TEXTS += ["2026-05-01T00:00:00+02:00", "0001-01-01T00:00:00+14:00", '"', "\x00", "\n{}", "a b"]
OF_TYPE: dict[str, list[Scalar]] = {
    "number": list(NUMBERS),
    "text": list(TEXTS),
    "flag": [True, False],
}
ANY: list[Scalar] = [value for values in OF_TYPE.values() for value in values]

Payment = tuple[dict[str, Scalar], int]
"""Values by name, and the event time in microseconds UTC."""


def payments(seed: int, count: int, *, huge: bool = False) -> Iterator[Payment]:
    """Payments of which each value is absent, fitting, or (one in ten) anything at all."""
    dice = Random(seed)
    for _ in range(count):
        values = {
            name: _value(dice, word.type, huge)
            for name, word in WORDS.items()
            if dice.random() < 0.75
        }
        yield values, dice.choice((dice.randint(-2, 12), dice.randint(-(2**50), 2**50)))


def _value(dice: Random, type_: str, huge: bool) -> Scalar:
    chance = dice.random()
    if chance < 0.1:
        return dice.choice(HUGE if huge else ANY)
    if type_ == "number" and chance < 0.5:
        return dice.choice((dice.randint(-3, 6), dice.uniform(-3, 6)))
    return dice.choice(OF_TYPE[type_])
