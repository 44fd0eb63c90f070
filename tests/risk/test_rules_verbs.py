"""The verbs of `risk rules` as an analyst types them."""

import json
import shutil
from pathlib import Path

import pytest
from fakes.payments import payment
from typer.testing import CliRunner, Result

from features.catalogue import CATALOGUE
from features.declared import mistakes
from features.velocity import describe
from risk.assembly import build_bench, default_book
from risk.commands.book import decisions_of
from risk.commands.rules import app
from risk.decision import encode
from risk.files import format_of, open_source
from risk.velocities import velocities
from risk.vocabulary import attribute_values

MANY = "payer_count_10m >= $most"
"""The condition of VELOCITY-COUNT-10M."""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A copy of the default book that a test may change."""
    return Path(shutil.copytree(default_book(), tmp_path / "book"))


@pytest.fixture
def payments(tmp_path: Path) -> Path:
    """Three payments of one payer in a file."""
    path = tmp_path / "payments.jsonl"
    lines = [
        payment(id=f"p{n}", time=f"2026-03-02T10:1{n}:00Z", amount=amount)
        for n, amount in enumerate(("10.00", "9100.00", "9000.00"))
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def edit(folder: Path, file: str, old: str, new: str) -> None:
    """Replace text in a file of a book."""
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_default_book_is_beyond_reproach() -> None:
    """No mistake, no warning, each rule and condition covered on every evaluator."""
    checked, tested = call("check", "--strict"), call("test")
    assert (0, True) == (checked.exit_code, "0 warnings" in checked.output)
    assert (0, 2) == (tested.exit_code, tested.output.count("(100 %)"))


def test_warnings_end_a_strict_check_only(book: Path) -> None:
    """In text, as JSON, and as a code host shows them beside the line."""
    shops = "payer_payees_1h >= $shops"
    edit(book, "cards.rules.yaml", shops, f"payer_payees_1h < 0 and {shops}")
    text, strict = call("check", book), call("check", book, "--strict")
    assert (0, 1) == (text.exit_code, strict.exit_code)
    assert "CARD-MANY-SHOPS: can never fire" in text.output
    found = json.loads(call("check", book, "--json").output)
    (never,) = [one for one in found if one["kind"] == "never-fires"]
    assert ("warning", "cards.rules.yaml") == (never["level"], never["file"])
    shown = call("check", book, "--format", "github").output
    assert f"::warning file={book}/cards.rules.yaml,line={never['line']}," in shown


def test_mistakes_are_told_in_every_form(book: Path) -> None:
    """Exit status 1, whatever the form."""
    edit(book, "cards.rules.yaml", "payer_declines_1h >= $most", "payer_decilnes_1h >= $most")
    results = [call("check", book, "--format", form) for form in ("text", "json", "github")]
    assert [1, 1, 1] == [result.exit_code for result in results]
    (mistake,) = json.loads(results[1].output)
    assert ("error", "did you mean 'payer_declines_1h'?") == (mistake["level"], mistake["hint"])
    assert "::error file=" in results[2].output


def test_coverage_is_shown_by_condition(book: Path) -> None:
    """What was seen true, false and unknown."""
    shown = call("test", book, "--coverage").output
    assert "CARD-TESTING: true, false, unknown" in shown
    assert "payer_count_10m >= $most" in shown


def test_a_payment_is_explained_rule_by_rule(book: Path, payments: Path) -> None:
    """Of payments the last or the one that is named, with the history before it."""
    edit(book, "velocity.rules.yaml", MANY, f"amount >= 9010 or {MANY}")
    last = call("explain", book, payments)
    assert 0 == last.exit_code
    assert "payment p2: " in last.output
    assert "VELOCITY-COUNT-10M (review): " in last.output
    assert "amount = 9000; 10 short of the limit" in last.output
    named = call("explain", book, payments, "--id", "p1", "--rule", "VELOCITY-COUNT-10M")
    assert "VELOCITY-COUNT-10M (review): fired" in named.output
    assert 1 == named.output.count("(review)")
    assert len(call("explain", book, payments, "--all").output) > len(last.output)


def test_a_recorded_decision_is_explained_as_it_was(book: Path, payments: Path) -> None:
    """By its own values; another book than the one that decided is told."""
    bench = build_bench(book)
    recorded = payments.with_name("decisions.jsonl")
    with open_source(payments, format_of(payments)) as source:
        lines = [encode(decision) + b"\n" for decision in decisions_of(bench, source.rows)]
    recorded.write_bytes(b"".join(lines))
    same = call("explain", book, recorded, "--rule", "CARD-TESTING")
    assert (0, False) == (same.exit_code, "decided by book" in same.output)
    edit(book, "book.yaml", '"2026.11-1"', '"2026.11-2"')
    other = call("explain", book, recorded, "--id", "p0")
    assert "decided by book payments-default 2026.11-1" in other.output


def test_what_cannot_be_explained_is_told(book: Path, payments: Path) -> None:
    """No such rule, no such payment, no payments at all."""
    empty = payments.with_name("empty.jsonl")
    empty.write_text("")
    for arguments in ((payments, "--rule", "NONE"), (payments, "--id", "p9"), (empty,)):
        assert 1 == call("explain", book, *arguments).exit_code


def test_two_books_are_compared_in_words_and_on_payments(
    book: Path, tmp_path: Path, payments: Path
) -> None:
    """Which outcome flips to which, by which rule, with samples."""
    new = Path(shutil.copytree(book, tmp_path / "new"))
    assert "the books say the same" in call("diff", book, new).output
    edit(new, "velocity.rules.yaml", MANY, f"amount >= 9010 or {MANY}")
    edit(new, "velocity.rules.yaml", "{most: {value: 12,", "{most: {value: 10,")
    told = call("diff", book, new, "--on", payments)
    assert 0 == told.exit_code
    for text in (
        "~ rule VELOCITY-COUNT-10M changed",
        "$most: 12 -> 10",
        "3 payments, 1 decided otherwise (33.33 %)",
        "approve -> review  +VELOCITY-COUNT-10M",
        "p1: approve -> review  +VELOCITY-COUNT-10M",
    ):
        assert text in told.output
    found = json.loads(call("diff", book, new, "--on", payments, "--json").output)
    assert {"approve->approve": 2, "approve->review": 1} == found["on"]["matrix"]
    back = json.loads(call("diff", new, book, "--on", payments, "--json").output)
    assert ["review", "approve", "-VELOCITY-COUNT-10M", 1] in back["on"]["causes"]


def test_thresholds_and_tiers_flip_outcomes_too(
    book: Path, tmp_path: Path, payments: Path
) -> None:
    """Then the score or the meaning of a tier is the cause."""
    new = Path(shutil.copytree(book, tmp_path / "new"))
    edit(new, "book.yaml", "default: approve", "default: review")
    found = json.loads(call("diff", book, new, "--on", payments, "--json").output)
    assert ["approve", "review", "what no tier and no tier mean", 3] in found["on"]["causes"]


def test_documents_and_schemas_are_written(book: Path) -> None:
    """Every value and every rule; each part alone."""
    whole, words, rules = (
        call("docs", book, *part) for part in ((), ("--words",), ("--rules",))
    )
    assert "| `amount` | number | base |" in whole.output
    assert "### CARD-TESTING: " in whole.output
    assert "### CARD-TESTING: " not in words.output
    assert "| `amount` |" not in rules.output
    for part in ("rules", "book"):
        assert "$schema" in json.loads(call("schema", part).output)
    assert "payer_ratio_30d" in call("schema", "rules", "--book", book).output


def test_the_velocities_of_a_book_are_right_for_history_too() -> None:
    """What rules take, history takes; both say the same of each value."""
    bench = build_bench(default_book())
    payment_words = {v.name: v for v in CATALOGUE if v.source == "payment"}
    payment_words |= attribute_values(bench.book.attributes)
    assert [] == mistakes(velocities(bench.book), payment_words)
    for velocity in velocities(bench.book)[-len(bench.book.velocities) :]:
        told, word = describe(velocity, payment_words), bench.book.words[velocity.name]
        assert (told.type, told.unit) == (word.type, word.unit)
