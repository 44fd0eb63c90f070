"""Cache, budget, breaker and pace: bounds that hold whatever happens."""

import sqlite3
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from features.llm.cache import FAILURE_TTL_S, TTL_S, Cache, Shelf
from features.llm.errors import Usage
from features.llm.limits import Allowance, Breaker, Budget, Pace
from features.text.schema import Reading, RedFlag, Span

DAY = 86_400.0
READING = Reading(source="llm", urgency=0.5, red_flags=(RedFlag("urgent", Span(0, 6)),))


def test_an_answer_is_kept_until_it_expires() -> None:
    """Within its time it is given, after it is not; jitter only shortens."""
    cache = Cache()
    cache.put("a", READING, 0.0, 0.0)
    cache.put("b", READING, 0.0, 1.0)
    assert READING == cache.get("a", TTL_S - 1)
    assert None is cache.get("a", TTL_S)
    assert (READING, None) == (cache.get("b", TTL_S * 0.89), cache.get("b", TTL_S * 0.91))


def test_a_failure_is_remembered_for_a_moment_only() -> None:
    """A text without a usable answer is not asked about again at once."""
    cache = Cache()
    cache.put_failure("a", 0.0)
    assert (True, None) == (cache.failed("a", 1.0), cache.get("a", 1.0))
    assert not cache.failed("a", FAILURE_TTL_S)
    cache.put("a", READING, 1.0, 0.0)
    assert not cache.failed("a", 2.0)


def test_memory_is_bounded_and_the_shelf_remembers(tmp_path: Path) -> None:
    """The least used goes from memory; a restart finds it on disk, for the owner only."""
    path = tmp_path / "answers.sqlite"
    shelf = Shelf(path)
    cache = Cache(capacity=2, shelf=shelf)
    for name in "abc":
        cache.put(name, READING, 0.0, 0.0)
    assert READING == cache.get("a", 1.0)
    assert 0o600 == path.stat().st_mode & 0o777
    shelf.close()
    again = Shelf(path)
    assert READING == Cache(shelf=again).get("b", 1.0)
    assert None is Cache(shelf=again).get("b", TTL_S)
    assert (3, 0) == (again.drop_expired(TTL_S), again.drop_expired(TTL_S))
    again.close()


def test_a_broken_shelf_is_a_shelf_without_answers(tmp_path: Path) -> None:
    """Damaged rows, a closed file: the cache misses, and never raises."""
    shelf = Shelf(tmp_path / "a")
    database = sqlite3.connect(tmp_path / "a", isolation_level=None)
    database.execute("INSERT INTO answers VALUES ('x', 9, 'not a reading')")
    database.close()
    assert None is shelf.get("x")
    shelf.close()
    assert (None, False, 0) == (
        shelf.get("x"),
        shelf.put("x", READING, 1.0),
        shelf.drop_expired(1.0),
    )


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400), st.booleans())),
    st.integers(0, 2000),
)
def test_no_day_costs_more_than_its_allowance(
    calls: list[tuple[int, int, bool]], tokens: int
) -> None:
    """Reserved before, settled after: with honest estimates the bound is never passed."""
    budget = Budget(Allowance(tokens=tokens))
    flying: list[tuple[Usage, Usage]] = []
    for estimated, share, lands in calls:
        estimate = Usage(prompt=estimated)
        if budget.reserve(estimate, DAY):
            flying.append((estimate, Usage(prompt=min(share, estimated))))
        if lands and flying:
            budget.settle(*flying.pop(), DAY, DAY + 1)
        assert budget.tokens <= tokens


def test_money_is_bounded_too_and_a_new_day_starts_at_nothing() -> None:
    """A call that was reserved before midnight counts for the day in which it is settled."""
    budget = Budget(Allowance(cost=100))
    estimate = Usage(prompt=1, cost=60)
    assert (True, False) == (budget.reserve(estimate, 0.0), budget.reserve(estimate, 1.0))
    assert budget.reserve(estimate, DAY)
    budget.settle(estimate, Usage(prompt=1, cost=30), 0.0, DAY)
    assert 90 == budget.cost
    budget.settle(estimate, Usage(prompt=1, cost=10), DAY, DAY)
    assert 40 == budget.cost


def test_five_failures_in_a_row_open_the_breaker_and_a_probe_closes_it() -> None:
    """Open for 10 s, then one call; if it fails twice as long, if it succeeds closed."""
    breaker = Breaker()
    for _ in range(4):
        breaker.failed(0.0)
    assert breaker.admit(0.0)
    breaker.failed(0.0)
    assert (True, True) == (breaker.is_open(9.9), not breaker.admit(9.9))
    assert (True, False) == (breaker.admit(10.0), breaker.admit(10.0))
    breaker.failed(10.0)
    assert (True, False) == (breaker.is_open(29.9), breaker.is_open(30.0))
    assert breaker.admit(30.0)
    breaker.passed()
    assert breaker.admit(30.0)
    breaker.succeeded()
    assert (True, True) == (breaker.admit(30.0), breaker.admit(30.0))


def test_half_of_the_last_twenty_failing_opens_the_breaker() -> None:
    """A server that fails every other time is no server."""
    breaker = Breaker()
    for _ in range(10):
        breaker.succeeded()
        assert not breaker.is_open(0.0)
        breaker.failed(0.0)
    assert breaker.is_open(1.0)


def test_a_latched_breaker_never_closes() -> None:
    """A wrong key stays wrong."""
    breaker = Breaker()
    breaker.latch()
    assert breaker.is_open(1e12)


@given(st.lists(st.sampled_from(["quick", "slow call", "hurt", 39, 0]), max_size=80))
def test_the_pace_stays_within_its_bounds(events: list[str | int]) -> None:
    """At least one call, at most ours, never above the ceiling that the server named."""
    pace = Pace(64)
    ceiling = 64
    for now, event in enumerate(events):
        if isinstance(event, int):
            ceiling = min(ceiling, max(1, event))
            pace.slow(float(now), event)
        elif event == "hurt":
            pace.slow(float(now))
        else:
            pace.succeeded(quick=event == "quick")
        assert 1 <= pace.limit <= ceiling


def test_the_pace_grows_by_rounds_and_shrinks_once_a_second() -> None:
    """One more for each round of quick calls; calls that fail together are one event."""
    pace = Pace(64)
    for _ in range(9):
        pace.succeeded(quick=True)
    assert 9 == pace.limit
    for _ in range(20):
        pace.slow(5.0)
    assert 6 == pace.limit
