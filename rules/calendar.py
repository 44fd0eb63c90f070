"""Event time as analysts speak of it: hours, weekdays and ages, all UTC."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)


def hour(at: int) -> int:
    """Microseconds UTC -> 0-23."""
    return at // HOUR_US % 24


def weekday(at: int) -> int:
    """Microseconds UTC -> 0-6, Monday is 0 (1 January 1970 was a Thursday)."""
    return (at // DAY_US + 3) % 7


def micros(text: str) -> int:
    """RFC 3339 with a zone -> microseconds since 1970 UTC; raises `ValueError`."""
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return (moment - EPOCH) // MICROSECOND


def no_moment(text: str, example: str) -> tuple[str, str]:
    """Say why `micros` does not read a text, and what to write instead."""
    found = _DATE.match(text.strip())
    if found is not None:
        year, month, day = map(int, found.groups())
        if not 1 <= month <= 12:
            return f"is no date: there is no month {month}", ""
        if year and not 1 <= day <= monthrange(year, month)[1]:
            return f"is no date: there is no {day} {MONTHS[month - 1]} {year}", ""
    return "must be a date and time with a zone", f"like {example}"


def start(since: str) -> int | None:
    """Microseconds UTC of a date (its midnight) or a time with a zone, None of other text."""
    try:
        return micros(since if len(since) > len("2026-01-01") else f"{since}T00:00:00Z")
    except ValueError:
        return None


def age_days(since: str, at: int) -> float | None:
    """Days from a date or a time with a zone to `at`; None if it is neither."""
    begun = start(since)
    return None if begun is None else (at - begun) / DAY_US
