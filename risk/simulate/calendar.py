"""The calendar that bills, wages and weekends follow. Day 0 is the first day of the world."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

DAY_MICROS = 86_400_000_000
_EPOCH = date(1970, 1, 1)


def next_working(day: date) -> date:
    """That day, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)


def last_working(day: date) -> date:
    """The last working day of that day's month."""
    first_of_next = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    last = first_of_next - timedelta(days=1)
    return last - timedelta(days=max(0, last.weekday() - 4))


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

        A bill due at a weekend is collected on the Monday after.
        """
        if self.weekday >= 5:
            return ()
        days = [self.date - timedelta(days=back) for back in range(3)]
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
