"""Exact sliding windows in event time over columns of integers.

A `Track` holds the events of one entity, sorted by time, those of equal time in the order of
their arrival. One bisect finds where a window begins, a slice is the window. This suits
entities with up to some 500 events in their longest window; beyond that it is linear.

Laws, each proven against brute force:
- the window of width `w` at `at` holds the events with `at - w < time <= at`;
- the clock of an entity is its greatest event time; what is `reach` or more behind the clock is
  gone. When it is trimmed from the columns can never be seen: all answers go by the clock.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

import msgspec

SLACK: Final = 16
"""Trim only when so many events are gone: a deletion moves all of a column."""


class Track(msgspec.Struct, gc=False):
    """The events of one entity: a column of times, and columns of integers aligned with it.

    `reach` is how far behind the newest event one is kept, in the unit of the times. The
    collector does not track it: it holds no cycle, and there is one for every payer.
    """

    reach: int
    times: "array[int]"
    columns: tuple["array[int]", ...]

    def add(self, at: int, row: Sequence[int]) -> int:
        """Insert an event behind those not later than it; its index, -1 beyond the reach."""
        times = self.times
        if not times or at >= times[-1]:
            times.append(at)
            for column, value in zip(self.columns, row, strict=True):
                column.append(value)
            self._trim()
            return len(times) - 1
        if at <= times[-1] - self.reach:
            return -1
        index = bisect_right(times, at)
        times.insert(index, at)
        for column, value in zip(self.columns, row, strict=True):
            column.insert(index, value)
        return index

    def find(self, at: int, row: Sequence[int]) -> int:
        """Find the newest event at `at` with this row: its index, -1 if none is in reach."""
        for index in range(bisect_right(self.times, at) - 1, -1, -1):
            if self.times[index] != at or at <= self.times[-1] - self.reach:
                break
            if tuple(row) == tuple([column[index] for column in self.columns]):
                return index
        return -1

    def gap(self, at: int) -> int | None:
        """How long before `at` the last event was, if one is in reach."""
        return self._gap(at, bisect_right(self.times, at) - 1)

    def gap_before(self, index: int) -> int | None:
        """How long before the event at `index` the one before it was, if it is in reach."""
        return self._gap(self.times[index], index - 1)

    def _gap(self, at: int, index: int) -> int | None:
        if index < 0 or self.times[index] <= self.times[-1] - self.reach:
            return None
        return at - self.times[index]

    def covers(self, after: int) -> bool:
        """Whether every event later than `after` is in reach; there must be an event."""
        return after >= self.times[-1] - self.reach

    def begin(self, after: int, stop: int) -> int:
        """Find the first event later than `after`: its index, `stop` if none before it is."""
        return bisect_right(self.times, after, 0, stop)

    def _trim(self) -> None:
        times = self.times
        gone = times[-1] - self.reach
        if len(times) > SLACK and times[SLACK] <= gone:
            count = bisect_right(times, gone)
            for column in (times, *self.columns):
                del column[:count]


class Firsts(msgspec.Struct, gc=False):
    """When an entity first met each of the others, by 64-bit key; `limit` are remembered."""

    limit: int
    keys: "array[int]"
    times: "array[int]"
    earliest: int | None = None

    def meet(self, key: int, at: int) -> bool | None:
        """Take up a meeting: True for the first with `key` up to `at`, None if not known.

        Not known is also the first meeting of all.
        """
        alone = self.earliest is None or self.earliest > at
        if alone:
            self.earliest = at
        index = bisect_left(self.keys, key)
        if index == len(self.keys) or self.keys[index] != key:
            if len(self.keys) >= self.limit:
                return None
            self.keys.insert(index, key)
            self.times.insert(index, at)
            return None if alone else True
        is_first = self.times[index] > at
        if is_first:
            self.times[index] = at
        return None if alone else is_first

    def recall(self, key: int, at: int) -> bool | None:
        """Say again what `meet` said of a meeting at `at`, if no other was at that time."""
        index = bisect_left(self.keys, key)
        if self.earliest == at or index == len(self.keys) or self.keys[index] != key:
            return None
        return self.times[index] == at
