"""What bounds the asking: money and tokens a day, a breaker, calls at once.

None of them waits or raises; all are told the time, so that tests need no clock.
"""

from collections import deque
from typing import Final

import msgspec

from features.llm.errors import Usage

_DAY: Final = 86_400


class Allowance(msgspec.Struct, frozen=True):
    """What a day (UTC) may cost: tokens and nano-USD; None is no bound."""

    tokens: int | None = None
    cost: int | None = None


class Budget:
    """Counts what a day spends against the allowance.

    Reserved before a call and settled after it, so that calls in flight can never take more
    than the day has left.
    """

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._day = 0
        self.tokens = 0
        self.cost = 0

    def reserve(self, estimate: Usage, now: float) -> bool:
        """Set aside what a call may take; False, and nothing set aside, if it is not there."""
        self._turn(now)
        limit = self._allowance
        tokens, cost = self.tokens + estimate.tokens, self.cost + estimate.cost
        if (limit.tokens is not None and tokens > limit.tokens) or (
            limit.cost is not None and cost > limit.cost
        ):
            return False
        self.tokens, self.cost = tokens, cost
        return True

    def settle(self, estimate: Usage, actual: Usage, reserved_at: float, now: float) -> None:
        """Replace what was set aside by what was taken; across midnight, add to the new day."""
        self._turn(now)
        same_day = int(reserved_at) // _DAY == self._day
        self.tokens += actual.tokens - (estimate.tokens if same_day else 0)
        self.cost += actual.cost - (estimate.cost if same_day else 0)

    def _turn(self, now: float) -> None:
        day = int(now) // _DAY
        if day > self._day:
            self._day, self.tokens, self.cost = day, 0, 0


class Breaker:
    """Stops asking a server that fails: after 5 failures in a row, or half of the last 20.

    Open for 10 s, doubling up to 300 s while probes fail; then one call at a time is let
    through until one succeeds.
    """

    RUN: Final = 5
    WINDOW: Final = 20
    FIRST_S: Final = 10.0
    LONGEST_S: Final = 300.0

    def __init__(self) -> None:
        self._last: deque[bool] = deque(maxlen=self.WINDOW)
        self._run = 0
        self._until = 0.0
        self._pause = self.FIRST_S
        self._latched = False
        self._probing: float | None = None

    def is_open(self, now: float) -> bool:
        """Whether calls are refused; looking changes nothing."""
        return self._latched or now < self._until or self._probing is not None

    def admit(self, now: float) -> bool:
        """Whether a call may go out; after a pause, the one that may is the probe."""
        if self.is_open(now):
            return False
        if self._until:
            self._probing = now
        return True

    def succeeded(self) -> None:
        """A call succeeded: closed again."""
        self._last.append(True)
        self._run = 0
        self._probing, self._until, self._pause = None, 0.0, self.FIRST_S

    def passed(self) -> None:
        """A call ended in a way that says nothing of the server: the next may probe."""
        self._probing = None

    def failed(self, now: float) -> None:
        """A call failed."""
        self._last.append(False)
        self._run += 1
        full = len(self._last) == self.WINDOW and 2 * self._last.count(False) >= self.WINDOW
        if self._probing is not None:
            self._pause = min(self.LONGEST_S, 2 * self._pause)
            self.open(now, self._pause)
        elif now >= self._until and (self._run >= self.RUN or full):
            self.open(now, self._pause)

    def open(self, now: float, seconds: float = LONGEST_S) -> None:
        """Refuse calls for some time."""
        self._until = max(self._until, now + seconds)
        self._probing = None
        self._last.clear()
        self._run = 0

    def latch(self) -> None:
        """Refuse calls until the process starts with another configuration."""
        self._latched = True


class Pace:
    """How many calls may be in flight: one more per round of good calls, x 0.7 when it hurts.

    `most` bounds it from our side, the ceiling that a 429 names from theirs. A decrease counts
    once a second: the calls that were in flight together report one event, not many.
    """

    START: Final = 8.0
    DECREASE: Final = 0.7
    PAUSE_S: Final = 1.0

    def __init__(self, most: int) -> None:
        self._most = float(most)
        self._limit = min(self.START, self._most)
        self._slowed = -self.PAUSE_S

    @property
    def limit(self) -> int:
        """Calls that may be in flight, at least one."""
        return max(1, int(self._limit))

    def succeeded(self, *, quick: bool) -> None:
        """A call went well; only quick ones make room for more."""
        if quick:
            self._limit = min(self._most, self._limit + 1 / self._limit)

    def slow(self, now: float, ceiling: int | None = None) -> None:
        """A call was refused or late. A ceiling stays until the process ends."""
        if ceiling is not None:
            self._most = min(self._most, float(max(1, ceiling)))
        if now - self._slowed >= self.PAUSE_S:
            self._slowed = now
            self._limit = max(1.0, self._limit * self.DECREASE)
        self._limit = min(self._limit, self._most)
