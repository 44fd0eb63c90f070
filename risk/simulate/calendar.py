"""The calendar that bills, wages and weekends follow. Day 0 is the first day of the world."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

DAY_MICROS = 86_400_000_000
_EPOCH = date(1970, 1, 1)
_LONGEST_PAUSE = 6  # days from one working day to the next, at most


_HOLIDAYS = frozenset({(1, 1), (5, 1), (12, 25), (12, 26)})


def is_working(day: date) -> bool:
    """Whether banks settle on that day."""
    return day.weekday() < 5 and (day.month, day.day) not in _HOLIDAYS


def next_working(day: date) -> date:
    """That day, or the first working day after it."""
    while not is_working(day):
        day += timedelta(days=1)
    return day


def last_working(day: date) -> date:
    """The last working day of that day's month."""
    last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    while not is_working(last):
        last -= timedelta(days=1)
    return last


@dataclass(frozen=True)
class Day:
    """One day of the world: its number and its date."""

    number: int
    date: date

    @property
    def midnight(self) -> int:
        """Microseconds since 1970 UTC at which the day begins."""
        return (self.date - _EPOCH).days * DAY_MICROS

    @property
    def weekday(self) -> int:
        """0 is Monday."""
        return self.date.weekday()

    @property
    def month(self) -> int:
        """Months since year 0: two payments of one standing order differ by this."""
        return self.date.year * 12 + self.date.month - 1

    @cached_property
    def due(self) -> tuple[int, ...]:
        """Days of the month (1-28) whose bills are collected today.

        A bill due at a weekend or a holiday is collected on the next working day.
        """
        days = [self.date - timedelta(days=back) for back in range(_LONGEST_PAUSE)]
        return tuple(
            day.day for day in days if day.day <= 28 and next_working(day) == self.date
        )

    @cached_property
    def since_pay(self) -> tuple[int, int, int]:
        """Days since wages of the three habits: last working day, the 1st, Fridays."""
        monthly = last_working(self.date)
        if monthly > self.date:
            monthly = last_working(self.date.replace(day=1) - timedelta(days=1))
        return (self.date - monthly).days, self.date.day - 1, (self.weekday - 4) % 7

    @property
    def is_payday(self) -> bool:
        """Whether most businesses pay wages today."""
        return self.since_pay[0] == 0
