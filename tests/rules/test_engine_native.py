"""The generated function means what the oracle means."""

from pathlib import Path

from fakes.books import load, rule_text
from fakes.conditions import books, events
from hypothesis import given
from hypothesis import strategies as st

from rules.model import Book
from rules.native import Native
from rules.tree import NOTHING, Matches, Tree
from rules.vocabulary import Scalar


@given(books(), st.lists(events, min_size=1, max_size=20))
def test_native_equals_the_tree(
    book: Book, payments: list[tuple[dict[str, Scalar], int]]
) -> None:
    """Hits, their order, and unknown rules, for all books and all values."""
    tree, native = Tree(book), Native(book)
    for values, at in payments:
        assert tree.match(values, at) == native.match(values, at)


def test_no_text_of_a_book_is_code(tmp_path: Path) -> None:
    """Names and texts that are Python, or look like names of the generated code, are data."""
    book = load(
        tmp_path,
        rule_text("\"country == 'f0' or payee == '0 or (hits)'\"", name="QUOTES"),
        rule_text("\"payee in ('c0', 'None)')\"", name="HITS"),
    )
    native = Native(book)
    assert Matches(("QUOTES",)) == native.match({"country": "F0", "payee": "x"}, 0)
    assert Matches(("HITS",), ("QUOTES",)) == native.match({"payee": "None)"}, 0)
    assert NOTHING is native.match({"country": "hits", "payee": "None"}, 0)


def test_the_deepest_condition_that_can_be_read_is_compiled(tmp_path: Path) -> None:
    """Bounds of the language (depth, words) lie below the bounds of Python's compiler."""
    deep = "(" * 20 + "+".join(["ratio"] * 90) + " > 1" + ")" * 20
    native = Native(load(tmp_path, rule_text('{not: {all: [{any: ["' + deep + '"]}]}}')))
    assert NOTHING is native.match({"ratio": 1}, 0)
    assert Matches(("BIG",)) == native.match({"ratio": 0.01}, 0)
    assert Matches((), ("BIG",)) == native.match({}, 0)
