# ruff: noqa: E501 # a table is read across
"""Rules with points: they run first, are bounded, and are told apart from the score."""

from pathlib import Path

import msgspec
import pytest
from fakes.books import FRAME, causes, load, points_text, rule_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.examples import failures
from rules.model import Book, PointRule
from rules.points import Added, point_book
from rules.ruling import Ruling, rule_on
from rules.tree import Tree
from rules.verdict import Hit

LIMITED = FRAME.replace("reject: 85}", "reject: 85, rules: 20}")


def ruling(book: Book, scored: int, at: int = 0, **values: object) -> Ruling:
    given = {name: value for name, value in values.items() if isinstance(value, bool | str)}
    return rule_on(book, Tree(book), Tree(point_book(book)), given, at, scored)


def test_points_are_added_before_the_score_is_read(tmp_path: Path) -> None:
    """A rule on the score sees the sum; the reasons name who made it."""
    book = load(tmp_path, points_text("10"), rule_text("score >= 60", name="HIGH"))
    found = ruling(book, 50, fresh=True)
    assert (60, (Added("PLUS", 10),), 0) == (found.score, found.added, found.bound)
    assert (Hit("HIGH", "review"), Hit("PLUS", "points")) == found.verdict.hits
    assert ["R1", "SCORE-REVIEW", "PLUS"] == [r.code for r in found.verdict.reasons]
    assert ("approve", 50, ()) == (
        ruling(book, 50, fresh=False).verdict.outcome,
        ruling(book, 50).score,
        ruling(book, 50, fresh=False).added,
    )
    assert ("PLUS",) == ruling(book, 50, known=True).verdict.unknown_rules


def test_points_are_no_reason_where_the_score_did_not_decide(tmp_path: Path) -> None:
    """Nor are points that were taken away."""
    less = points_text("-5", name="LESS", when="known")
    block = rule_text("fresh", name="STOP", tier="block")
    book = load(tmp_path, points_text("10"), less, block)
    assert ["R1"] == [r.code for r in ruling(book, 90, fresh=True).verdict.reasons]
    other = load(tmp_path, points_text("10"), less)
    found = ruling(other, 80, fresh=True, known=True).verdict
    assert ["SCORE-REJECT", "PLUS"] == [reason.code for reason in found.reasons]


@given(
    st.integers(0, 100),
    st.lists(st.integers(-100, 100).filter(bool), min_size=1, max_size=4),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_the_sum_is_bounded_and_told(tmp_path: Path, scored: int, points: list[int]) -> None:
    """The score moves by at most the book's limit, within 0 and 100, and the parts add up."""
    rules = [points_text(str(n), name=f"P{place}") for place, n in enumerate(points)]
    found = ruling(load(tmp_path, *rules, files={"book.yaml": LIMITED}), scored, fresh=True)
    total = sum(added.points for added in found.added) + found.bound
    assert max(-20, min(20, sum(points))) == total
    assert max(0, min(100, scored + total)) == found.score


def test_points_on_trial_count_only_on_trial(tmp_path: Path) -> None:
    """The outcome that they would have made is recorded, also through rules on the score."""
    book = load(
        tmp_path,
        points_text("10", mode="shadow"),
        points_text("5", name="ASLEEP", mode="off"),
        rule_text("score >= 60", name="TRIED", tier="block", mode="shadow"),
    )
    found = ruling(book, 50, fresh=True)
    assert (50, (), ("approve", "reject")) == (
        found.score,
        found.added,
        (found.verdict.outcome, found.verdict.shadow_outcome),
    )
    assert (Hit("PLUS", "points"),) == found.verdict.shadow


def test_the_control_group_of_points_is_recorded(tmp_path: Path) -> None:
    """A rollout of 0 % covers nobody."""
    book = load(tmp_path, points_text("10", rollout="{percent: 0, by: payee}"))
    found = ruling(book, 55, fresh=True, payee="p")
    assert ((), "review") == (found.added, found.verdict.shadow_outcome)


def test_points_are_tested_beside_the_rule_and_in_the_book(tmp_path: Path) -> None:
    """`score` in a test is the scorer's; what comes of it can be expected."""
    tests = "[{given: {fresh: true}, expect: hit}, {given: {fresh: false}, expect: miss}]"
    whole = (
        "tests:\n"
        "  - {name: a, given: {fresh: true, score: 55}, expect: {score: 65, rules: [PLUS]}}\n"
        "  - {name: b, given: {fresh: true, score: 55}, expect: {score: 66}}\n"
    )
    text = "rules:\n" + points_text("10", tests=tests) + whole
    book = load(tmp_path, files={"a.rules.yaml": text})
    assert isinstance(book.dossiers["PLUS"], PointRule)
    (failure,) = failures(book)
    assert ({"score": "66"}, {"score": "65"}) == (failure.expected, failure.actual)


@pytest.mark.parametrize(
    ("points", "more", "expected"),
    [
        ("0", {}, "6:13: points cannot be 0"),
        ("101", {}, "6:13: points must lie within -100 and 100"),
        ("2.5", {}, "6:13: points must be a whole number"),
        ("5", {"tier": "review"}, "9:11: a rule with points has no tier"),
        ("5", {"on_missing": "review"}, "9:17: a rule with points has no on_missing"),
        ("5", {"when": "score > 5"}, "7:11: a rule with points may not read score: it is made before"),
        ("-5", {"when": "text.urgent"}, "6:13: points below 0 may not depend on text.urgent: whoever pays wrote it"),
    ],
)  # fmt: skip
def test_wrong_points_are_told(
    tmp_path: Path, points: str, more: dict[str, str], expected: str
) -> None:
    """What a rule with points may not do or say."""
    assert [f"a.rules.yaml:{expected}"] == causes(tmp_path, points_text(points, **more))


def test_an_id_stands_once_among_all_rules(tmp_path: Path) -> None:
    """Whether with a tier or with points."""
    (cause,) = causes(tmp_path, points_text("5", name="BIG"), rule_text())
    assert "rule id BIG stands twice" in cause


def test_the_rules_of_both_kinds_are_sorted(tmp_path: Path) -> None:
    """As `dossiers`; either mapping holds its own kind only."""
    book = load(tmp_path, points_text("5", name="B"), rule_text(name="C"), rule_text(name="A"))
    assert ["A", "B", "C"] == list(book.dossiers)
    assert (["A", "C"], ["B"]) == (list(book.rules), list(book.point_rules))
    assert msgspec.structs.replace(book, rules=book.point_rules) == point_book(book)
