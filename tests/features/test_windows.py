"""Columns sorted by time: what is in them, and what has gone."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from features.windows import SLACK, Firsts, Track

REACH = 100


def arrive(steps: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Make events in order, some late: a step back is from the newest."""
    clock, events = 200, []
    for step, value in steps:
        events.append((clock + step, value))
        clock = max(clock, clock + step)
    return events


EVENTS = st.lists(
    st.tuples(st.sampled_from([0, 1, 7, 30, -1, -20, -REACH]), st.integers(0, 2)),
    min_size=1,
    max_size=80,
).map(arrive)


def fill(events: list[tuple[int, int]]) -> Track:
    """Add the events one after another."""
    track = Track(REACH, array("q"), (array("q"),))
    for at, value in events:
        track.add(at, (value,))
    return track


@given(EVENTS, st.integers(0, REACH), st.integers(0, REACH))
def test_a_window_holds_what_came_in_time(
    events: list[tuple[int, int]], back: int, width: int
) -> None:
    """All that is in reach of the clock when it arrives is in the windows that are covered."""
    track = fill(events)
    kept, clock = [], 0
    for at, value in events:
        clock = max(clock, at)
        if at > clock - REACH:
            kept.append((at, value))
    stop_at = clock - back
    after = stop_at - width
    if track.covers(after):
        stop = track.begin(stop_at, len(track.times))
        window = list(track.columns[0][track.begin(after, stop) : stop])
        inside = [event for event in kept if after < event[0] <= stop_at]
        assert [value for _, value in sorted(inside, key=lambda event: event[0])] == window


@given(EVENTS)
def test_what_is_kept_is_bounded_by_the_reach(events: list[tuple[int, int]]) -> None:
    """No more than a few events that have gone are still in memory, and columns are aligned."""
    track = fill(events)
    gone = [at for at in track.times if at <= track.times[-1] - REACH]
    assert len(gone) <= SLACK
    assert len(track.times) == len(track.columns[0])
    assert sorted(track.times) == list(track.times)


@given(EVENTS, st.integers(0, 79))
def test_an_event_is_found_as_long_as_it_is_in_reach(
    events: list[tuple[int, int]], which: int
) -> None:
    """The newest of equal events is found; one that has gone is not, trimmed or not."""
    track = fill(events)
    at, value = events[which % len(events)]
    index = track.find(at, (value,))
    clock = track.times[-1]
    if at > clock - REACH:
        assert (at, value) == (track.times[index], track.columns[0][index])
        assert (at, value) not in zip(
            track.times[index + 1 :], track.columns[0][index + 1 :], strict=True
        )
    else:
        assert -1 == index


def test_what_has_gone_is_trimmed() -> None:
    """A long stream keeps only what is in reach, and a little more."""
    track = fill([(at, 0) for at in range(0, 10_000, 10)])
    assert len(track.times) == len(track.columns[0]) <= REACH // 10 + SLACK


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), max_size=30))
def test_a_first_meeting_is_the_first_up_to_its_time(meetings: list[tuple[int, int]]) -> None:
    """True for the first one, False for others, None for the first of all: late ones too."""
    firsts = Firsts(99, array("Q"), array("q"))
    for number, (key, at) in enumerate(meetings):
        before = [other for other, then in meetings[:number] if then <= at]
        expected = key not in before if before else None
        assert expected == firsts.meet(key, at)
