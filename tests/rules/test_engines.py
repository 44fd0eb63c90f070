"""All evaluators mean what the oracle means; the fast ones are checked while they work."""

from pathlib import Path

import pytest
from fakes.agreement import disagreement, engines, one_by_one
from fakes.bare_books import book_of, one_rule
from fakes.books import load, rule_text
from fakes.conditions import books
from fakes.values import payments
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.columns import Unfit
from rules.condition import Compare, Constant, Named
from rules.engine import ENGINES, CheckedEvaluator, is_sampled
from rules.model import Book
from rules.native import Native
from rules.tree import NOTHING, Matches
from rules.vector import Vector
from rules.vocabulary import Scalar


@settings(max_examples=60)
@given(books(), st.integers(0, 2**64))
def test_all_evaluators_agree(book: Book, seed: int) -> None:
    """Hits, their order, and unknown rules, for all books and values within 2**53."""
    assert "" == disagreement(book, list(payments(seed, 60)), engines(book))


@settings(max_examples=60)
@given(books(), st.integers(0, 2**64))
def test_native_agrees_beyond_what_floats_hold(book: Book, seed: int) -> None:
    """Whole numbers of any size are compared exactly."""
    native = [("native", one_by_one(Native(book)))]
    assert "" == disagreement(book, list(payments(seed, 60, huge=True)), native)


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


def test_a_table_refuses_what_it_cannot_hold() -> None:
    """A whole number beyond 2**53 in a condition is an error, not another number."""
    condition = Compare(">", Named("x", "number"), Constant(2**53 + 1), "number")
    with pytest.raises(Unfit, match="cannot hold 9007199254740993 exactly"):
        Vector(book_of([one_rule("R", condition)]))


class Said:
    """An evaluator that says always the same."""

    def __init__(self, *hits: str) -> None:
        self.matches = Matches(hits)
        self.asked = 0

    def match(self, values: object, at: int) -> Matches:
        self.asked += 1
        return self.matches


def test_a_mismatch_is_told_and_changes_nothing() -> None:
    """The first evaluator's answer stands; both are handed on."""
    told: list[tuple[object, ...]] = []
    checked = CheckedEvaluator(Said("A"), Said("B"), 1, lambda *case: told.append(case))
    assert Matches(("A",)) == checked.match({"x": 1}, 5)
    assert [({"x": 1}, 5, Matches(("A",)), Matches(("B",)))] == told


def test_one_in_n_is_checked_and_always_the_same_ones() -> None:
    """Evenly, also where all event times are whole seconds."""
    told: list[tuple[object, ...]] = []
    first, second = Said("A"), Said("A")
    checked = CheckedEvaluator(first, second, 10, lambda *case: told.append(case))
    times = [1_767_225_600_000_000 + second * 1_000_000 for second in range(5000)]
    for at in times:
        checked.match({}, at)
    assert (5000, sum(is_sampled(at, 10) for at in times)) == (first.asked, second.asked)
    assert 400 < second.asked < 600
    assert [] == told


def test_engines_are_chosen_by_name() -> None:
    """Those that need no further library."""
    book = book_of([one_rule("R", Named("f", "flag"))])
    known: dict[str, Scalar] = {"f": True}
    found = {name: engine(book).match(known, 0) for name, engine in ENGINES.items()}
    assert {"native": Matches(("R",)), "tree": Matches(("R",))} == found
