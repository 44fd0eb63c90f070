"""A case: one fraud from its first payment to its last, planned before it begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DAY_MILLIS = 86_400_000
MINUTE, HOUR = 60_000, 3_600_000


@dataclass(frozen=True)
class Step:
    """One payment of a case: when, by whom, for what use, and what the thief decides.

    `at` counts milliseconds since the world's first midnight. Without `moment` the payment
    happens at an hour of the victim's own choosing on that day.
    """

    at: int
    payer: int
    use: int
    given: Mapping[str, int] = field(default_factory=dict)
    timed: bool = True

    @property
    def day(self) -> int:
        """Number of the day."""
        return self.at // DAY_MILLIS


@dataclass(frozen=True)
class Case:
    """All payments of one fraud.

    `delay` is how many days after each payment (`from_first`: after the first) it is reported;
    None when it never is. `unseen`: the victim's own habits made it, no value can show it.
    """

    number: int
    kind: str
    steps: tuple[Step, ...]
    delay: float | None
    unseen: bool = False
    source: str = "customer"
    signal: str = ""  # "tell" or "mismatch", when its memo has one
