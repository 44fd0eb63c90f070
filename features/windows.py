"""The laws of a window, and the arithmetic on what is inside it.

The contract, proven against brute force (tests/features/test_velocity_laws.py):

- Time is event time; order is that of the log. The **clock** of a key is the greatest event
  time that it was given. A window of width w holds the key's payments with
  `clock - w < time <= clock`; of a labelled velocity with delay d, those with
  `clock - d - w < time <= clock - d`.
- A **late** payment counts at its own time; its values are those of its key's clock. As late
  as the longest window of its kind of key it is not taken in, and is counted. Of equal times
  the one that came later is the newer. A time in the **future** moves the clock; how far ahead
  is believed is decided where payments are read.
- The payment at hand is in its own window, unless the velocity says otherwise; median,
  ratio_to, z_mean, z_median, last, since_last and is_new look at earlier ones by habit, and no
  labelled velocity ever sees it.
- A payment that expired is never seen, whether or not it was trimmed yet.
- **Unknown** never enters as 0: a payment counts if its condition is true; an unknown value is
  skipped, except by `sum`, which is then unknown. Where nothing is known there is no value, but
  a count or a sum of no payments is 0.
- Money is added in integer minor units; other numbers by `fsum`: no order of addition shows.
- An order statistic is a value that occurred: of n sorted ones the one at `int(n * q)`.
- `first`, `since_first`: the first payment of the key's present life, a life ending with a
  pause as long as the window. `last`, `since_last`: the newest one before this, inside the
  window; since_last of a payment older than that is unknown.
- `run_length`: how many payments, up to the newest, fulfil the condition without a gap (or have
  the label); `run_age`: time since the first of them, unknown without a run.
"""

from array import array
from bisect import bisect_left, bisect_right  # noqa: F401 generated lines call it
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import compress
from math import fsum, sqrt
from typing import Final

import numpy as np

from features.transaction import Scalar

NONE: Final = -(2**63)
"""In a column of integers: a payment without this value. Before every time."""
NO_ID: Final = 0
NAN: Final = float("nan")
END: Final = 2**62
"""As the start of a slice: nothing is in it."""


@lru_cache(maxsize=100_000)
def identity(value: Scalar) -> int:
    """63 bits for a value, never 0, equal in every process; two values share them by chance."""
    return int.from_bytes(blake2b(str(value).encode(), digest_size=8).digest()) >> 1 or 1


def select(column: Iterable[int], mask: Iterable[int]) -> list[int]:
    """The entries whose mask is 1."""
    return list(compress(column, mask))


def knowns(column: Iterable[int]) -> list[int]:
    """The entries that hold a value."""
    return [value for value in column if value != NONE]


def numbers(column: Iterable[float]) -> list[float]:
    """The entries that hold a number."""
    return [value for value in column if value == value]


def late(column: "array[int] | array[float] | bytearray", back: int, value: int) -> None:
    """Insert an entry that `back` newer ones follow, unless the column ends before it."""
    place = len(column) - back
    if place >= 0:
        column.insert(place, value)


FEW: Final = 20
"""Up to so many values plain Python is faster than NumPy."""


def ranked(values: Sequence[float]) -> Sequence[float]:
    """Sorted; exact, for NumPy keeps integers of 64 bits."""
    if len(values) <= FEW:
        return sorted(values)
    column = np.array(values)
    column.sort()
    return column.data  # a memoryview gives plain numbers


def percentile(ordered: Sequence[float], q: float) -> float:
    """Of n > 0 sorted values the one at `int(n * q)`, the last at most."""
    return ordered[min(int(len(ordered) * q), len(ordered) - 1)]


def deviation(values: Sequence[float], total: float, scale: int) -> float:
    """Population standard deviation of n > 0 values with this sum.

    `scale` > 0: exact, of integers of which so many make one; 0: of floats.
    """
    size = len(values)
    if scale:
        return sqrt(size * _squares(values) - total * total) / (size * scale)
    if values.count(values[0]) == size:
        return 0.0  # a rounded mean would leave a rest, and a z of billions
    middle = total / size
    return sqrt(fsum([(value - middle) ** 2 for value in values]) / size)


def _squares(values: Sequence[float]) -> int:
    """The exact sum of squares of integers.

    Floats add integers exactly while no sum passes 2**53, in whatever order.
    """
    if len(values) > FEW:
        column = np.array(values, dtype=np.float64)
        found = float(column.dot(column))
        if found < 2**52:
            return int(found)
    return sum([int(value) * int(value) for value in values])


def ratio(value: float, base: float, plus: float) -> float | None:
    """How many times `base + plus` the value is."""
    return value / (base + plus) if base + plus else None


def run_length(flags: bytes | bytearray) -> int:
    """How many entries up to the newest are 1."""
    return len(flags) - 1 - flags.rfind(0)


def run_start(flags: bytes | bytearray, times: Sequence[int]) -> int | None:
    """The time of the first entry of the run that ends at the newest."""
    length = run_length(flags)
    return times[-length] if length else None


def both(one: bytes | bytearray, other: bytes | bytearray) -> int:
    """How many places hold 1 in both."""
    return (int.from_bytes(one) & int.from_bytes(other)).bit_count()


MAX_MET: Final = 512
"""How many others an entity remembers; the one met longest ago makes room."""


def met(ids: "array[int]", lasts: "array[int]", one: int, after: int) -> bool | None:
    """Whether `one` was met later than `after`.

    None if nobody was, or so many that `one` may have had to make room.
    """
    place = bisect_left(ids, one)
    if place < len(ids) and ids[place] == one and lasts[place] > after:
        return True
    if len(lasts) < MAX_MET:
        return False if lasts and max(lasts) > after else None
    return False if 0 < sum([last > after for last in lasts]) < MAX_MET else None


def meet(ids: "array[int]", lasts: "array[int]", one: int, at: int, after: int) -> None:
    """Remember that `one` was met at `at`; those not met after `after` may go."""
    place = bisect_left(ids, one)
    if place < len(ids) and ids[place] == one:
        lasts[place] = max(lasts[place], at)
        return
    ids.insert(place, one)
    lasts.insert(place, at)
    if len(ids) > MAX_MET or (len(ids) % 16 == 0 and min(lasts) <= after):
        _make_room(ids, lasts, after)


def _make_room(ids: "array[int]", lasts: "array[int]", after: int) -> None:
    """Drop those not met after `after`; if all were, and are too many, the one met first."""
    keep = [last > after for last in lasts]
    if all(keep) and len(ids) > MAX_MET:
        keep[lasts.index(min(lasts))] = False
    ids[:], lasts[:] = array("q", compress(ids, keep)), array("q", compress(lasts, keep))
