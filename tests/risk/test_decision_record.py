"""The record of a decision: one schema in the log, in files and in tests."""

import json
from datetime import UTC
from typing import Any

import msgspec
import pytest
from fakes.payments import arrival, make_pipeline, payment
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.commands.schema import decision_schema
from risk.decision import Contribution, Decision, Hit, Reason, Source, Version, decode, encode
from risk.ledger import FirstAnswer, first_answer

few = settings(max_examples=40)
names = st.text(max_size=5)
scalars = (
    st.text(max_size=10)
    | st.integers(-(2**60), 2**60)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
)
versions = st.builds(Version, names, names, names)
outcomes = st.sampled_from(["approve", "review", "reject"])
decisions = st.builds(
    Decision,
    id=names,
    source=st.builds(Source, names, names, st.integers(0, 99), st.integers(0, 2**60)),
    transaction_id=st.none() | names,
    payer_id=st.none() | names,
    event_time=st.none() | st.datetimes(timezones=st.just(UTC)),
    amount_minor=st.none() | st.integers(0, 2**53),
    currency=st.none() | names,
    outcome=outcomes,
    tier=st.none() | names,
    score=st.none() | st.integers(0, 100),
    contributions=st.lists(st.builds(Contribution, names, st.integers(-9, 9)), max_size=2).map(
        tuple
    ),
    reasons=st.lists(st.builds(Reason, names, names), max_size=2).map(tuple),
    hits=st.lists(st.builds(Hit, names, names), max_size=2).map(tuple),
    shadow=st.lists(st.builds(Hit, names, names), max_size=2).map(tuple),
    shadow_outcome=st.none() | outcomes,
    unknown_rules=st.lists(names, max_size=2).map(tuple),
    values=st.dictionaries(names, st.dictionaries(names, scalars, max_size=2), max_size=2),
    unknowns=st.lists(names, max_size=2).map(tuple),
    book=versions,
    scorer=versions,
    duplicate_of=st.none() | names,
    flags=st.lists(st.sampled_from(["key_mismatch", "id_reused"]), max_size=2).map(tuple),
    timings_us=st.dictionaries(names, st.integers(0, 10**9), max_size=3),
)


@few
@given(decisions)
def test_what_is_read_back_equals_what_was_written(decision: Decision) -> None:
    """And writing it again gives the same bytes."""
    raw = encode(decision)
    assert decision == decode(raw)
    assert raw == encode(decode(raw))


@few
@given(decisions)
def test_a_first_answer_is_read_from_any_decision(decision: Decision) -> None:
    """A restarted worker reads the answers of repeats from the decisions log."""
    read = msgspec.json.decode(encode(decision), type=FirstAnswer)
    assert first_answer(decision) == read


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "allow"},
        {"schema": 2},
        {"surprise": 1},
        {"flags": ["odd"]},
        {"score": "7"},
        {"event_time": "yesterday"},
    ],
)
def test_a_record_of_another_form_is_refused(change: dict[str, Any]) -> None:
    """A reader of the wrong version stops instead of guessing."""
    [answer] = make_pipeline().take([arrival(payment())])
    raw = json.dumps({**json.loads(answer.encoded), **change}).encode()
    with pytest.raises(msgspec.MsgspecError):
        decode(raw)


def test_the_example_of_the_schema_is_a_decision() -> None:
    """It is made by the real pipeline, stopped, with reasons, and the same every time."""
    [example] = decision_schema()["examples"]
    decision = decode(json.dumps(example).encode())
    assert example == json.loads(encode(decision))
    assert decision.outcome != "approve"
    assert decision.reasons
    assert decision_schema() == decision_schema()


def test_the_schema_tells_every_field_of_the_record() -> None:
    """A downstream team needs no other page."""
    properties = decision_schema()["$defs"]["Decision"]["properties"]
    assert set(Decision.__struct_fields__) == set(properties)
