"""The audit finds every planted fault, and nothing in a log that is written by the rules."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from risk.offset_tally import Findings, Offsets, Sight, Tally, merged

EPOCH = "1"
PAYERS = 4


def payer(offset: int) -> bytes:
    """Who made the payment at an offset."""
    return b"%d" % (offset * 7 % PAYERS)


def sight(offset: int, low: int, *, refused: bool = False) -> Sight:
    """Make a decision of partition 0."""
    return Sight((EPOCH, 0, offset), low, payer(offset), refused)


@st.composite
def clean_logs(draw: st.DrawFn, count: int = 40) -> list[Sight]:
    """Write decisions about 0..count-1: out of order between payers, in order within one."""
    waiting = list(range(count))
    done: set[int] = set()
    low = -1
    log: list[Sight] = []
    refused = draw(st.sets(st.integers(0, count - 1), max_size=5))
    while waiting:
        window = waiting[:6]
        ready = [o for o in window if all(payer(w) != payer(o) for w in window if w < o)]
        offset = draw(st.sampled_from(ready))
        waiting.remove(offset)
        log.append(sight(offset, low, refused=offset in refused))
        done.add(offset)
        while low + 1 in done:
            low += 1
    return log


def audit(log: list[Sight], span: range, letters: set[int] | None = None) -> Findings:
    """Tally a log; every offset of the span exists and is committed."""
    tally = Tally(0, EPOCH, span)
    for one in log:
        tally.see(one)
    buried = {one.src[2] for one in log if one.src and one.refused}
    for offset in buried if letters is None else letters:
        tally.bury((EPOCH, 0, offset))
    return tally.findings([offset for gap in tally.gaps() for offset in gap], 0)


@given(clean_logs())
@settings(max_examples=60)
def test_a_log_by_the_rules_holds(log: list[Sight]) -> None:
    """Nothing is found where nothing was planted."""
    found = audit(log, range(40))
    assert found.holds
    assert (40, 0, 0) == (found.decided, found.repeats, found.letters_spare)
    assert sum(one.refused for one in log) == found.refused


@given(clean_logs(), st.integers(0, 39))
@settings(max_examples=60)
def test_a_missing_decision_is_found(log: list[Sight], gone: int) -> None:
    """An offset without a decision is lost, whichever it is."""
    found = audit([one for one in log if one.src != (EPOCH, 0, gone)], range(40))
    assert not found.holds
    assert (1, (gone,)) == (found.lost, found.lost_examples)


@given(clean_logs(), st.integers(0, 39), st.integers(0, 200))
@settings(max_examples=60)
def test_a_physical_repeat_is_counted_and_harmless(
    log: list[Sight], which: int, later: int
) -> None:
    """The reader's rule drops it: it is a repeat, not a doubled decision."""
    again = log[which]
    place = min(which + 1 + later, len(log))
    found = audit([*log[:place], again, *log[place:]], range(40))
    assert found.holds
    assert 1 == found.repeats


@given(clean_logs(), st.integers(0, 39), st.integers(0, 39))
@settings(max_examples=60)
def test_a_swap_within_a_payer_is_found(log: list[Sight], one: int, other: int) -> None:
    """Two decisions about the same payer in the wrong order are out of order or lost."""
    first, second = sorted((one, other))
    if first == second or log[first].key != log[second].key:
        return
    swapped = list(log)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    found = audit(swapped, range(40))
    assert not found.holds
    assert found.disordered + found.lost >= 1


@given(clean_logs(), st.integers(0, 39))
@settings(max_examples=40)
def test_a_decision_on_another_partition_is_found(log: list[Sight], which: int) -> None:
    """It is elsewhere here, and lost for readers where it belongs."""
    src = log[which].src
    assert src is not None
    moved = Sight((EPOCH, 1, src[2]), log[which].low, log[which].key, log[which].refused)
    found = audit([*log[:which], moved, *log[which + 1 :]], range(40))
    assert (1, 1, False) == (found.elsewhere, found.lost, found.holds)


@given(clean_logs(), st.integers(0, 39))
@settings(max_examples=40)
def test_a_refusal_without_its_dead_letter_is_found(log: list[Sight], which: int) -> None:
    """Each refusal needs its letter; a letter of a decided payment is only counted."""
    src = log[which].src
    assert src is not None
    refused = {one.src[2] for one in log if one.src and one.refused}
    letters = refused ^ {src[2]}
    found = audit(log, range(40), letters)
    missing = int(src[2] in refused)
    assert (missing, 1 - missing) == (found.letters_missing, found.letters_spare)
    assert bool(missing) != found.holds


def test_strangers_and_other_epochs_are_counted() -> None:
    """Neither is a decision about this log."""
    old = Sight(("0", 0, 0), -1, b"x", refused=False)
    stranger = Sight(None, -1, b"x", refused=False)
    found = audit([old, stranger, sight(0, -1), old], range(1))
    assert (2, 1, True) == (found.other_epochs, found.strangers, found.holds)


def test_what_a_reader_drops_is_lost() -> None:
    """A first decision that comes after a `low` above it is one that no reader accepts."""
    found = audit([sight(1, 0), sight(0, 0)], range(2))
    assert (1, 1) == (found.lost, found.repeats)


def test_doubled_means_accepted_twice() -> None:
    """A flood of other epochs makes a reader forget; then a repeat comes through."""
    others = [Sight((f"e{n}", 0, 0), -1, b"x", refused=False) for n in range(20)]
    found = audit([sight(0, -1), *others, sight(0, -1)], range(1))
    assert (1, False) == (found.doubled, found.holds)


def test_a_decisions_log_that_lost_its_beginning_is_audited_from_where_it_speaks() -> None:
    """Above the first `low` as many decisions may be gone as can be in flight."""
    tally = Tally(0, EPOCH, range(100), cut=True, in_flight=10)
    assert [] == tally.gaps()
    for offset in range(50, 100):
        tally.see(sight(offset, offset - 1))
    assert [] == tally.gaps()
    found = tally.findings([], 0)
    assert (60, 40, True) == (found.unaudited, found.decided, found.holds)


def test_letters_older_than_their_topic_are_not_missed() -> None:
    """Refusals before the first kept letter are not held against it."""
    tally = Tally(0, EPOCH, range(2))
    tally.see(sight(0, -1, refused=True))
    tally.see(sight(1, 0, refused=True))
    tally.bury((EPOCH, 0, 1))
    tally.bury(("0", 0, 0))
    tally.bury((EPOCH, 0, 7))
    tally.bury(None)
    assert [1, 0] == [tally.findings([], 0, at).letters_missing for at in (0, 1)]


def test_decisions_outside_the_span_are_no_findings() -> None:
    """Payments that the log no longer keeps, or that came after the audit began."""
    found = audit([sight(n, n - 1) for n in range(10)], range(3, 6))
    assert (3, True) == (found.decided, found.holds)


def test_only_payers_above_low_are_remembered() -> None:
    """Memory does not grow with the number of payers."""
    tally = Tally(0, EPOCH, range(10_000))
    for n in range(10_000):
        tally.see(Sight((EPOCH, 0, n), n - 1, b"payer %d" % n, refused=False))
    assert len(tally._last) <= 1_100


@given(st.integers(0, 50), st.sets(st.integers(0, 60)))
def test_gaps_are_exactly_what_is_not_in_the_set(begin: int, members: set[int]) -> None:
    """In order, joined, and within the span."""
    span = range(begin, begin + 61)
    found = Offsets(span)
    for member in members:
        assert found.add(begin + member)
    gaps = list(found.gaps())
    assert sorted(set(span) - {begin + m for m in members}) == [o for gap in gaps for o in gap]
    assert all(a.stop < b.start for a, b in pairwise(gaps))


def test_near_gaps_are_read_together() -> None:
    """One reading over a few offsets is cheaper than two seeks."""
    gaps = [range(2), range(4, 5), range(100, 101)]
    assert [range(5), range(100, 101)] == merged(gaps, 10)
