"""Random condition trees, and books of them: what evaluators must agree on."""

from fakes.bare_books import LISTS, WORDS, book_of, one_rule
from fakes.values import EDGES
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
from rules.model import Book, Window

named = {
    kind: st.sampled_from(
        [Named(name, kind) for name, word in WORDS.items() if word.type == kind]
    )  # type: ignore[arg-type] # a word's type is a node's type
    for kind in ("number", "text", "flag")
}

numbers = st.recursive(
    st.one_of(
        named["number"],
        named["number"],
        st.sampled_from([Parameter("p", "number"), Parameter("q", "number")]),
        st.sampled_from(EDGES).map(Constant),
        st.sampled_from([Clock("hour"), Clock("weekday")]),
        st.builds(AgeDays, st.sampled_from([Named("since", "text"), Constant("2026-01-01")])),
    ),
    lambda below: st.one_of(
        st.builds(Arithmetic, st.sampled_from("+-*/"), below, below),
        st.builds(Apply, st.just("abs"), st.tuples(below)),
        st.builds(
            Apply,
            st.sampled_from(["min", "max"]),
            st.lists(below, min_size=2, max_size=3).map(tuple),
        ),
    ),
    max_leaves=4,
)
texts = st.one_of(named["text"], st.sampled_from([Constant("a"), Parameter("t", "text")]))
signs = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
fixed = st.sampled_from(
    [Parameter("p", "number"), Parameter("q", "number"), *map(Constant, EDGES)]
)
limits = st.one_of(
    st.builds(Compare, signs, named["number"], fixed, st.just("number")),
    st.builds(Compare, signs, fixed, named["number"], st.just("number")),
)
"""What most rules of people consist of."""

leaves = st.one_of(
    limits,
    limits.map(Not),
    named["flag"],
    st.sampled_from([Constant(value=True), Constant(value=False), Parameter("on", "flag")]),
    st.builds(Missing, st.one_of(*named.values())),
    st.builds(Compare, signs, numbers, numbers, st.just("number")),
    st.builds(Compare, st.sampled_from(["==", "!="]), texts, texts, st.just("text")),
    st.builds(Among, numbers, st.just((1, 2.5)), st.just("number")),
    st.builds(Among, texts, st.just(("a", "straße")), st.just("text")),
    st.builds(Listed, texts, st.sampled_from(list(LISTS))),
    st.builds(ContainsAny, texts, st.sampled_from(list(LISTS))),
    st.builds(StartsWith, texts, st.sampled_from(["a", "", "ß"])),
)
trees: st.SearchStrategy[Node] = st.recursive(
    leaves,
    lambda below: st.one_of(
        below.map(Not),
        st.builds(Compare, st.sampled_from(["==", "!="]), below, below, st.just("flag")),
        st.lists(below, min_size=1, max_size=3).map(lambda terms: And(tuple(terms))),
        st.lists(below, min_size=1, max_size=3).map(lambda terms: Or(tuple(terms))),
    ),
    max_leaves=10,
)
windows = st.sampled_from([Window(), Window(), Window(start=0), Window(0, 10), Window(end=10)])


modes = st.sampled_from(["live", "live", "shadow", "off"])


@st.composite
def books(draw: st.DrawFn, max_rules: int = 6) -> Book:
    """A book of random rules."""
    return book_of(
        [
            one_rule(f"R-{n:03}", draw(trees), mode=draw(modes), window=draw(windows))
            for n in range(draw(st.integers(1, max_rules)))
        ]
    )
