"""What may go wrong with a model's server, one class for each different consequence.

LLMError
├── Misused        4xx: our request is wrong; asking again cannot help
│   └── TooLong    the texts exceed the model's context: ask for fewer at once
├── Locked         nothing helps until somebody acts
│   ├── Unauthorised   401, 403: the key; closed until the configuration changes
│   └── Unpaid         402: the balance; closed for minutes
├── Busy           429: too many calls at once; slow down, to a ceiling if it names one
├── Unavailable    5xx, broken connections, "insufficient_system_resource"
│   └── Late       no complete answer within the total deadline
└── Unusable       an answer came, paid for, and holds nothing that can be used

No message quotes what was sent or answered: errors end in logs.
"""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from re import search
from typing import ClassVar, Literal, TypeAlias

import msgspec

BreakerMove: TypeAlias = Literal["none", "count", "open", "latch"]


class Action(msgspec.Struct, frozen=True):
    """The consequence of a failure.

    `retry`: the same call may succeed later; `slow`: call less at once; `breaker`: leave it,
    count a failure, open it for minutes, or hold it open until the configuration changes.
    """

    retry: bool
    slow: bool
    breaker: BreakerMove


class Usage(msgspec.Struct, frozen=True):
    """What one call took. `hit` are prompt tokens served from the provider's prefix cache.

    `cost` is in nano-USD (1 USD = 10**9), by the prices of the configuration.
    """

    prompt: int = 0
    hit: int = 0
    completion: int = 0
    reasoning: int = 0
    cost: int = 0

    @property
    def tokens(self) -> int:
        """Everything that was read and written."""
        return self.prompt + self.completion


class LLMError(Exception):
    """The root; `usage` is what was paid all the same."""

    action: ClassVar[Action]

    def __init__(self, reason: str, usage: Usage | None = None) -> None:
        super().__init__(reason)
        self.usage = usage or Usage()


class Misused(LLMError):
    """The server refuses the request as it is."""

    action = Action(retry=False, slow=False, breaker="none")


class TooLong(Misused):
    """The request exceeds the model's context."""


class Locked(LLMError):
    """The server refuses us."""

    action = Action(retry=False, slow=False, breaker="open")


class Unauthorised(Locked):
    """The key is not accepted."""

    action = Action(retry=False, slow=False, breaker="latch")


class Unpaid(Locked):
    """The account has no balance."""


class Busy(LLMError):
    """Too many calls at once.

    `ceiling` is the limit that the answer names, `after` the seconds that it asks to wait.
    """

    action = Action(retry=True, slow=True, breaker="none")

    def __init__(self, ceiling: int | None = None, after: float | None = None) -> None:
        super().__init__("HTTP 429")
        self.ceiling = ceiling
        self.after = after


class Unavailable(LLMError):
    """The server fails, or the way to it."""

    action = Action(retry=True, slow=True, breaker="count")


class Late(Unavailable):
    """The total deadline passed."""

    action = Action(retry=False, slow=True, breaker="count")


class Unusable(LLMError):
    """The answer is blank, cut off, too large or not what was asked for."""

    action = Action(retry=True, slow=False, breaker="count")


def classify(status: int, headers: Mapping[str, str], body: bytes, now: float) -> LLMError:
    """The error of an HTTP status other than 200. `now` is in seconds since 1970 UTC.

    The body is looked at for two facts only, a ceiling and an exceeded context; it is not kept.
    """
    match status:
        case 401 | 403:
            return Unauthorised(f"HTTP {status}")
        case 402:
            return Unpaid("HTTP 402")
        case 429:
            return Busy(_ceiling(body), _retry_after(headers.get("retry-after"), now))
        case 408 | 425:
            return Unavailable(f"HTTP {status}")
        case _ if 300 <= status < 500:
            long = search(rb"context|too long|maximum.{0,20}tokens", body[:4096]) is not None
            kind = TooLong if long and status in (400, 413) else Misused
            return kind(f"HTTP {status}")
        case _:
            return Unavailable(f"HTTP {status}")


def _ceiling(body: bytes) -> int | None:
    found = search(rb"concurrency limit of (\d{1,6})\b", body[:4096])
    return max(1, int(found[1])) if found else None


def _retry_after(value: str | None, now: float) -> float | None:
    """Both forms: seconds, or a date (HTTP dates are UTC)."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)
