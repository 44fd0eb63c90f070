"""May a book go live: tested; lists read anew without the book; loose files told."""

from pathlib import Path

import pytest
from fakes.books import FRAME, WORDS, load, rule_text, rules_text, write

from rules.errors import BookError
from rules.load import load_book, reload_lists, with_list
from rules.release import object_to
from rules.tree import Matches, Tree

TESTS = "[{given: {amount: 101}, expect: hit}, {given: {amount: 100}, expect: miss}]"
FILES = FRAME.replace('values: ["KP", "IR"]', "file: b.txt").replace(
    "values: [{value: Straße, expires: 2026-06-01T00:00:00Z, reason: odd}]", "file: w.csv"
)
LISTS = {"lists/b.txt": "KP\nIR\n", "lists/w.csv": "value\nparis\n"}


def objections(folder: Path) -> list[str]:
    """As they are told: sorted by place."""
    error = BookError(list(object_to(load_book(folder, WORDS))))
    return [f"{mistake.line}: {mistake.cause}" for mistake in error.mistakes]


def test_a_tested_book_may_go_live(tmp_path: Path) -> None:
    """Nothing is said against it."""
    folder = write(tmp_path, {"a.rules.yaml": rules_text(rule_text(tests=TESTS))})
    assert [] == objections(folder)


def test_a_book_whose_tests_fail_may_not(tmp_path: Path) -> None:
    """Every failure on every evaluator, and every test that is lacking, at once."""
    wrong = TESTS.replace("101}, expect: hit", "99}, expect: hit")
    book = "tests: [{name: all, given: {amount: 200}, expect: {outcome: approve}}]\n"
    text = rules_text(rule_text(tests=wrong), rule_text("fresh", name="BARE")) + book
    folder = write(tmp_path, {"a.rules.yaml": text})
    told = "rule is miss, expected hit"
    assert [
        f"9: test 'hit' of BIG fails on native: {told}",
        f"9: test 'hit' of BIG fails on tree: {told}",
        "10: BARE is live and has no test that is a hit",
        "10: BARE is live and has no test that is a miss",
        "17: test 'all' fails on native: outcome is review, expected approve",
        "17: test 'all' fails on tree: outcome is review, expected approve",
    ] == objections(folder)


def test_lists_are_read_anew_without_the_book(tmp_path: Path) -> None:
    """Entries and hash change, rules do not; a list in book.yaml stays as it is."""
    asked = "country in @blocked or payee in @trusted"
    rule = rule_text(f"{asked} or contains_any(payee, @watched)")
    old = load(tmp_path, rule, files={"book.yaml": FILES, **LISTS})
    assert old == reload_lists(old, tmp_path)
    (tmp_path / "lists/b.txt").write_text("SY\n")
    (tmp_path / "a.rules.yaml").write_text("broken")
    new = reload_lists(old, tmp_path)
    assert (old.rules, {"sy"}) == (new.rules, set(new.lists["blocked"].ends))
    assert old.lists["trusted"] is new.lists["trusted"]
    assert old.hash != new.hash
    assert Matches(("BIG",)) == Tree(new).match({"country": "SY", "payee": "x"}, 0)
    assert Matches() == Tree(new).match({"country": "KP", "payee": "x"}, 0)


def test_a_list_alone_that_changed_is_all_that_is_read(tmp_path: Path) -> None:
    """Reading a book again keeps what is as it was, and gives what reading it afresh gives."""
    rule = rule_text("country in @blocked or contains_any(payee, @watched)")
    old = load(tmp_path, rule, files={"book.yaml": FILES, **LISTS})
    (tmp_path / "lists/b.txt").write_text("SY\n")
    new = load_book(tmp_path, WORDS, old)
    assert load_book(tmp_path, WORDS) == new
    assert old.rules is new.rules
    assert old.lists["watched"] is new.lists["watched"]
    (tmp_path / "lists/stray.txt").write_text("SY\n")
    with pytest.raises(BookError, match=r"no list of the book reads this file"):
        load_book(tmp_path, WORDS, old)


def test_a_changed_rule_leaves_the_lists_as_they_are(tmp_path: Path) -> None:
    """A long list is not read again for it; a rule file more or less is a change, too."""
    rule = rule_text("country in @blocked or contains_any(payee, @watched)")
    old = load(tmp_path, rule, files={"book.yaml": FILES, **LISTS})
    (tmp_path / "b.rules.yaml").write_text(rules_text(rule_text("amount > 9", name="MORE")))
    new = load_book(tmp_path, WORDS, old)
    assert load_book(tmp_path, WORDS) == new
    assert {"BIG", "MORE"} == set(new.rules)
    assert old.lists["blocked"] is new.lists["blocked"]
    (tmp_path / "more.yaml").write_text("rules: []\n")
    with pytest.raises(BookError, match=r"nobody reads this file"):
        load_book(tmp_path, WORDS, new)


def test_a_list_may_be_tried_with_other_entries(tmp_path: Path) -> None:
    """The file's entries take the list's place in a book of another hash; the rest stays."""
    old = load(tmp_path, rule_text("country in @blocked"))
    file = tmp_path / "tried.txt"
    file.write_text("SY\n")
    new = with_list(old, "blocked", file)
    assert ({"sy"}, "block") == (set(new.lists["blocked"].ends), new.lists["blocked"].kind)
    assert (old.rules, False) == (new.rules, old.hash == new.hash)
    with pytest.raises(BookError, match=r"has no list blokced.*blocked"):
        with_list(old, "blokced", file)


def test_lists_with_mistakes_do_not_replace_good_ones(tmp_path: Path) -> None:
    """Every mistake of every list at once; also a list that has grown too long to search."""
    rules = rule_text("contains_any(payee, @watched)")
    old = load(tmp_path, rules, files={"book.yaml": FILES, **LISTS})
    (tmp_path / "lists/b.txt").unlink()
    entries = "\n".join(f"e{number}" for number in range(1001))
    (tmp_path / "lists/w.csv").write_text(f"value\n{entries}\na,b\n")
    with pytest.raises(BookError) as caught:
        reload_lists(old, tmp_path)
    assert [
        "lists/b.txt:1: this file is needed and cannot be read",
        "lists/w.csv:1: BIG searches in it: at most 1000 entries",
        "lists/w.csv:1003: 2 columns; the header has 1",
    ] == [f"{m.file}:{m.line}: {m.cause}" for m in caught.value.mistakes]


def test_a_list_file_that_nothing_names_is_told(tmp_path: Path) -> None:
    """Somebody believes it to work; hidden files are nobody's."""
    files = {"book.yaml": FILES, **LISTS, "lists/bb.txt": "x", "lists/.swp": "x"}
    files["lists/other.csv"] = "value\n"
    with pytest.raises(BookError) as caught:
        load(tmp_path, rule_text(), files=files)
    assert [
        ("lists/bb.txt", "did you mean 'b.txt'?"),
        ("lists/other.csv", "declare it under lists: in book.yaml"),
    ] == [(mistake.file, mistake.hint) for mistake in caught.value.mistakes]
