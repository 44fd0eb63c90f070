"""Conditions as text: what is written is read back as the same condition."""

import pytest
from fakes.books import WORDS
from hypothesis import given
from hypothesis import strategies as st

from rules.condition import (
    AgeDays,
    Among,
    And,
    Apply,
    Arithmetic,
    Clock,
    Compare,
    Constant,
    ContainsAny,
    Listed,
    Missing,
    Named,
    Node,
    Not,
    Or,
    Parameter,
    StartsWith,
)
from rules.expression import read_expression
from rules.operand import Scope
from rules.written import constant, written

AMOUNT = Named("amount", "number")
TEXT = Named("country", "text")
numbers = st.recursive(
    st.sampled_from([AMOUNT, Named("ratio", "number"), Parameter("p", "number"), Clock("hour")])
    | st.integers(0, 10**9).map(Constant)
    | st.floats(0.001, 1e6).map(lambda x: Constant(round(x, 3))),
    lambda inner: (
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner)
        | st.builds(lambda x: Apply("abs", (x,)), inner)
        | st.builds(lambda x, y: Apply("max", (x, y)), inner, inner)
    ),
    max_leaves=5,
)
words = st.text("abcdé ", min_size=1, max_size=5).map(str.strip).filter(bool)
tests = st.one_of(
    st.builds(
        lambda sign, left, right: Compare(sign, left, right, "number"),
        st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        st.just(AMOUNT)
        | st.builds(Arithmetic, st.sampled_from("+-"), st.just(AMOUNT), numbers),
        numbers,
    ),
    st.lists(words, min_size=1, max_size=3).map(lambda w: Among(TEXT, tuple(w), "text")),
    words.map(lambda w: StartsWith(TEXT, w)),
    st.just(Listed(TEXT, "blocked")),
    st.just(ContainsAny(TEXT, "blocked")),
    st.just(Missing(AMOUNT)),
    st.just(Named("fresh", "flag")),
    st.just(Compare(">", AgeDays(Named("since", "text")), Constant(3), "number")),
    st.just(Compare("==", Named("fresh", "flag"), Constant(value=True), "flag")),
)
conditions = st.recursive(
    tests,
    lambda inner: (
        st.builds(Not, inner)
        | st.lists(inner, min_size=2, max_size=3).map(lambda terms: And(tuple(terms)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda terms: Or(tuple(terms)))
    ),
    max_leaves=6,
)


def read(text: str) -> Node:
    """Read, without looking at units."""
    return read_expression(text, Scope(WORDS, {"p": 5}, ("blocked",), lambda *wrong: None))


@given(conditions)
def test_what_is_written_is_read_back(condition: Node) -> None:
    """With as few brackets as that takes."""
    assert condition == read(written(condition))


@pytest.mark.parametrize(
    "text",
    [
        "amount > 5 and (fresh or known) and not fresh",
        "0.2 <= ratio and ratio < 0.5",
        "country not in @blocked or country in ('de', \"d'or\")",
        "(amount + 2) * ratio - 3 / (ratio / 2) > -5",
        "not (fresh and known) and contains_any(payee, @blocked)",
        "starts_with(payee, 'mr') and age_days(since) < min(ratio, 3)",
        "fresh == (country in @blocked) and weekday(at) != 6",
        "country == 'de' and amount >= $p and missing(ratio)",
    ],
)
def test_text_that_is_written_shortest_stays(text: str) -> None:
    """Reading and writing it changes nothing."""
    assert text == written(read(text))


def test_constants_are_written_in_plain_digits() -> None:
    """Also very small ones, which Python writes with an exponent."""
    assert ["true", "0.5", "0.00001", "5", "10000000000000000.0", "-2.5", "0.0"] == [
        constant(value) for value in (True, 0.5, 1e-05, 5, 1e16, -2.5, 1e-30)
    ]
