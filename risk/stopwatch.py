"""How long each step of a decision took: no part of the decision itself."""

from collections.abc import Callable


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
