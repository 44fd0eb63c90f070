"""durable-rules behind its adapter means what the oracle means, within its limits."""

import pytest
from fakes.conditions import books, exact_events
from hypothesis import given
from hypothesis import strategies as st

from rules.durable import Durable
from rules.model import Book
from rules.tree import Tree
from rules.vocabulary import Scalar

pytest.importorskip("durable_rules_engine", reason="durable-rules is optional")


@given(books(), st.lists(exact_events, min_size=1, max_size=20))
def test_durable_equals_the_tree(
    book: Book, payments: list[tuple[dict[str, Scalar], int]]
) -> None:
    """Hits, their order, and unknown rules, for all books and all values within 2**53."""
    tree, durable = Tree(book), Durable(book)
    for values, at in payments:
        assert tree.match(values, at) == durable.match(values, at)
    durable.close()
