"""Random condition trees, books of them, and random values: what evaluators must agree on."""

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
from rules.model import FOREVER, Book, Listing, Param, Place, Rollout, Rule, Thresholds, Window
from rules.vocabulary import Scalar, Word

PARAMS = {"p": 3, "q": -0.5, "t": "b", "on": True}
LISTS = {
    "l": Listing("l", "watch", {"a": FOREVER, "b": 5, "straße": FOREVER}, {}),
    "exact": Listing("exact", "allow", {"Ann": FOREVER, "a": 5}, {}),
}
WORDS = {
    **{name: Word(type="number") for name in ("x", "y", "z.count")},
    **{name: Word(type="text") for name in ("s", "t", "since")},
    **{name: Word(type="flag") for name in ("f", "g", "text.h")},
}
named = {
    kind: st.sampled_from(
        [Named(name, kind) for name, word in WORDS.items() if word.type == kind]
    )  # type: ignore[arg-type] # a word's type is a node's type
    for kind in ("number", "text", "flag")
}
EDGES = [0, 1, -1, 5, 3, 2.5, -0.5, 0.1, 2**53, 1e-05, 1e22, 1.7e308, 5e-324]

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
leaves = st.one_of(
    named["flag"],
    st.sampled_from([Constant(value=True), Constant(value=False), Parameter("on", "flag")]),
    st.builds(Missing, st.one_of(*named.values())),
    st.builds(
        Compare,
        st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        numbers,
        numbers,
        st.just("number"),
    ),
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


@st.composite
def books(draw: st.DrawFn, max_rules: int = 6) -> Book:
    """A book of random rules, sorted by id as the loader sorts them."""
    rules = [
        draw(_rules(f"R-{number:03}")) for number in range(draw(st.integers(1, max_rules)))
    ]
    return Book(
        name="random",
        version="1",
        hash="",
        owner="us",
        currency="EUR",
        on_malformed="review",
        default="approve",
        outcomes={},
        thresholds=Thresholds(),
        rates=(),
        words=WORDS,
        attributes={},
        lists=LISTS,
        rules={rule.id: rule for rule in rules},
        examples=(),
        names=tuple(sorted(WORDS)),
    )


def _rules(name: str) -> st.SearchStrategy[Rule]:
    return st.builds(
        Rule,
        id=st.just(name),
        title=st.just("title"),
        owner=st.just("us"),
        severity=st.just("low"),
        tier=st.just("review"),
        mode=st.sampled_from(["live", "live", "shadow", "off"]),
        condition=trees,
        code=st.just("R1"),
        text=st.just(()),
        params=st.just({key: Param(value) for key, value in PARAMS.items()}),
        window=windows,
        rollout=st.sampled_from([None, Rollout(50, "s")]),
        on_missing=st.none(),
        runbook=st.just(""),
        labels=st.just(()),
        reads=st.just(frozenset(WORDS)),
        shows=st.just(frozenset()),
        place=st.just(Place("a.rules.yaml", 1)),
    )


scalars: st.SearchStrategy[Scalar] = st.one_of(
    st.sampled_from(EDGES),
    st.booleans(),
    st.sampled_from(["a", "A ", "Ann", "", "Straße", "\uff21b", "2026-1-1", '"', "\x00", "1"]),
    st.floats(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.text(max_size=4),
)
values = st.dictionaries(st.sampled_from(sorted(WORDS)), scalars)
fitting = st.fixed_dictionaries(
    {},
    optional={
        name: {
            "number": st.one_of(st.sampled_from(EDGES), st.integers(-3, 6), st.floats()),
            "text": st.sampled_from(["a", "A ", "b", "Ann", "Straße", "2026-01-01"]),
            "flag": st.booleans(),
        }[word.type]
        for name, word in WORDS.items()
    },
)
"""Values of their words' types, as they come in production."""

events = st.tuples(
    st.one_of(fitting, fitting, values),
    st.one_of(st.integers(-2, 12), st.integers(-(2**60), 2**60)),
)


def _is_exact(value: Scalar) -> bool:
    return not isinstance(value, int) or abs(value) <= 2**53


exact_events = st.tuples(
    st.one_of(
        fitting,
        fitting,
        st.dictionaries(st.sampled_from(sorted(WORDS)), scalars.filter(_is_exact)),
    ),
    st.one_of(st.integers(-2, 12), st.integers(-(2**50), 2**50)),
)
"""Without what 64-bit floats cannot hold; parsers refuse it (`features.fields`)."""


def shown(book: Book) -> str:
    """The conditions of a book, for the report of a mismatch."""
    return "\n".join(
        f"{rule.id} {rule.window} {rule.condition}" for rule in book.rules.values()
    )
