"""`risk rules`: what an analyst sees, and the exit status a build sees."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from risk.assembly import build_bench, default_book
from risk.commands.rules import app
from risk.vocabulary import vocabulary
from rules.errors import BookError
from rules.examples import failures, untested
from rules.load import load_book


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the default book that a test may spoil."""
    return Path(shutil.copytree(default_book(), tmp_path / "book"))


def edit(folder: Path, file: str, old: str, new: str) -> None:
    """Replace text in a file of a book."""
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_tests_of_the_default_book_hold() -> None:
    """At each threshold and beside it; every live rule has a hit and a miss."""
    book = load_book(default_book(), vocabulary())
    assert [] == list(failures(book))
    assert [] == list(untested(book))
    assert len(book.rules) >= 25


def test_every_rule_of_the_default_book_is_a_dossier() -> None:
    """Owner and, if it stops payments, what to do about them."""
    book = load_book(default_book(), vocabulary())
    for rule in book.rules.values():
        assert rule.owner
        assert rule.runbook or rule.tier == "allow" or rule.mode == "shadow"
    codes = [rule.code for rule in book.rules.values()]
    assert len(codes) == len(set(codes))


def test_a_good_book_is_told_so() -> None:
    """Exit status 0, for the default book without an argument."""
    checked, tested = (CliRunner().invoke(app, [verb]) for verb in ("check", "test"))
    assert (0, True) == (checked.exit_code, "no mistakes" in checked.output)
    assert (0, True) == (tested.exit_code, "tests passed" in tested.output)


def test_mistakes_of_rules_card_and_rates_come_at_once(copy: Path) -> None:
    """Exit status 1; each with its file and line."""
    edit(copy, "cards.rules.yaml", "payer_declines_1h >= $most", "payer_decilnes_1h >= $most")
    edit(copy, "scorecard.yaml", "payee_is_new:", "payee_new:")
    result = CliRunner().invoke(app, ["check", str(copy)])
    assert 1 == result.exit_code
    for text in (
        "cards.rules.yaml:",
        "did you mean 'payer_declines_1h'",
        "scorecard.yaml:",
        "2 mistakes",
    ):
        assert text in result.output


def test_a_currency_that_does_not_exist_is_a_mistake(copy: Path) -> None:
    """Also in the rates: an amount must never be wrong, only unknown."""
    edit(copy, "rates.csv", "USD,2020", "QQQ,2020")
    with pytest.raises(BookError, match="currency or rates cannot be used"):
        build_bench(copy)


def test_a_scorecard_may_read_attributes_and_not_the_score(copy: Path) -> None:
    """Declared in book.yaml; the score is the card's own answer."""
    edit(copy, "book.yaml", "rates:", "attributes: {branch: {type: flag, meaning: m}}\nrates:")
    edit(copy, "scorecard.yaml", "values:", "values:\n  attributes.branch: {true: 5}")
    assert "attributes.branch" in build_bench(copy).names
    edit(
        copy, "scorecard.yaml", "attributes.branch: {true: 5}", "score: {bands: [{points: 1}]}"
    )
    with pytest.raises(BookError, match="unknown value 'score'"):
        build_bench(copy)


def test_a_failing_test_is_shown_expected_beside_actual(copy: Path) -> None:
    """And a live rule without a miss is refused."""
    edit(
        copy,
        "cards.rules.yaml",
        "{payer_declines_1h: 3}, expect: miss",
        "{payer_declines_1h: 3}, expect: hit",
    )
    result = CliRunner().invoke(app, ["test", str(copy)])
    assert 1 == result.exit_code
    for text in (
        "test 'one fewer' of CARD-DECLINES failed\n",
        "expected hit",
        "actual   miss",
        "- payer_declines_1h >= $most  false   [payer_declines_1h = 3; 1 short of the limit]",
        "no test that is a miss",
    ):
        assert 1 == result.output.count(text)


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    """One clear message, exit status 1."""
    result = CliRunner().invoke(app, ["check", str(tmp_path / "none")])
    assert (1, True) == (result.exit_code, "a book is a folder" in result.output)
