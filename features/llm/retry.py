"""Trying again: the only loop that does, with full jitter and a budget.

Retries may not amplify an outage: they draw on a bucket that ordinary calls fill, a tenth of a
retry each.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import msgspec

from features.llm.errors import Busy, LLMError

T = TypeVar("T")

SHARE: Final = 0.1
"""Retries that one ordinary call pays for."""

_MOST_SAVED: Final = 10.0
_LONGEST_ASKED: Final = 60.0  # seconds a server's Retry-After is believed


class RetryPolicy(msgspec.Struct, frozen=True):
    """How often and how fast: the n-th wait is random in 0 .. backoff_factor * 2**n seconds."""

    max_retries: int = 2
    backoff_factor: float = 0.5
    longest: float = 10.0

    def wait(self, retry: int, error: LLMError, jitter: float) -> float:
        """Seconds before retry 0, 1, ...; `jitter` is in 0..1; what a server asks for adds."""
        wait = min(self.longest, self.backoff_factor * 2.0**retry) * jitter
        asked = error.after if isinstance(error, Busy) else None
        return wait if asked is None else wait + min(asked, _LONGEST_ASKED)


class RetryBudget:
    """Tokens for retries: every call adds `SHARE`, every retry takes one."""

    def __init__(self) -> None:
        self._tokens = _MOST_SAVED

    def called(self) -> None:
        """An ordinary call was made."""
        self._tokens = min(_MOST_SAVED, self._tokens + SHARE)

    def take(self) -> bool:
        """Whether there is enough for a retry; takes it."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


async def retrying(
    call: Callable[[LLMError | None], Awaitable[T]],
    policy: RetryPolicy,
    budget: RetryBudget,
    jitter: Callable[[], float],
) -> T:
    """Call, and call again after failures that allow it; raises the last one.

    `call` gets the failure before, None the first time.
    """
    budget.called()
    error: LLMError | None = None
    retry = 0
    while True:
        try:
            return await call(error)
        except LLMError as failure:
            if not failure.action.retry or retry >= policy.max_retries or not budget.take():
                raise
            error = failure
        await asyncio.sleep(policy.wait(retry, error, jitter()))
        retry += 1
