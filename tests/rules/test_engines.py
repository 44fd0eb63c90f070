"""All evaluators mean what the oracle means; the fast ones are checked while they work."""

import gc
from itertools import product
from pathlib import Path

import pytest
from fakes.agreement import disagreement, engines, one_by_one
from fakes.bare_books import WORDS, book_of, one_rule
from fakes.books import load, rule_text
from fakes.conditions import books
from fakes.values import Payment, payments
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.columns import Unfit
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
    Not,
    Or,
    Parameter,
    StartsWith,
)
from rules.durable import Durable, EngineFailed, EngineMissing, load_library
from rules.engine import ENGINES, CheckedEvaluator, is_sampled
from rules.facts import Inexact, rule_sets
from rules.model import Book
from rules.native import Native
from rules.tree import NOTHING, Matches
from rules.vector import Vector, tabulate
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


def test_all_evaluators_agree_about_flags_and_constants() -> None:
    """A flag against true, false, a parameter and another flag."""
    flag, others = (
        Named("f", "flag"),
        (Constant(True), Constant(False), Parameter("on", "flag")),
    )
    asked = [
        Compare(sign, flag, other, "flag")
        for sign in ("==", "!=")
        for other in (*others, Named("g", "flag"))
    ]
    book = book_of([one_rule(f"R{n}", condition) for n, condition in enumerate(asked)])
    pairs = product((True, False), repeat=2)
    known: list[dict[str, Scalar]] = [{}, *[{"f": one, "g": other} for one, other in pairs]]
    assert "" == disagreement(book, [(values, 0) for values in known], engines(book))


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


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=50), st.floats(1e-3, 1e6))
def test_a_table_divides_as_python_does(numbers: list[float], divisor: float) -> None:
    """By a constant too, for which Polars by itself takes the reciprocal."""
    shares = Arithmetic("/", Named("x", "number"), Constant(divisor))
    rule = one_rule("R", Compare("==", shares, Named("y", "number"), "number"))
    table = tabulate([({"x": x, "y": x / divisor}, 0) for x in numbers], WORDS)
    assert [Matches(("R",))] * len(numbers) == Vector(book_of([rule])).matches(table)


def test_a_table_compares_texts_of_the_book_itself() -> None:
    """A constant, whichever side it stands on, in any case."""
    condition = Compare("==", Constant("DE"), Named("s", "text"), "text")
    table = tabulate([({"s": "de"}, 0), ({"s": "fr"}, 0)], WORDS)
    assert [Matches(("R",)), NOTHING] == Vector(book_of([one_rule("R", condition)])).matches(
        table
    )


X, Y = Named("x", "number"), Named("y", "number")
S, SINCE, F = Named("s", "text"), Named("since", "text"), Named("f", "flag")
EVERY_KIND = [
    And((Compare("<", X, Y, "number"), F)),
    Or((Not(F), Compare("==", Parameter("t", "text"), S, "text"))),
    Compare(">", Apply("abs", (X,)), Apply("max", (X, Y)), "number"),
    Compare(">=", Apply("min", (X, Parameter("p", "number"))), Constant(2), "number"),
    Compare("<=", Arithmetic("*", X, Constant(2)), Arithmetic("/", X, Constant(3)), "number"),
    Compare("<", Clock("hour"), Arithmetic("+", Clock("weekday"), Constant(1)), "number"),
    Compare(">", AgeDays(SINCE), Constant(0.5), "number"),
    Compare(">", AgeDays(Constant("1970-01-01")), AgeDays(SINCE), "number"),
    Compare("==", F, Constant(value=True), "flag"),
    Among(X, (1, 2.5), "number"),
    Among(S, ("a", "b"), "text"),
    StartsWith(S, "a"),
    Listed(Constant("a"), "lasting"),
    Missing(S),
    Missing(X),
    Parameter("on", "flag"),
    Constant(value=False),
]


def test_every_kind_of_condition_means_the_same_to_every_evaluator() -> None:
    """Each of them by name, beside the random ones, with values known, unknown and odd."""
    book = book_of([one_rule(f"R{n:02}", kind) for n, kind in enumerate(EVERY_KIND)])
    days: list[dict[str, Scalar]] = [{"since": "1970-01-01"}, {"since": "no date"}, {}]
    known: list[dict[str, Scalar]] = [
        {"x": 1, "y": 2.5, "s": " B", "f": True},
        {"x": -3, "y": -3, "s": "abc", "f": False},
        {"x": 2.5, "s": "A", "f": True},
        {},
    ]
    asked: list[Payment] = [
        ({**values, **day}, at)
        for values, day, at in product(known, days, (0, 2 * 86_400_000_000))
    ]
    assert "" == disagreement(book, asked, engines(book))


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


def test_a_book_that_sleeps_says_nothing() -> None:
    """Every rule is off: no hit, nothing unknown, on every evaluator."""
    book = book_of([one_rule("R", Named("f", "flag"), mode="off")])
    asked: list[Payment] = [({"f": True}, 0), ({}, 0)]
    assert "" == disagreement(book, asked, engines(book))
    assert [NOTHING, NOTHING] == Vector(book).matches(tabulate(asked, WORDS))


def test_a_book_of_more_than_one_set_keeps_its_order() -> None:
    """durable-rules is asked in sets; a rule with too many ways goes as a whole."""
    ways = Or(
        tuple([Compare(">", Named("x", "number"), Constant(n), "number") for n in range(20)])
    )
    rules = [one_rule(f"R-{n:03}", Named("f", "flag")) for n in range(70)]
    book = book_of([one_rule("A", ways), *rules])
    assert 2 == len(rule_sets(book))
    assert "" == disagreement(book, [({"f": True, "x": 7}, 0), ({}, 0)], engines(book))


def test_allow_lists_are_exact_on_every_evaluator() -> None:
    """Who merely looks like somebody on the list is not on it; an entry ends at its time."""
    book = book_of([one_rule("R", Listed(Named("s", "text"), "exact"))])
    asked: list[Payment] = [({"s": text}, at) for text in ("Ann", "ann", "a") for at in (0, 9)]
    assert "" == disagreement(book, [*asked, ({}, 0)], engines(book))
    found = [bool(Native(book).match(values, at).hits) for values, at in asked]
    assert [True, True, False, False, True, False] == found


def test_lists_with_and_without_an_end_are_asked_alike_by_every_evaluator() -> None:
    """Membership and search, in lists of which all, some or no entries end."""
    value = Named("s", "text")
    conditions = [Listed(value, "l"), Listed(value, "lasting"), ContainsAny(value, "l")]
    book = book_of([one_rule(f"R{n}", one) for n, one in enumerate(conditions)])
    texts = ("A", "b", "Strasse", "xbx", "c")
    asked: list[Payment] = [({"s": text}, at) for text in texts for at in (0, 9)]
    assert "" == disagreement(book, [*asked, ({}, 0)], engines(book))


def test_a_mismatch_is_reported_with_its_smallest_payment() -> None:
    """An evaluator that says nothing differs where a rule is unknown: without any value."""
    book = book_of([one_rule("R", Named("f", "flag"))])
    asked: list[Payment] = [({"f": False}, 0), ({"f": True, "x": 1, "s": "a"}, 0)]
    report = disagreement(book, asked, [("mute", one_by_one(Said()))])
    assert "values {}" in report.splitlines()


def test_whole_numbers_beyond_2_53_are_refused_by_durable() -> None:
    """In rules and in facts: it would compare them otherwise than Python does."""
    with pytest.raises(Inexact):
        rule_sets(book_of([one_rule("R", beyond(2**53 + 1))]))
    (found,) = rule_sets(book_of([one_rule("R", beyond(5))]))
    with pytest.raises(Inexact):
        found.sure_facts({"x": 2**53 + 1}, 0)


def beyond(limit: int) -> Compare:
    """X is greater."""
    return Compare(">", Named("x", "number"), Constant(limit), "number")


class Engine:
    """A library that refuses facts, with an error or with a code."""

    error = OSError

    def __init__(self, code: int | None) -> None:
        self.code = code
        self.retracted = self.deleted = 0

    def create_ruleset(self, name: str, text: str) -> int:
        return 1

    def assert_fact(self, handle: int, text: str) -> tuple[int, int]:
        if self.code is None:
            raise self.error("code 303")
        return self.code, 0

    def delete_ruleset(self, handle: int) -> None:
        self.deleted += 1

    def retract_fact(self, handle: int, text: str) -> None:
        self.retracted += 1


@pytest.mark.parametrize("code", [None, 2])
def test_a_refused_fact_is_an_error_and_is_taken_back(code: int | None) -> None:
    """What the library refuses must not stay: it would pollute the next decision."""
    library = Engine(code)
    durable = Durable(book_of([one_rule("R", Named("f", "flag"))]), library)
    with pytest.raises(EngineFailed, match=r"durable-rules: code"):
        durable.match({"f": True}, 0)
    assert 1 == library.retracted


def test_rules_that_nobody_uses_any_more_are_freed() -> None:
    """A book that was replaced leaves nothing in the engine: two sets of rules here."""
    library = Engine(2)
    Durable(book_of([one_rule("R", Named("f", "flag"))]), library)
    gc.collect()
    assert 2 == library.deleted


def test_without_the_library_it_is_said() -> None:
    """Everything else works; only this evaluator is missing."""
    with pytest.raises(EngineMissing, match="not installed"):
        load_library("no_such_library")
