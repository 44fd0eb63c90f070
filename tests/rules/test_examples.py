"""Inline tests: what holds, what fails with expected beside actual, what is lacking."""

from collections.abc import Callable, Mapping
from pathlib import Path

from fakes.books import load, rule_text, rules_text

from rules.engine import Evaluator
from rules.examples import failures, failures_on, untested
from rules.model import Book
from rules.tree import Matches, Tree
from rules.vocabulary import Scalar

BIG = rule_text(
    tests="[{given: {amount: 101}, expect: hit}, {given: {amount: 100}, expect: miss}]"
)


def whole(tests: str) -> dict[str, str]:
    """A rule file with a fixture and tests of the whole book."""
    fixtures = "fixtures:\n  n: {amount: 101, count: unknown}\n  text: {payee: 'unknown'}\n"
    return {"a.rules.yaml": rules_text(BIG) + fixtures + f"tests: {tests}\n"}


def test_tests_that_hold_are_silent(tmp_path: Path) -> None:
    """At the limit and beside it, of a rule and of the book."""
    tests = (
        "[{name: a, use: n, expect: {outcome: review, tier: review, rules: [BIG], shadow: [],"
        " unknown: [], reasons: [R1]}}, {name: b, use: n, given: {amount: null, score: 85},"
        " expect: {outcome: reject, unknown: [BIG]}}]"
    )
    book = load(tmp_path, files=whole(tests))
    assert [] == list(failures(book))
    assert [] == list(untested(book))


def test_a_quoted_unknown_is_text(tmp_path: Path) -> None:
    """Only a bare word stands for an unknown value."""
    book = load(tmp_path, files=whole("[{name: a, use: text, expect: {rules: []}}]"))
    assert {"payee": "unknown"} == book.examples[-1].given


def test_a_test_that_fails_tells_expected_and_actual(tmp_path: Path) -> None:
    """Only the keys that differ."""
    tests = "[{name: a, use: n, expect: {outcome: approve, rules: [], reasons: [R1]}}]"
    (failure,) = failures(load(tmp_path, files=whole(tests)))
    assert {"outcome": "approve", "rules": "none"} == failure.expected
    assert {"outcome": "review", "rules": "BIG"} == failure.actual


class Idle:
    """An evaluator that finds nothing, whatever the book says."""

    def __init__(self, book: Book) -> None:
        pass

    def match(self, values: Mapping[str, Scalar], at: int) -> Matches:
        return Matches()


def test_a_test_that_all_evaluators_fail_alike_is_told_once(tmp_path: Path) -> None:
    """In the order of the files, with those that fail it so."""
    tests = (
        "\n      - {given: {amount: 101}, expect: hit}"
        "\n      - {given: {amount: 100}, expect: hit}"
        "\n      - {given: {amount: 102}, expect: miss}"
    )
    book = load(tmp_path, rule_text(tests=tests))
    every: dict[str, Callable[[Book], Evaluator]] = {"tree": Tree, "idle": Idle, "own": Tree}
    assert [
        (101, "miss", ("idle",)),
        (100, "miss", ("tree", "idle", "own")),
        (102, "hit", ("tree", "own")),
    ] == [
        (failure.example.given["amount"], failure.actual["rule"], names)
        for failure, names in failures_on(book, every)
    ]


def test_a_rule_that_is_off_is_tested_in_its_own_tests(tmp_path: Path) -> None:
    """And its tests can fail: a hit that is unknown."""
    tests = "[{given: {amount: 101}, expect: hit}, {given: {}, expect: hit}]"
    book = load(tmp_path, rule_text(mode="off", tests=tests))
    assert ["unknown"] == [failure.actual["rule"] for failure in failures(book)]


def test_a_live_rule_needs_a_hit_and_a_miss(tmp_path: Path) -> None:
    """A shadow rule does not."""
    tests = "[{given: {}, expect: unknown}, {given: {amount: 0}, expect: miss}]"
    book = load(
        tmp_path,
        rule_text(tests=tests),
        rule_text(name="SHADOW", mode="shadow"),
        rule_text(name="X"),
    )
    assert [("BIG", "hit"), ("X", "hit"), ("X", "miss")] == [
        (rule.id, kind) for rule, kind in untested(book)
    ]


def test_a_test_without_a_time_lies_within_the_effective_dates(tmp_path: Path) -> None:
    """Else a dated rule could not be tested without saying when."""
    for dates in ("{from: 2030-01-01T00:00:00Z}", "{until: 2020-01-01T00:00:00Z}"):
        tests = "[{given: {amount: 101}, expect: hit}]"
        assert [] == list(failures(load(tmp_path, rule_text(effective=dates, tests=tests))))
