"""Windows of a hot key: sums by bucket of time, and a sample of the different values.

A key with more payments in its longest window than columns are good for is kept like this for
windows longer than an hour. A window then begins with the bucket that its first moment falls
into: it holds up to one bucket too much, never too little. Numbers of different values are
exact until the sample is full and an estimate from then on, within about 3 %.
"""

from bisect import bisect_left
from itertools import compress
from math import sqrt
from typing import Final, TypeAlias

import msgspec
import numpy as np

from features.velocity import DAY, HOUR, MINUTE, Velocity
from features.windows import ratio

Number: TypeAlias = int | float

SAMPLE: Final = 2048
"""So many different values are told apart exactly."""
ALL: Final = 2**63
"""Ids are below this."""


def width_of(window: int) -> int:
    """How wide the buckets of a window are, in microseconds."""
    if window <= DAY:
        return 5 * MINUTE
    return HOUR if window <= 30 * DAY else DAY


class Measure(msgspec.Struct, array_like=True):
    """What is kept of one value under one condition, a list entry for each bucket.

    `counts` are payments with a known value (or all, where no value is looked at), `blanks`
    those without; low and high are None in a bucket without values.
    """

    counts: list[int] = []
    blanks: list[int] = []
    totals: list[Number] = []
    squares: list[Number] = []
    lows: list[Number | None] = []
    highs: list[Number | None] = []

    @classmethod
    def of_buckets(cls, count: int) -> "Measure":
        """Empty buckets."""
        measure = cls()
        for _ in range(count):
            measure.insert(0)
        return measure

    def insert(self, place: int) -> None:
        """Open an empty bucket."""
        for column in (self.counts, self.blanks, self.totals, self.squares):
            column.insert(place, 0)
        self.lows.insert(place, None)
        self.highs.insert(place, None)

    def drop(self, count: int) -> None:
        """Let the oldest buckets go."""
        for name in self.__struct_fields__:
            del getattr(self, name)[:count]

    def add(self, place: int, value: Number | None, *, is_blank: bool) -> None:
        """Add a payment to a bucket."""
        if is_blank:
            self.blanks[place] += 1
            return
        self.counts[place] += 1
        if value is None:
            return
        self.totals[place] += value
        self.squares[place] += value * value
        low, high = self.lows[place], self.highs[place]
        self.lows[place] = value if low is None else min(low, value)
        self.highs[place] = value if high is None else max(high, value)


class Ring(msgspec.Struct, array_like=True):
    """The buckets of one width, oldest first, of measures by name.

    `starts` are the numbers of buckets that hold anything.
    """

    width: int
    reach: int
    starts: list[int] = []
    measures: dict[str, Measure] = {}

    def open(self, at: int, now: int) -> int:
        """The place of the bucket of a payment; a new one is opened, stale ones are dropped."""
        stale = bisect_left(self.starts, self.first(now, self.reach))
        if stale:
            del self.starts[:stale]
            for measure in self.measures.values():
                measure.drop(stale)
        number = at // self.width
        place = bisect_left(self.starts, number)
        if place == len(self.starts) or self.starts[place] != number:
            self.starts.insert(place, number)
            for measure in self.measures.values():
                measure.insert(place)
        return place

    def first(self, now: int, window: int) -> int:
        """The number of the bucket in which a window begins."""
        return (now - window + 1) // self.width


class Sample(msgspec.Struct, array_like=True):
    """When each value of a series was last met, of those whose id is below `limit`."""

    reach: int
    ids: list[int] = []
    lasts: list[int] = []
    limit: int = ALL

    def add(self, one: int, at: int, now: int) -> None:
        """Meet a value; the limit is halved when there are too many."""
        if one >= self.limit:
            return
        place = bisect_left(self.ids, one)
        if place < len(self.ids) and self.ids[place] == one:
            self.lasts[place] = max(self.lasts[place], at)
            return
        self.ids.insert(place, one)
        self.lasts.insert(place, at)
        if len(self.ids) > SAMPLE:
            keep = [last > now - self.reach for last in self.lasts]
            self.ids = list(compress(self.ids, keep))
            self.lasts = list(compress(self.lasts, keep))
        while len(self.ids) > SAMPLE:
            self.limit //= 2
            stop = bisect_left(self.ids, self.limit)
            del self.ids[stop:], self.lasts[stop:]

    @property
    def is_estimate(self) -> bool:
        """Whether `count` is one."""
        return self.limit < ALL

    def count(self, after: int) -> int:
        """How many different values were met later than `after`, by estimate when full."""
        met = int((np.array(self.lasts, dtype=np.int64) > after).sum())
        return met if self.limit == ALL else round(met * (ALL / self.limit))


class Buckets(msgspec.Struct, array_like=True):
    """All that a hot key keeps for its long windows: rings by width, samples by series."""

    rings: dict[int, Ring]
    samples: dict[str, Sample]


def over(
    v: Velocity, ring: Ring, measure: Measure, now: int, own: Number | None, scale: int
) -> Number | None:
    """One velocity over buckets, None if unknown; `scale` 0: the values are floats."""
    begin = bisect_left(ring.starts, ring.first(now, v.window))
    count = sum(measure.counts[begin:])
    if v.fn == "count":
        return count
    if v.fn == "sum":
        total = sum(measure.totals[begin:]) / (scale or 1)
        return None if any(measure.blanks[begin:]) else total
    if count < max(v.at_least, 1):
        return None
    if v.fn in ("min", "max"):
        return _edge(v, measure, begin) / (scale or 1)
    return _moment(v, measure, begin, count * (scale or 1), own)


def _moment(
    v: Velocity, measure: Measure, begin: int, divisor: int, own: Number | None
) -> Number | None:
    """What follows from the sums; `divisor` is the number of values times their scale."""
    total = sum(measure.totals[begin:])
    mean = total / divisor
    if v.fn == "mean":
        return mean
    if v.fn == "ratio_to":
        return None if own is None else ratio(own, mean, v.plus)
    count = sum(measure.counts[begin:])
    spread = sqrt(max(count * sum(measure.squares[begin:]) - total * total, 0)) / divisor
    if v.fn == "stddev":
        return spread
    return None if own is None else ratio(own - mean, spread, v.plus)


def _edge(v: Velocity, measure: Measure, begin: int) -> Number:
    column = measure.lows if v.fn == "min" else measure.highs
    known = [value for value in column[begin:] if value is not None]
    return min(known) if v.fn == "min" else max(known)
