"""What a model says becomes a reading only as far as its own text bears it out."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import PURPOSES, TEXT
from features.llm.errors import Unusable, Usage
from features.llm.ground import find_quote, ground
from features.llm.parse import Claim, parse
from features.llm.prompt import (
    KINDS,
    MARKS,
    choose_mark,
    completion_tokens,
    estimate_tokens,
    load_prompt,
    messages,
    reply_schema,
    shape,
)
from features.llm.record import shares
from features.text.folding import fold
from features.text.local import load_reader
from features.text.schema import FLAGS, Span
from features.text.worse import worsen

PROMPT = load_prompt()
READER = load_reader()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)
FIELDS = st.dictionaries(st.sampled_from("supl ef".replace(" ", "")), JSON)
QUOTES = st.sampled_from(["gift cards", "urgent", "rent", "URGENT‡gift", "", "ACME", "ﬁx"])
ITEMS = st.fixed_dictionaries(
    {
        "s": st.floats(-2, 2) | JSON,
        "u": st.floats(-2, 2) | JSON,
        "p": st.sampled_from(PURPOSES) | JSON,
        "l": st.sampled_from(["en", "xx"]) | JSON,
        "e": st.lists(
            st.fixed_dictionaries({"k": st.sampled_from([*KINDS, "listed"]), "t": QUOTES})
        ),
        "f": st.lists(
            st.fixed_dictionaries({"f": st.sampled_from([*FLAGS, "evil"]), "t": QUOTES})
        ),
    }
)


@pytest.mark.parametrize(
    "content",
    [
        '{"items": {"a": {"s": -0.5}}}',
        '```json\n{"items": {"a": {"s": -0.5}}}\n```',
        'Sure! Here it is: {"items": {"a": {"s": -0.5}}} Anything else?',
        '{"a": {"s": -0.5}}',
        '{"items": {"a": {"s": -0.5}, "zz": {"s": 1}, "b": 7}}',
    ],
)
def test_one_parser_reads_every_way_of_answering(content: str) -> None:
    """Fenced, wrapped in words, without the outer key, with items that nobody asked for."""
    assert {"a": -0.5} == {id_: c.sentiment for id_, c in parse(content, ["a", "b"]).items()}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no",
        "[1]",
        "{",
        '{"items": []}',
        '{"items": {}}',
        '{"items": {"b": {}}}',
        '{"items": {"a": NaN}}',
        '{"items": {"a": {"s": Infinity}}}',
        '{"a":' * 100_000,
        '{"items": {"a": {"s": ' + "9" * 5000 + "}}}",
    ],
)
def test_what_holds_no_item_is_unusable(content: str) -> None:
    """Blank, broken, too deep, not JSON at all."""
    with pytest.raises(Unusable):
        parse(content, ["a"])


def test_a_field_that_makes_no_sense_costs_no_other_field() -> None:
    """Out of range, out of the set, of the wrong type: left out, counted, neighbours stay."""
    item = {
        "s": 7,
        "u": True,
        "p": "ransom",
        "l": "en",
        "e": [{"k": "alien", "t": "x"}, {"k": "person", "t": "Ann"}, 3],
        "f": [{"f": "evil", "t": "x"}, {"f": "urgent", "t": "now"}, {"f": "crypto"}],
    }
    claim = parse(json.dumps({"items": {"a": item}}), ["a"])["a"]
    expected = Claim(
        language="en",
        entities=(("person", "Ann"),),
        flags=(("urgent", "now"),),
        dropped=3 + 2 + 2,
    )
    assert expected == claim


@given(st.one_of(JSON, ITEMS, FIELDS), st.sampled_from(["rent", "URGENT gift cards, ACME"]))
def test_whatever_a_server_says_a_reading_is_bounded_and_only_worse(
    item: Any, memo: str
) -> None:
    """Fuzzed answers: spans show words of the text; values keep their range and direction."""
    content = json.dumps({"items": {"a": item}})
    local = READER.look(memo)
    try:
        claim = parse(content, ["a"])["a"]
    except Unusable:
        return
    reading = ground(claim, local.text, "‡")
    for found in (*reading.entities, *reading.red_flags):
        assert "" != found.span.of(local.text).strip()
    before, after = local.reading.values(), worsen(local.reading, reading).values()
    for word in TEXT:
        if word.worse and word.name in before:
            sign = 1 if word.worse == "up" else -1
            assert sign * after[word.name] >= sign * before[word.name]  # type: ignore[operator]
        if word.low is not None and word.name in after:
            assert word.low <= after[word.name] <= (word.high or 0)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("pay GIFT cards now", "gift cards", "GIFT cards"),
        ("pay GIFT cards now", "gift‡cards", "GIFT cards"),
        ("Große Straße 5", "grosse strasse", "Große Straße"),
        ("rent March", "gift cards", None),
        ("rent March", "", None),
        ("rent March", " ‡ ", None),
    ],
)
def test_a_quote_is_found_in_its_own_text_or_not_at_all(
    text: str, quote: str, found: str | None
) -> None:
    """However it is spelt; places are found here, never taken from the model."""
    span = find_quote(fold(text), quote, "‡")
    assert found == (span and span.of(text))


def test_ungrounded_claims_are_dropped_and_counted() -> None:
    """A neighbour's words, invented words, and flags without evidence."""
    claim = Claim(
        entities=(("person", "Bob"), ("organisation", "ACME")),
        flags=(("urgent", "hurry"), ("crypto", "btc"), ("crypto", "BTC")),
    )
    reading = ground(claim, "btc to ACME", "‡")
    assert (2, ["crypto"], [Span(7, 11)]) == (
        reading.dropped,
        [red.flag for red in reading.red_flags],
        [entity.span for entity in reading.entities],
    )


def test_the_few_shots_are_aligned_with_their_texts() -> None:
    """Every example parses without loss and every quote stands in its own text."""
    lines = PROMPT.system.split("Examples:\n")[1].strip().splitlines()
    readings = []
    for asked, answered in zip(lines[::2], lines[1::2], strict=True):
        said = json.loads(asked)
        claims = parse(answered, said["items"])
        assert said["items"].keys() == claims.keys()
        for id_, text in said["items"].items():
            readings.append(ground(claims[id_], text.replace(said["mark"], " "), said["mark"]))
    assert {0} == {reading.dropped for reading in readings}
    assert 6 == sum(len(reading.red_flags) for reading in readings)


def test_the_prompt_names_every_flag_purpose_and_kind_and_the_word_json() -> None:
    """The closed sets in the prompt are those of the schema; JSON mode wants its word."""
    words = set(re.findall(r"[a-z_]+", PROMPT.system))
    assert set() == {*FLAGS, *PURPOSES, *KINDS, "json"} - words - {"none"}
    assert ("reading-1", 16) == (PROMPT.version, len(PROMPT.hash))


def test_the_system_message_is_constant_and_the_texts_are_marked() -> None:
    """The prefix cache needs the first, spotlighting the second; template tokens are gone."""
    one, other = (
        messages(PROMPT, "‡", {"k3": text}) for text in ("a b", "<|im_end|>c [INST]d")
    )
    assert one[0] == other[0]
    assert {"mark": "‡", "items": {"k3": "a‡b"}} == json.loads(one[1]["content"])
    assert {"k3": "c‡d"} == json.loads(other[1]["content"])["items"]


def test_the_mark_is_one_that_no_text_holds() -> None:
    """Else a text could end its own words."""
    assert MARKS[3] == choose_mark(["a", MARKS[:3]], lambda free: free[0])
    mark = choose_mark([MARKS, MARKS[0] * 5], lambda free: free[0])
    assert MARKS[0] * 9 == mark


def test_each_way_of_asking_has_its_shape() -> None:
    """Every id is required, nothing else is allowed, no keyword that strict tools lack."""
    schema = reply_schema(["k1", "k2"])
    assert ["k1", "k2"] == schema["properties"]["items"]["required"]
    assert not re.search(r'"(min|max|pattern)', json.dumps(schema))
    assert {} == shape("none", ["k1"])
    assert {"type": "json_object"} == shape("json_object", ["k1"])["response_format"]
    wire = shape("json_schema", ["k1"])["response_format"]
    assert reply_schema(["k1"]) == wire["json_schema"]["schema"]
    tool = shape("strict_tool", ["k1"])
    assert reply_schema(["k1"]) == tool["tools"][0]["function"]["parameters"]


def test_an_estimate_is_above_what_eight_texts_take() -> None:
    """The budget reserves it: prompt by characters, answer by its bound."""
    assert 1320 == completion_tokens(8)
    assert estimate_tokens(PROMPT, ["x" * 140] * 8) > 1320 + len(PROMPT.system) / 3


@given(st.builds(Usage, *[st.integers(0, 10_000)] * 5), st.integers(1, 8))
def test_shares_of_a_call_add_up_to_the_call(usage: Usage, parts: int) -> None:
    """Nothing is lost by splitting a bill."""
    split = shares(usage, parts)
    for name in Usage.__struct_fields__:
        assert getattr(usage, name) == sum(getattr(share, name) for share in split)
