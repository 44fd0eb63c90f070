"""Chance that can be counted: every draw is a hash of (seed, who, when, what).

There is no generator object and so no order of drawing: the draw for a payer's third payment of
a day is the same whether one process makes the world or four, in blocks of ten payers or of a
million. numpy promises its distributions only for one build on one machine, so raw 64-bit words
are transformed by our own tables, with nothing but integer arithmetic and the four exact float
operations: the same seed gives the same bytes everywhere.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Words: TypeAlias = NDArray[np.uint64]
Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

MASK = 0xFFFF_FFFF_FFFF_FFFF
GOLDEN = 0x9E37_79B9_7F4A_7C15
_FIRST = 0xBF58_476D_1CE4_E5B9
_SECOND = 0x94D0_49BB_1331_11EB
_FIRST_WORD, _SECOND_WORD = np.uint64(_FIRST), np.uint64(_SECOND)
_GOLDEN_WORD = np.uint64(GOLDEN)
_27, _30, _31, _32, _48 = (np.uint64(bits) for bits in (27, 30, 31, 32, 48))
UNIT = 1 << 32
"""Probabilities are compared with the upper 32 bits of a word."""


def mix(words: Words) -> Words:
    """Scramble each word (the finalizer of splitmix64)."""
    mixed = words >> _30  # from here on in place: half the time goes into memory
    mixed ^= words
    mixed *= _FIRST_WORD
    shifted = mixed >> _27
    mixed ^= shifted
    mixed *= _SECOND_WORD
    np.right_shift(mixed, _31, out=shifted)
    mixed ^= shifted
    return mixed


def mix_one(word: int) -> int:
    """`mix` for one Python integer."""
    word = ((word ^ (word >> 30)) * _FIRST) & MASK
    word = ((word ^ (word >> 27)) * _SECOND) & MASK
    return word ^ (word >> 31)


def fold(root: Words | int, *parts: Ints | Words | int) -> Words:
    """A stream's key: `root` and then each part, one after the other; at least one an array."""
    key = np.atleast_1d(np.asarray(root, dtype=np.uint64))
    for part in parts:
        key = mix(key + _GOLDEN_WORD + np.asarray(part).astype(np.uint64) * _FIRST_WORD)
    return key


def fold_one(root: int, *parts: int) -> int:
    """`fold` for Python integers; gives the same key."""
    for part in parts:
        root = mix_one((root + GOLDEN + part * _FIRST) & MASK)
    return root


def draw(key: Words, number: int) -> Words:
    """The draw of that number in each key's stream."""
    return mix(key + np.uint64((number + 1) * GOLDEN & MASK))


def unit(words: Words) -> Floats:
    """Uniform in [0, 1), a multiple of 2**-32."""
    return (words >> _32).astype(np.float64) * (1 / UNIT)


def below(words: Words, limit: Ints | int) -> Ints:
    """Uniform integers in [0, limit); `limit` <= 2**31."""
    bound = np.asarray(limit).astype(np.uint64)
    return (((words >> _32) * bound) >> _32).astype(np.int64)


def pick(words: Words, table: Ints) -> Ints:
    """An index of `table`, cumulative shares scaled to 2**32 as made by `shares`."""
    return np.searchsorted(table, (words >> _32).astype(np.int64), side="right")


def shares(weights: Sequence[float]) -> Ints:
    """Cumulative shares of `weights`, scaled to 2**32; for `pick`."""
    total, running, table = math.fsum(weights), 0.0, []
    for weight in weights:
        running += weight
        table.append(round(running / total * UNIT))
    table[-1] = UNIT
    return np.array(table, dtype=np.int64)


def zipf(size: int, exponent: float = 1.35) -> Ints:
    """Cumulative shares of `size` ranks whose frequency falls as rank ** -exponent."""
    return shares([(rank + 1) ** -exponent for rank in range(size)])


def _tabulate(values: Sequence[float], digits: int = 7) -> Floats:
    return np.array([round(value, digits) for value in values])  # last bits differ by libm


_FINE = 1 << 16
_NORMALS = _tabulate([NormalDist().inv_cdf((i + 0.5) / _FINE) for i in range(_FINE)])
_POWERS = _tabulate([2 ** (i / 4096) for i in range(4097)], 12)
_NORMAL: list[float] = _NORMALS.tolist()  # these two for one draw at a time
_POWER: list[float] = _POWERS.tolist()
_LOG2_E = 1.4426950408889634


def normal(words: Words) -> Floats:
    """Standard normal, from the upper 16 bits."""
    return _NORMALS[(words >> _48).astype(np.int64)]


def growth(exponent: Floats) -> Floats:
    """The exponential to six digits, by table: libm's differs from machine to machine."""
    scaled = exponent * _LOG2_E
    whole = np.floor(scaled)
    place = (scaled - whole) * 4096
    slot = np.minimum(place.astype(np.int64), 4095)  # just below 0 rounds up to the end
    part: Floats = _POWERS[slot] + (_POWERS[slot + 1] - _POWERS[slot]) * (place - slot)
    grown: Floats = np.ldexp(part, whole.astype(np.int64))
    return grown


def growth_one(exponent: float) -> float:
    """`growth` of one number; gives the same."""
    scaled = exponent * _LOG2_E
    whole = math.floor(scaled)
    place = (scaled - whole) * 4096
    slot = min(int(place), 4095)
    return math.ldexp(_POWER[slot] + (_POWER[slot + 1] - _POWER[slot]) * (place - slot), whole)


def lognormal(words: Words, median: Floats | float, sd: Floats | float) -> Floats:
    """Log-normal with that median and standard deviation of the logarithm."""
    return median * growth(normal(words) * sd)


def _gamma_three(share: float) -> float:
    """The quantile of Gamma(3, 1/3), by bisection."""
    low, high = 0.0, 60.0
    for _ in range(60):
        middle = (low + high) / 2
        tail = math.exp(-middle) * (1 + middle + middle * middle / 2)
        low, high = (low, middle) if 1 - tail > share else (middle, high)
    return low / 3


_GAMMA = _tabulate([_gamma_three((i + 0.5) / 2048) for i in range(2048)])


def gamma_three(words: Words) -> Floats:
    """Gamma(3, 1/3): mean 1, standard deviation 0.58."""
    return _GAMMA[(words >> np.uint64(53)).astype(np.int64)]


_LEVELS, _MOST = 16, 24  # Poisson means in sixteenths, at most 24 events


def _poisson_row(mean: float) -> list[int]:
    term, running, row = math.exp(-mean), 0.0, []
    for count in range(_MOST):
        running += term
        row.append(round(running * UNIT))
        term *= mean / (count + 1)
    return row


_COUNTS = [_poisson_row(level / _LEVELS) for level in range(12 * _LEVELS + 1)]
_POISSON = np.array(_COUNTS)


def poisson(words: Words, mean: Floats) -> Ints:
    """Poisson counts of the given means in [0, 12].

    Between two levels of the table the level itself is drawn, so that the mean is exact.
    """
    exact = np.minimum(mean, 11.9) * _LEVELS
    level = exact.astype(np.int64)
    odds = (words & np.uint64(0xFFFF)).astype(np.float64) * (1 / _FINE)
    level += odds < exact - level
    high = (words >> _32).astype(np.int64)
    count = np.zeros(len(words), dtype=np.int64)
    rest = np.flatnonzero(high >= _POISSON[level, 0])
    for number in range(1, _MOST):
        count[rest] = number
        rest = rest[high[rest] >= _POISSON[level[rest], number]]
        if not len(rest):
            break
    return count


class Dice:
    """One stream's draws in order, as Python numbers: for the few things planned one by one."""

    def __init__(self, *parts: int):
        self._key = fold_one(*parts)
        self._number = 0

    def word(self) -> int:
        """64 bits."""
        self._number += 1
        return mix_one((self._key + self._number * GOLDEN) & MASK)

    def unit(self) -> float:
        """Uniform in [0, 1)."""
        return (self.word() >> 32) / UNIT

    def chance(self, share: float) -> bool:
        """True in that share of draws."""
        return self.unit() < share

    def below(self, limit: int) -> int:
        """Uniform in [0, limit)."""
        return ((self.word() >> 32) * limit) >> 32

    def normal(self) -> float:
        """Standard normal."""
        return float(_NORMAL[self.word() >> 48])

    def lognormal(self, median: float, sd: float) -> float:
        """Log-normal by median and standard deviation of the logarithm."""
        return median * growth_one(self.normal() * sd)

    def poisson(self, mean: float) -> int:
        """A Poisson count; large means are halved until the table holds them."""
        if mean > 8:
            return self.poisson(mean / 2) + self.poisson(mean / 2)
        word = self.word()
        exact = mean * _LEVELS
        level = int(exact) + ((word & 0xFFFF) / _FINE < exact - int(exact))
        return bisect_right(_COUNTS[level], word >> 32, hi=_MOST - 1)

    def pick(self, weights: Sequence[float]) -> int:
        """An index, in proportion to `weights`."""
        place = self.unit() * math.fsum(weights)
        for index, weight in enumerate(weights):
            place -= weight
            if place < 0:
                return index
        return len(weights) - 1
