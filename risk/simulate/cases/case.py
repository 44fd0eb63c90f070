"""A case: one fraud from its first payment to its last, planned before it begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DAY_MILLIS = 86_400_000
MINUTE, HOUR = 60_000, 3_600_000


@dataclass(frozen=True)
class Step:
    """One payment of a case: when, by whom, for what use, and what the thief decides.

    `at` counts milliseconds since the world's first midnight. A step that is not `timed`
    happens on that day at an hour drawn from the payer's own habits.
    """

    at: int
    payer: int
    use: int
    given: Mapping[str, int] = field(default_factory=dict)
    timed: bool = True
    kind: str = ""  # where it differs from the case's: a mule's payment, a victim's preparation

    @property
    def day(self) -> int:
        """The number of its day."""
        return self.at // DAY_MILLIS


@dataclass(frozen=True)
class Case:
    """All payments of one fraud.

    `delay` is how many days later it is reported, None when it never is; later than the payment
    itself, or than `since` (milliseconds since the world's first midnight). `unseen`: made by
    the victim's own habits alone, so that no value can show it. `signal` says what its memos
    give away: `tell` or `mismatch`. `injection` names the family of a memo that instructs a
    model.
    """

    number: int
    kind: str
    steps: tuple[Step, ...]
    delay: float | None
    since: int | None = None
    unseen: bool = False
    fraud: bool = True
    source: str = "customer"
    signal: str = ""
    injection: str = ""
