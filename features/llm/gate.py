"""Whether a call may go out, and what every call teaches: budget, breaker, pace, retries."""

from collections import Counter

from features.llm.errors import Busy, LLMError, Usage
from features.llm.inquiry import Outcome
from features.llm.limits import Allowance, Breaker, Budget, Pace
from features.llm.retry import RetryBudget
from features.text.schema import Source


class Gate:
    """Guards one backend. Times are seconds since 1970 UTC; `calls` bounds those in flight."""

    def __init__(self, allowance: Allowance, calls: int, counts: Counter[str]) -> None:
        self.budget = Budget(allowance)
        self.retries = RetryBudget()
        self.breaker = Breaker()
        self.pace = Pace(calls)
        self._counts = counts

    def admit(self, estimate: Usage, now: float) -> Source | None:
        """Set aside what a call may take; the reason if it may not go out."""
        if not self.breaker.admit(now):
            return "open"
        if not self.budget.reserve(estimate, now):
            self.breaker.passed()
            return "budget"
        return None

    def settle(self, estimate: Usage, actual: Usage, admitted_at: float, now: float) -> None:
        """A call that was admitted is over, however it ended."""
        self.budget.settle(estimate, actual, admitted_at, now)
        self.breaker.passed()

    def hurt(self, error: LLMError, now: float) -> None:
        """An attempt failed, at once: its retry, and every other call, goes slower already."""
        self._counts[f"error_{type(error).__name__}"] += 1
        if error.action.slow:
            self.pace.slow(now, error.ceiling if isinstance(error, Busy) else None)

    def learn(self, outcome: Outcome, now: float, *, quick: bool) -> None:
        """Take in how a call ended, retries included. Before `settle`, so a probe is judged."""
        self._counts["calls"] += 1
        self._counts["retries"] += outcome.attempts - 1
        self._counts["thinking"] += outcome.usage.reasoning > 0
        if outcome.error is None:
            self.breaker.succeeded()
            self.pace.succeeded(quick=quick)
            return
        match outcome.error.action.breaker:
            case "count":
                self.breaker.failed(now)
            case "open":
                self.breaker.open(now)
            case "latch":
                self.breaker.latch()
            case "none":
                pass
