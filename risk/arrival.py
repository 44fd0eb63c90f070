"""What comes in: a record of the log, and a watch for the time that it takes."""

from collections.abc import Callable

import msgspec


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """One record of the transactions log. `timestamp_ms` is the record's, None in files."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None = None


class Stopwatch:
    """Wall time by step, in microseconds, of one decision."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.laps: dict[str, int] = {}
        self._clock = clock
        self._last = clock()

    def lap(self, step: str) -> None:
        """Give the time since the last call to this step."""
        now = self._clock()
        self.laps[step] = (now - self._last) // 1000
        self._last = now
