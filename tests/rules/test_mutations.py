"""Spoilt books: whatever a file holds, only our own error leaves the reader."""

from pathlib import Path

from drivers.mutate_books import Spoiler
from fakes.books import FRAME, WORDS, rule_text, rules_text, write

VELOCITY = (
    "velocities:\n  spent: {fn: sum, of: amount, by: payer, window: 24h, where: often > 2}\n"
    "  often: {fn: count, by: payer, window: 1h, where: fresh and mean > 5}\n"
)
TESTS = "[{name: x, given: {amount: 101}, expect: hit}, {given: {amount: 1}, expect: miss}]"


def test_only_our_own_error_leaves_a_spoilt_book(tmp_path: Path) -> None:
    """Hundreds here, ten thousand of the default book by the driver."""
    rules = rules_text(
        rule_text("amount > $p and country in @blocked", params="{p: 5}"),
        rule_text("spent > 5 or (fresh and not known)", name="B", tests=TESTS),
    )
    files = {"a.rules.yaml": rules, "lists/b.csv": "value,expires\nkp,2027-01-01T00:00:00Z\n"}
    frame = FRAME.replace('values: ["KP", "IR"]', "file: b.csv") + VELOCITY
    book, copy = tmp_path / "book", tmp_path / "copy"
    book.mkdir()
    copy.mkdir()
    spoiler = Spoiler(write(book, {"book.yaml": frame, **files}), copy, WORDS)
    refused = [spoiler.refuses(seed) for seed in range(400)]
    assert 0.5 < sum(refused) / len(refused) < 1
