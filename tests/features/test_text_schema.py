"""The reading: bounded, typed, named in the catalogue; an answer only makes it worse."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import LANGUAGES, PURPOSES, TEXT
from features.text import schema
from features.text.schema import (
    FLAGS,
    NO_MEMO,
    Entity,
    ListMatch,
    Reading,
    RedFlag,
    Span,
)
from features.text.worse import worsen

SHARES = st.floats(0, 1)
SPANS = st.builds(Span, st.integers(0, 9), st.integers(9, 20))
ENTITIES = st.builds(
    Entity,
    st.sampled_from(get_args(schema.EntityKind)),
    SPANS,
    SHARES,
    st.none() | st.builds(ListMatch, st.just("sdn"), st.text("0123"), SHARES),
)


def readings(source: schema.Source) -> st.SearchStrategy[Reading]:
    """Any reading of any memo."""
    return st.builds(
        Reading,
        source=st.just(source),
        sentiment=st.floats(-1, 1),
        urgency=SHARES,
        purpose=st.sampled_from(PURPOSES),
        language=st.sampled_from(LANGUAGES),
        entities=st.lists(ENTITIES, max_size=4).map(tuple),
        red_flags=st.lists(st.builds(RedFlag, st.sampled_from(FLAGS), SPANS)).map(tuple),
        length=st.integers(0, 1000),
        lists=st.sampled_from([(), ("sdn",)]),
    )


LOCAL, ANSWERS = readings("local"), readings("llm")


def test_the_closed_sets_are_those_of_the_catalogue() -> None:
    """One vocabulary: purposes, flags and every value's name."""
    words = {word.name: word for word in TEXT}
    assert set(words) == {
        *Reading(source="local", lists=("sdn",)).values(),
    }
    assert set(schema.PURPOSES) == set(PURPOSES)
    assert {f"text.{flag}" for flag in FLAGS} == {
        name for name, word in words.items() if word.type == "flag"
    }


def test_no_memo_is_knowledge_not_a_gap() -> None:
    """A payment without a memo has no flags, a neutral tone and length 0."""
    values = NO_MEMO.values()
    assert {False, "none"} == set(values.values())


@given(LOCAL)
def test_values_lie_within_the_ranges_of_the_catalogue(reading: Reading) -> None:
    """Types, ranges and choices hold for every reading."""
    values = reading.values()
    for word in TEXT:
        value = values.get(word.name)
        match word.type:
            case "number" if value is not None:
                assert word.low is not None
                assert word.high is not None
                assert word.low <= float(value) <= word.high
            case "text":
                assert value in word.choices
            case "flag":
                assert isinstance(value, bool)


def test_without_a_list_a_match_is_unknown() -> None:
    """Not looked at is not the same as not found."""
    assert "text.list_match" not in Reading(source="local").values()
    assert 0.0 == Reading(source="local", lists=("sdn",)).values()["text.list_match"]


@given(LOCAL, ANSWERS)
def test_an_answer_only_makes_a_reading_worse(local: Reading, answer: Reading) -> None:
    """Every value with a direction moves that way or not at all; length and lists stay."""
    before, after = local.values(), worsen(local, answer).values()
    assert before.keys() == after.keys()
    for word in TEXT:
        if word.name not in before:
            continue
        old, new = before[word.name], after[word.name]
        if word.worse == "up":
            assert new >= old  # type: ignore[operator]
        elif word.worse == "down":
            assert new <= old  # type: ignore[operator]
    assert before["text.length"] == after["text.length"]
    assert before.get("text.list_match") == after.get("text.list_match")


@given(LOCAL)
def test_an_answer_of_nothing_changes_nothing_but_the_source(local: Reading) -> None:
    """The mildest answer leaves every value where the local reader put it."""
    mild = Reading(source="llm", sentiment=1.0)
    assert local.values() == worsen(local, mild).values()


def test_only_our_own_lists_may_name_an_entry() -> None:
    """A list match that a model claims is not taken."""
    claim = Entity("person", Span(0, 4), 1.0, ListMatch("sdn", "1", 1.0))
    local = Reading(source="local", lists=("sdn",))
    merged = worsen(local, Reading(source="llm", entities=(claim,)))
    assert (Entity("person", Span(0, 4), 1.0),) == merged.entities
