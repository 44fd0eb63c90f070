"""The laws of the pipeline: one answer each, state as a fold, repeats, flags, refusals."""

from typing import Any

import pytest
from fakes.payments import START, arrival, default_bench, logs, make_pipeline, payment, payments
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.decide import REFUSALS
from risk.decision import decode
from risk.ledger import FirstAnswer, first_answer
from risk.pipeline import Answer, Arrival, Pipeline

few = settings(max_examples=40)
"""For laws over whole logs, each of which is many cases."""


def answers_of(pipeline: Pipeline, log: list[Arrival]) -> list[bytes]:
    return [answer.encoded for answer in pipeline.take(log)]


def take_one(pipeline: Pipeline, value: Any, offset: int = 0, **changes: Any) -> Answer:
    [answer] = pipeline.take([arrival(value, offset, **changes)])
    return answer


@given(st.lists(st.binary(max_size=200) | st.none(), max_size=5))
def test_any_bytes_get_one_answer_each(values: list[bytes | None]) -> None:
    """In order, refused with a known code and at least one mistake, or judged."""
    log = [Arrival(0, offset, None, value) for offset, value in enumerate(values)]
    answers = make_pipeline().take(log)
    assert log == [answer.arrival for answer in answers]
    for answer in answers:
        assert answer.dead_letter is not None
        assert answer.dead_letter.code in REFUSALS
        assert answer.dead_letter.mistakes


@given(payments, st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_a_payment_with_a_few_bytes_changed_gets_an_answer(
    value: dict[str, Any], place: int, patch: bytes
) -> None:
    """Whatever the damage is, `take` does not raise."""
    raw = arrival(value).value or b""
    place %= len(raw)
    broken = raw[:place] + patch + raw[place + len(patch) :]
    answer = take_one(make_pipeline(), broken)
    assert (answer.decision.score is None) == (answer.dead_letter is not None)


@few
@given(logs)
def test_the_same_log_gives_the_same_bytes(log: list[Arrival]) -> None:
    """Two pipelines, one clock: nothing else enters a decision."""
    assert answers_of(make_pipeline(), log) == answers_of(make_pipeline(), log)


@few
@given(logs, st.integers(1, 7))
def test_batches_do_not_matter(log: list[Arrival], size: int) -> None:
    """A log taken in pieces gets the answers of a log taken whole."""
    pipeline = make_pipeline()
    pieces = [log[start : start + size] for start in range(0, len(log), size)]
    whole = answers_of(make_pipeline(), log)
    assert whole == [raw for piece in pieces for raw in answers_of(pipeline, piece)]


@few
@given(logs, st.data())
def test_folding_is_taking_without_an_answer(log: list[Arrival], data: st.DataObject) -> None:
    """After a restart at any offset the rest of the log gets the same answers."""
    restart = data.draw(st.integers(0, len(log)))
    whole = make_pipeline().take(log)
    restarted = make_pipeline()
    for answer in whole[:restart]:
        recorded = first_answer(decode(answer.encoded))
        restarted.fold(answer.arrival, recorded)
    assert whole[restart:] == restarted.take(log[restart:])


@few
@given(logs)
def test_without_recorded_answers_the_state_is_the_same(log: list[Arrival]) -> None:
    """What was decided never enters the state, except as the answer of a repeat."""
    taken, folded = make_pipeline(), make_pipeline()
    taken.take(log)
    for each in log:
        folded.fold(each, None)
    probe = payment(id="probe", time="2026-03-25T00:00:00Z", payee={"id": "x"})
    assert take_one(taken, probe, 99) == take_one(folded, probe, 99)
    assert taken.payers() == folded.payers()


@few
@given(logs)
def test_a_decision_read_back_equals_the_one_written(log: list[Arrival]) -> None:
    """The JSON is the record."""
    for answer in make_pipeline().take(log):
        assert answer.decision == decode(answer.encoded)


@few
@given(logs)
def test_a_repeat_changes_nothing_for_the_others(log: list[Arrival]) -> None:
    """Take the repeats out of the log: every other decision stays, byte for byte."""
    answers = make_pipeline().take(log)
    first = [answer for answer in answers if answer.decision.duplicate_of is None]
    assert first == make_pipeline().take([answer.arrival for answer in first])


@few
@given(logs)
def test_a_repeat_gets_its_first_answer(log: list[Arrival]) -> None:
    """The same outcome for the same reasons, and it says whose answer it is."""
    answers = {answer.decision.id: answer.decision for answer in make_pipeline().take(log)}
    for decision in answers.values():
        if decision.duplicate_of is not None:
            first = answers[decision.duplicate_of]
            assert first.transaction_id == decision.transaction_id
            assert first_answer(first) == FirstAnswer(
                decision.duplicate_of,
                decision.outcome,
                decision.tier,
                decision.score,
                decision.contributions,
                decision.reasons,
                decision.hits,
            )


def test_the_same_payment_in_other_words_is_a_repeat() -> None:
    """Another zone, decimals, order of fields: the payment is the same."""
    pipeline = make_pipeline()
    first = take_one(pipeline, payment()).decision
    value = payment(time="2026-03-02T11:15:00+01:00", amount="12.5", payee=None)
    again = dict(reversed(value.items()))
    assert first.id == take_one(pipeline, again, 1).decision.duplicate_of


def test_an_id_that_comes_for_another_payment_is_flagged_and_reviewed() -> None:
    """Both are real payments to us: both count in the history."""
    pipeline = make_pipeline()
    take_one(pipeline, payment())
    other = take_one(pipeline, payment(amount="13.00", time="2026-03-02T10:16:00Z"), 1).decision
    assert (("id_reused",), "review") == (other.flags, other.outcome)
    assert "ID-REUSED" == other.reasons[-1].code
    assert 60 == other.values["history"]["payer_gap_seconds"]


def test_a_repeat_of_a_payment_with_a_used_id_gets_that_payments_answer() -> None:
    """Not the answer of the first one with this id, and no new one."""
    pipeline = make_pipeline()
    take_one(pipeline, payment())
    second = take_one(pipeline, payment(amount="13.00"), 1).decision
    assert second.id == take_one(pipeline, payment(amount="13.00"), 2).decision.duplicate_of


def test_a_repeat_whose_answer_is_forgotten_is_decided_once_more() -> None:
    """From the history before it, without counting it again; then it has an answer."""
    pipeline = make_pipeline()
    pipeline.fold(arrival(payment()), None)
    anew = take_one(pipeline, payment(), 1).decision
    assert anew.duplicate_of is None
    assert "payer_gap_seconds" not in anew.values["history"]
    assert anew.id == take_one(pipeline, payment(), 2).decision.duplicate_of


def test_only_the_last_payments_are_remembered() -> None:
    """The oldest one is forgotten when the ledger is full, and then counts as new."""
    pipeline = make_pipeline(known_ids=2)
    for offset, name in enumerate(["p1", "p2", "p3"]):
        take_one(pipeline, payment(id=name), offset)
    assert take_one(pipeline, payment(id="p3"), 3).decision.duplicate_of is not None
    assert take_one(pipeline, payment(id="p1"), 4).decision.duplicate_of is None


@pytest.mark.parametrize("key", [None, b"", b"bela"])
def test_a_record_whose_key_is_not_the_payer_is_flagged(key: bytes | None) -> None:
    """Its payments would be spread over partitions and miss each other; repeats say it too."""
    pipeline = make_pipeline()
    assert ("key_mismatch",) == take_one(pipeline, payment(), key=key).decision.flags
    assert ("key_mismatch",) == take_one(pipeline, payment(), 1, key=key).decision.flags
    assert () == take_one(pipeline, payment(), 2).decision.flags


def test_partitions_do_not_see_each_other() -> None:
    """State is a fold over one partition: that is what makes a worker's share enough."""
    pipeline = make_pipeline()
    take_one(pipeline, payment())
    other = take_one(pipeline, payment(), partition=1).decision
    assert other.duplicate_of is None
    assert "payer_gap_seconds" not in other.values["history"]
    assert 2 == pipeline.payers()


@pytest.mark.parametrize(("second", "refused"), [("00", False), ("00.000001", True)])
def test_a_payment_far_ahead_of_its_record_is_refused(second: str, refused: bool) -> None:
    """24 h are borne; more is a broken clock, and would push real history out of windows."""
    value = payment(time=f"2026-03-03T10:15:{second}Z")
    answer = take_one(make_pipeline(), value, timestamp_ms=START * 1000)
    assert refused == (answer.dead_letter is not None)
    if answer.dead_letter is not None:
        assert "time" == answer.dead_letter.mistakes[0].path


@pytest.mark.parametrize("stamp", [None, 0, -1])
def test_without_a_record_time_no_payment_is_too_early(stamp: int | None) -> None:
    """Files have no record time, and -1 is Kafka's word for none."""
    assert take_one(make_pipeline(), payment(), timestamp_ms=stamp).dead_letter is None


def test_an_arrival_that_is_not_admitted_is_answered_unread() -> None:
    """It ended the process before: it gets an answer, a dead letter, and no place in state."""
    pipeline = make_pipeline()
    [answer] = pipeline.take([arrival(payment())], lambda _: False)
    assert answer.dead_letter is not None
    assert "CRASHED" == answer.dead_letter.code
    assert answer.dead_letter.mistakes
    assert 0 == pipeline.payers()


def test_what_was_refused_before_never_enters_the_state() -> None:
    """Although this process could read it: the one that decided did not count it."""
    decided, pipeline = make_pipeline(), make_pipeline()
    [answer] = decided.take([arrival(payment())], lambda _: False)
    pipeline.fold(answer.arrival, first_answer(answer.decision))
    assert decided.payers() == pipeline.payers()
    assert take_one(pipeline, payment(), 1).decision.duplicate_of is None


def test_a_message_over_the_limit_is_refused_unread() -> None:
    """The limit itself is allowed."""
    raw = arrival(payment()).value or b""
    at_limit = take_one(make_pipeline(max_bytes=len(raw)), raw)
    over = take_one(make_pipeline(max_bytes=len(raw)), raw + b" ")
    assert at_limit.dead_letter is None
    assert over.dead_letter is not None
    assert "OVERSIZED" == over.dead_letter.code


def test_every_judged_decision_tells_its_times() -> None:
    """By step, in microseconds of the clock that was handed in."""
    answer = take_one(make_pipeline(), payment())
    assert ["parse", "history", "text", "decide"] == list(answer.decision.timings_us)


@few
@given(logs)
def test_every_value_that_judged_is_recorded_or_named_unknown(log: list[Arrival]) -> None:
    """A decision explains itself: known values by source, the others by name, none both."""
    names = set(default_bench().names)
    for answer in make_pipeline().take(log):
        decision = answer.decision
        if decision.score is not None and decision.duplicate_of is None:
            known = {name for group in decision.values.values() for name in group}
            assert names - known == set(decision.unknowns)
