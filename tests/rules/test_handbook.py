"""The pages and schemas of a book: complete, and of the same words as the reader."""

from pathlib import Path
from typing import Any

import pytest
from fakes.books import FRAME, WORDS, load, rule_text, rules_text

from rules.book_page import ALSO
from rules.book_page import FRAME as FRAME_KEYS
from rules.handbook import book_page, vocabulary_page
from rules.rule_page import BODY, EFFECTS, HEAD
from rules.rule_page import OPTIONAL as RULE_KEYS
from rules.schema import book_schema, rules_schema
from rules.velocity_page import OPTIONAL, REQUIRED
from rules.vocabulary import Word

STEPS = (
    "sequence: {by: payee, within: 10m, steps: "
    "[{as: one, when: fresh}, {as: two, when: amount > one.amount}]}"
)
ASKED = "within 10m by payee one: fresh, then two: amount > one.amount"


def test_every_value_stands_in_the_vocabulary() -> None:
    """With type, unit, range, meaning and an example."""
    words = WORDS | {
        "odd": Word(type="text", meaning="a | b"),
        "low": Word(type="number", low=1),
    }
    words["top"] = Word(type="number", high=5)
    page = list(vocabulary_page(words, {"amount": "12.50"}))
    for name in words:
        assert any(line.startswith(f"| `{name}` |") for line in page)
    for line in (
        "| `amount` | number | base | from 0 |  | `12.50` |",
        "| `score` | number | points | 0 to 100 |  |  |",
        "| `text.urgent` | flag |  | true, false |  (from the memo) |  |",
        "| `odd` | text |  |  | a \\| b |  |",
        "| `low` | number |  | from 1 |  |  |",
        "| `top` | number |  |  to 5 |  |  |",
    ):
        assert line in page


def test_every_rule_of_a_book_is_a_readable_page(tmp_path: Path) -> None:
    """What it says, its parameters, why, until when, for whom, what to do."""
    frame = FRAME + (
        "velocities:\n  spent: {fn: sum, of: amount, by: payer, window: 24h}\n"
        "  age: {fn: since_first, by: payer, window: 24h, meaning: how old}\n"
    )
    rule = rule_text(
        "amount > $p and count > $q",
        params="{p: {value: 5, sweep: [1, 9, 1]}, q: 2}",
        runbook="call them",
        labels="[a, b]",
        on_missing="review",
        effective="{from: 2026-01-01T00:00:00Z}",
        rollout="{percent: 5, by: payee}",
        tests="[{given: {amount: 6, count: 3}, expect: hit}]",
    )
    files = {"book.yaml": frame, "b.rules.yaml": rules_text(rule_text(name="PLAIN"))}
    sequence = rule_text(name="STEPS").replace("when: amount > 100", STEPS)
    held = rule_text(name="HELD", unless="fresh").replace("when: amount > 100", STEPS)
    page = list(book_page(load(tmp_path, rule, sequence, held, files=files)))
    for line in (
        "# Rule book test-book 1",
        "- review means review (also a score from 60 on)",
        "- block means reject",
        "- `spent`: sum of amount by payer in 24h",
        "- `age`: since first by payer in 24h (how old)",
        "- `@blocked`: block list, 2 entries, book.yaml",
        "## a.rules.yaml",
        f"when {ASKED}",
        f"when {ASKED}; and sequence.HELD and not fresh",
        "## b.rules.yaml",
        "### BIG: BIG title",
        "when amount > $p and count > $q",
        "- `$p` is 5, to be tried from 1 to 9",
        "- `$q` is 2",
        "- reason R1: amount is {amount:.2f}",
        "- effective: from 2026-01-01T00:00:00Z",
        "- rollout: 5 % by payee",
        "- if it cannot be told: review",
        "- labels: a, b",
        "- what to do: call them",
        "- tests: 1",
    ):
        assert line in page
    assert page.index("### PLAIN: PLAIN title") > page.index("### BIG: BIG title")


def test_a_book_without_lists_and_velocities_has_no_such_chapters(tmp_path: Path) -> None:
    """The frame alone."""
    frame = "name: b\nversion: '1'\nowner: us\ncurrency: EUR\non_malformed: reject\n"
    page = list(book_page(load(tmp_path, rule_text(), files={"book.yaml": frame})))
    assert not {"## Lists", "## Velocities"} & set(page)


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ((*HEAD, *EFFECTS, *BODY, *RULE_KEYS), ("rules", "$defs", "rule")),
        ((*FRAME_KEYS, *ALSO), ("book",)),
        (
            (*REQUIRED, *OPTIONAL),
            ("book", "properties", "velocities", "additionalProperties"),
        ),
        (("rules", "fixtures", "tests"), ("rules",)),
    ],
)
def test_a_schema_knows_the_keys_of_the_reader(
    keys: tuple[str, ...], path: tuple[str, ...]
) -> None:
    """No more and no fewer: an editor offers what reading takes."""
    found: Any = {"rules": rules_schema(WORDS), "book": book_schema(WORDS)}
    for step in path:
        found = found[step]
    assert set(keys) == set(found["properties"])
    assert found["additionalProperties"] is False


def test_a_schema_completes_the_words_of_the_book() -> None:
    """Tests give any value, velocities read those of the payment only."""
    rules, book = rules_schema(WORDS), book_schema(WORDS)
    given = rules["properties"]["tests"]["items"]["properties"]["given"]["properties"]
    assert set(WORDS) == set(given)
    of = book["properties"]["velocities"]["additionalProperties"]["properties"]["of"]
    assert ["amount", "country", "payee", "fresh"] == of["anyOf"][0]["enum"]
