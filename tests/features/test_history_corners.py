"""What only happens when a book changes, a state is lost, or a log is young."""

import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.history import BEGINNING, History
from features.labels import Label
from features.plan import compile_plan
from features.transaction import Scalar
from features.velocity import DAY, HOUR, Condition, Velocity

hot = runpy.run_path(str(Path(__file__).with_name("test_history_hot.py")))
laws = runpy.run_path(str(Path(__file__).with_name("test_velocity_laws.py")))
stream, declare, APP, START = hot["stream"], hot["declare"], hot["APP"], hot["START"]


def carried(
    before: tuple[Velocity, ...], after: tuple[Velocity, ...], log: list[Any]
) -> History:
    """Fold a log by one book, save, and go on by another one; keys are hot at 4 payments."""
    older = History(compile_plan(before, hot=3), since=BEGINNING)
    for event in log:
        older.observe(*event)
    newer = History(compile_plan(after, hot=3), since=BEGINNING)
    newer.resume(older.origin())
    for kind, key, stored in older.changed():
        assert newer.load(kind, key, stored)
    return newer


def test_a_sum_that_joins_the_buckets_of_a_hot_key_begins_empty() -> None:
    """The count that stood there goes on; the sum is unknown until it is warm."""
    count = declare("count", "count", "payer", DAY)
    total = declare("total", "sum", "payer", DAY, of="amount")
    log = stream(12, HOUR)
    history = carried((count,), (count, total), log[:10])
    for event in log[10:]:
        values = history.observe(*event).values
    assert 12 == values["count"]
    assert "total" not in values


def test_what_was_noted_is_carried_and_what_left_the_book_is_dropped() -> None:
    """The last channel survives beside a new note; a label's mask begins at nothing."""
    last = declare("last", "last", "payer", 7 * DAY, of="channel")
    gone = declare("gone", "last", "payer", 7 * DAY, of="payee_id")
    since = declare("since", "since_last", "payer", 7 * DAY)
    frauds = declare("frauds", "label_count", "payer", 7 * DAY, delay=HOUR)
    masked = declare("masked", "label_count", "payer", 7 * DAY, delay=HOUR, where=APP)
    log = stream(4, HOUR)
    history = carried((last, gone, since, frauds), (last, frauds, masked), log[:3])
    values = history.observe(*log[3]).values
    assert "app" == values["last"]
    assert 0 == values["frauds"]
    assert "gone" not in values


def test_a_label_reaches_only_what_is_still_kept() -> None:
    """The book forgot the payee's labels, and the payer's state is lost: nothing is written."""
    by_payer = declare("by_payer", "label_count", "payer", 7 * DAY, delay=HOUR)
    by_payee = declare("by_payee", "label_count", "payee", 7 * DAY, delay=HOUR)
    log = stream(2, HOUR)
    older = History(compile_plan((by_payer, by_payee)), since=BEGINNING)
    for event in log:
        older.observe(*event)
    newer = History(compile_plan((by_payer,)), since=BEGINNING)
    newer.resume(older.origin())
    for kind, key, stored in older.changed():
        if kind in ("payment", "history"):
            newer.load(kind, key, stored)
    assert "late" == newer.learn(Label("t0", is_fraud=True, known_at=START))


def test_a_young_log_hides_what_its_conditions_read() -> None:
    """A month's ratio is unknown in the first hour, and so is what counts by it."""
    history = History(compile_plan(laws["VELOCITIES"]))
    for event in stream(5, 60_000_000):
        values = history.observe(*event).values
    assert {"ratio", "far_count"}.isdisjoint(values)
    assert "since_last" in values


def test_an_old_payment_is_looked_at_again_where_it_is_still_kept() -> None:
    """Columns of a day have let it go; those of a month have not, and count it once."""
    history = History(compile_plan(laws["VELOCITIES"]), since=BEGINNING)
    log = stream(25, DAY)
    for event in log:
        history.observe(*event)
    assert 1 == history.recall(*log[-1]).values["payees"]
    assert "sum" in history.recall(*log[4]).values


def test_what_a_condition_reads_is_warm_before_its_own_window_begins() -> None:
    """Until then payments were passed over because nobody knew, and a count would be too low.

    One that asks itself does not wait for itself.
    """
    often = Condition("many > 1", frozenset({"many"}), lambda known: _more(known, "many", 1))
    few = Condition("self < 5", frozenset({"self"}), lambda known: not _more(known, "self", 4))
    many = declare("many", "count", "payer", 3 * HOUR)
    bursts = declare("bursts", "count", "payer", HOUR, where=often)
    own = Velocity(
        name="self", fn="count", by=("payer",), window=HOUR, where=few, include_current=False
    )
    history = History(compile_plan((many, bursts, own)))
    log = stream(13, HOUR // 2)
    seen = [history.observe(*event).values for event in log]
    assert [6, 8, 2] == [
        next(n for n, values in enumerate(seen) if name in values)
        for name in ("many", "bursts", "self")
    ]
    assert 2 == seen[8]["bursts"]


def _more(known: Mapping[str, Scalar], name: str, limit: int) -> bool:
    value = known.get(name)
    return isinstance(value, int) and value > limit
