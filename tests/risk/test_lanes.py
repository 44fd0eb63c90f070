"""The lanes keep order per payer and know up to where everything is in the log."""

from hypothesis import given
from hypothesis import strategies as st

from risk.assembly import build_bench, default_book
from risk.decide import refuse
from risk.decision import Source
from risk.pipeline import Answer, Arrival
from risk.worker.lanes import Lane, Slot

PAYERS = (b"a", b"b", b"c")


BENCH = build_bench(default_book())


def answer_for(offset: int) -> Answer:
    decision = refuse("MALFORMED", BENCH, Source("t", "1", 0, offset))
    return Answer(Arrival(0, offset, None, None), decision, b"")


def test_a_slot_with_an_answer_leaves_at_once() -> None:
    """Nobody waits for nothing."""
    lane = Lane(5)
    slot = Slot(5, b"a", answer_for(5))
    lane.add(slot)
    assert (lane.take(10), lane.has_ready(), lane.next) == ([slot], False, 6)


def test_a_waiting_payment_holds_back_only_its_own_payer() -> None:
    """The other payers pass by."""
    lane = Lane(0)
    waiting = Slot(0, b"a", None)
    behind = Slot(1, b"a", answer_for(1))
    other = Slot(2, b"b", answer_for(2))
    for slot in (waiting, behind, other):
        lane.add(slot)
    assert lane.take(10) == [other]
    lane.acknowledge([other])
    assert lane.low == -1
    lane.answer(waiting, answer_for(0))
    assert lane.take(10) == [waiting, behind]
    lane.acknowledge([waiting, behind])
    assert (lane.low, len(lane)) == (2, 0)


def test_a_second_waiter_of_the_same_payer_still_holds() -> None:
    """Answering the first one frees only what waited for it alone."""
    lane = Lane(0)
    first, second = Slot(0, b"a", None), Slot(1, b"a", None)
    lane.add(first)
    lane.add(second)
    lane.answer(first, answer_for(0))
    assert lane.take(10) == [first]
    lane.answer(second, answer_for(1))
    assert lane.take(10) == [second]


def test_an_offset_that_was_decided_before_counts_without_leaving() -> None:
    """It moves `low`, but only when all before it is done."""
    lane = Lane(0)
    slot = Slot(0, b"a", answer_for(0))
    lane.add(slot)
    lane.pass_by(1)
    assert lane.low == -1
    lane.acknowledge(lane.take(10))
    assert lane.low == 1


@given(st.data())
def test_every_slot_leaves_once_and_each_payer_in_order(data: st.DataObject) -> None:
    """For any waits, answers and batch sizes; `low` is never ahead of what was acknowledged."""
    lane = Lane(0)
    waiting: list[Slot] = []
    left: list[Slot] = []
    acknowledged: set[int] = set()
    total = data.draw(st.integers(0, 20))
    while lane.next < total or waiting or lane.has_ready():
        step = data.draw(st.sampled_from(("add", "answer", "take")))
        if step == "add" and lane.next < total:
            offset = lane.next
            waits = data.draw(st.booleans())
            slot = Slot(
                offset,
                data.draw(st.sampled_from(PAYERS)),
                None if waits else answer_for(offset),
            )
            lane.add(slot)
            waiting += [slot] if waits else []
        elif step == "answer" and waiting:
            slot = waiting.pop(data.draw(st.integers(0, len(waiting) - 1)))
            lane.answer(slot, answer_for(slot.offset))
        else:
            slots = lane.take(data.draw(st.integers(1, 5)))
            left += slots
            lane.acknowledge(slots)
            acknowledged |= {slot.offset for slot in slots}
        assert all(offset in acknowledged for offset in range(lane.low + 1))
    assert sorted(slot.offset for slot in left) == list(range(total))
    for payer in PAYERS:
        offsets = [slot.offset for slot in left if slot.key == payer]
        assert offsets == sorted(offsets)
    assert (lane.low, len(lane)) == (total - 1, 0)
