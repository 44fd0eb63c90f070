"""Tables mean what the oracle means, row by row."""

from fakes.conditions import WORDS, books, exact_events
from hypothesis import given
from hypothesis import strategies as st

from rules.model import Book
from rules.tree import Tree
from rules.vector import Vector, tabulate
from rules.vocabulary import Scalar


@given(books(), st.lists(exact_events, min_size=1, max_size=20))
def test_vector_equals_the_tree(
    book: Book, payments: list[tuple[dict[str, Scalar], int]]
) -> None:
    """Hits, their order, and unknown rules, for all books and all values within 2**53."""
    tree = Tree(book)
    expected = [tree.match(values, at) for values, at in payments]
    assert expected == Vector(book).matches(tabulate(payments, WORDS))
