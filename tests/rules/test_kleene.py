"""The laws of three-valued logic, for all trees and all values."""

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
    walk,
)
from rules.logic import Compiler
from rules.model import FOREVER, Listing
from rules.vocabulary import Scalar

COMPILER = Compiler(
    {"p": 3, "t": "b"}, {"l": Listing("l", "watch", {"a": FOREVER, "b": 5}, {})}
)

numbers = st.one_of(
    st.sampled_from([Named("x", "number"), Named("y", "number"), Parameter("p", "number")]),
    st.integers(-3, 3).map(Constant),
    st.floats(allow_nan=False, allow_infinity=False).map(Constant),
    st.sampled_from([Clock("hour"), Clock("weekday"), AgeDays(Named("s", "text"))]),
)
numbers = st.recursive(
    numbers,
    lambda below: st.one_of(
        st.builds(Arithmetic, st.sampled_from("+-*/"), below, below),
        st.builds(Apply, st.just("abs"), st.tuples(below)),
        st.builds(Apply, st.sampled_from(["min", "max"]), st.tuples(below, below)),
    ),
    max_leaves=6,
)
texts = st.sampled_from(
    [Named("s", "text"), Named("t", "text"), Constant("a"), Parameter("t", "text")]
)
flags = st.sampled_from([Named("f", "flag"), Named("g", "flag"), Constant(value=True)])
leaves = st.one_of(
    flags,
    st.builds(Missing, st.sampled_from([Named("x", "number"), Named("s", "text")])),
    st.builds(
        Compare,
        st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        numbers,
        numbers,
        st.just("number"),
    ),
    st.builds(Compare, st.sampled_from(["==", "!="]), texts, texts, st.just("text")),
    st.builds(Compare, st.sampled_from(["==", "!="]), flags, flags, st.just("flag")),
    st.builds(Among, numbers, st.just((1, 2.5)), st.just("number")),
    st.builds(Listed, texts, st.just("l")),
    st.builds(ContainsAny, texts, st.just("l")),
    st.builds(StartsWith, texts, st.just("a")),
)
trees: st.SearchStrategy[Node] = st.recursive(
    leaves,
    lambda below: st.one_of(
        below.map(Not),
        st.lists(below, min_size=1, max_size=3).map(lambda terms: And(tuple(terms))),
        st.lists(below, min_size=1, max_size=3).map(lambda terms: Or(tuple(terms))),
    ),
    max_leaves=12,
)
scalars = st.one_of(
    st.floats(), st.integers(), st.booleans(), st.sampled_from(["a", "AB", "", "2026-01-01"])
)
values = st.dictionaries(st.sampled_from(["x", "y", "s", "t", "f", "g"]), scalars)
times = st.integers(-(2**60), 2**60)


def truth(node: Node, known: dict[str, Scalar], at: int = 0) -> bool | None:
    """What the oracle says."""
    return COMPILER.test(node)(known, at)


@given(trees, values, times)
def test_a_condition_is_true_false_or_unknown(
    node: Node, known: dict[str, Scalar], at: int
) -> None:
    """Nothing raises and nothing else comes out, whatever the tree and the values."""
    assert truth(node, known, at) in (True, False, None)


@given(trees, values)
def test_not_twice_is_the_same(node: Node, known: dict[str, Scalar]) -> None:
    """Double negation, unknown included."""
    assert truth(node, known) is truth(Not(Not(node)), known)


@given(trees, trees, values)
def test_de_morgan(left: Node, right: Node, known: dict[str, Scalar]) -> None:
    """Not both is either not."""
    assert truth(Not(And((left, right))), known) is truth(Or((Not(left), Not(right))), known)


@given(trees, trees, values)
def test_order_of_terms_does_not_matter(
    left: Node, right: Node, known: dict[str, Scalar]
) -> None:
    """And and or commute."""
    assert truth(And((left, right)), known) is truth(And((right, left)), known)
    assert truth(Or((left, right)), known) is truth(Or((right, left)), known)


@given(trees, trees, trees, values)
def test_and_distributes_over_or(
    one: Node, two: Node, three: Node, known: dict[str, Scalar]
) -> None:
    """A and (b or c) is (a and b) or (a and c)."""
    apart = Or((And((one, two)), And((one, three))))
    assert truth(And((one, Or((two, three)))), known) is truth(apart, known)


@given(trees, values, values)
def test_learning_a_value_never_turns_what_was_certain(
    node: Node, known: dict[str, Scalar], more: dict[str, Scalar]
) -> None:
    """Unknown is the only answer that may change when a value becomes known.

    `missing` asks for the absence itself, so trees with it are left out.
    """
    if any(isinstance(part, Missing) for part in walk(node)):
        return
    before = truth(node, known)
    assert before in (None, truth(node, {**more, **known}))


def test_nodes_are_listed_with_all_below() -> None:
    """`walk` reaches every value that a tree reads."""
    deep = Compare(
        "<", AgeDays(Named("s", "text")), Apply("abs", (Named("x", "number"),)), "number"
    )
    tree = Not(And((deep, Or((StartsWith(Named("t", "text"), "a"), Clock("hour"))))))
    found = {part.name for part in walk(tree) if isinstance(part, Named)}
    assert {"s", "x", "t"} == found
