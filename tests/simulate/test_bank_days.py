"""The calendar of bills and wages."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from risk.simulate.calendar import Day, is_working, last_working

days = some.dates(date(1990, 1, 1), date(2099, 12, 31))


@settings(max_examples=15)
@given(some.integers(1990, 2090), some.integers(1, 28))
def test_each_monthly_bill_is_collected_twelve_times_a_year(year, day_of_month) -> None:
    """Weekends and holidays move a collection, they neither lose nor double it."""
    first = date(year, 1, 1)
    collected = [
        day
        for number in range(380)  # what was due at the end of December may come in January
        for day in [first + timedelta(days=number)]
        if day_of_month in Day(number, day).due
    ]
    assert all(is_working(day) for day in collected)
    due = [date(year, month, day_of_month) for month in range(1, 13)]
    matched = [next(day for day in collected if day >= when) for when in due]
    assert 12 == len(set(matched))
    assert all(0 <= (day - when).days < 6 for day, when in zip(matched, due, strict=True))


@given(days)
def test_the_last_working_day_is_a_working_day_of_that_month(day) -> None:
    """And none after it in the month is."""
    last = last_working(day)
    later = [last + timedelta(days=n) for n in range(1, 8)]
    assert is_working(last)
    assert (day.year, day.month) == (last.year, last.month)
    assert not any(is_working(after) for after in later if after.month == last.month)


@given(days)
def test_days_since_pay_are_never_negative(day) -> None:
    """Each habit of pay has had its last one."""
    assert all(0 <= since <= 35 for since in Day(0, day).since_pay)
