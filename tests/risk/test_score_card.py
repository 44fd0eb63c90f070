# ruff: noqa: E501 # a table is read across
"""The scorecard: points by bands, texts and flags, and all of its mistakes at once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.score.card import Bands, Choices, Scorecard, Switch
from risk.score.scorecard import load_scorecard
from risk.score.scorer import Score
from rules.bounds import EITHER, Choice, Range
from rules.errors import BookError
from rules.vocabulary import Word

WORDS = {
    "amount": Word(type="number"),
    "channel": Word(type="text"),
    "fresh": Word(type="flag"),
    "text.urgent": Word(type="flag", from_text=True),
}
GOOD = """\
name: test-card
version: "1"
base: 5
values:
  amount: {bands: [{below: 100, points: 0}, {below: 1000, points: 6}, {points: 15}], unknown: 2}
  channel: {points: {API: 4, phone: -6}, others: 1, unknown: 3}
  fresh: {true: 12, unknown: 7}
  text.urgent: {true: 90, false: 1}
"""


def read(folder: Path, text: str) -> Scorecard:
    """A scorecard from its text."""
    path = folder / "scorecard.yaml"
    path.write_text(text)
    return load_scorecard(path, WORDS)


@pytest.mark.parametrize(
    ("values", "points", "contributions"),
    [
        ({}, 17, (("amount", 2), ("channel", 3), ("fresh", 7))),
        ({"amount": 99.99, "channel": "web", "fresh": False}, 6, (("channel", 1),)),
        ({"amount": 100, "channel": "api", "fresh": True}, 27, (("amount", 6), ("channel", 4), ("fresh", 12))),
        ({"amount": 999.99, "channel": "x", "fresh": False}, 12, (("amount", 6), ("channel", 1))),
        ({"amount": 1000, "channel": "x", "fresh": False}, 21, (("amount", 15), ("channel", 1))),
        ({"amount": 1, "channel": "Phone", "fresh": False}, 0, (("channel", -6),)),
        ({"amount": "5", "channel": 5, "fresh": 1}, 17, (("amount", 2), ("channel", 3), ("fresh", 7))),
        ({"amount": float("nan"), "channel": "x", "fresh": False}, 8, (("amount", 2), ("channel", 1))),
        ({"amount": 1, "channel": "x", "fresh": True, "text.urgent": True}, 100, (("channel", 1), ("fresh", 12), ("text.urgent", 90))),
        ({"amount": 1, "channel": "x", "fresh": False, "text.urgent": False}, 7, (("channel", 1), ("text.urgent", 1))),
    ],
)  # fmt: skip
def test_points_are_added_and_capped(
    tmp_path: Path, values: dict[str, object], points: int, contributions: object
) -> None:
    """At each bound and beside it; unknown has its own points, 0 if none are stated."""
    assert Score(points, contributions) == read(tmp_path, GOOD).score(values)  # type: ignore[arg-type] # all kinds of values


def test_many_payments_are_scored_as_each_alone() -> None:
    """A batch is no other arithmetic."""
    line = Switch("new", true=30, false=0, unknown=5)
    card = Scorecard(name="n", version="1", hash="h", base=0, lines=(line,))
    rows: list[dict[str, float | str]] = [{"new": True}, {}]
    assert [card.score(row) for row in rows] == card.score_many(rows)


def test_a_card_says_what_it_is_and_reads(tmp_path: Path) -> None:
    """Name, version, a hash of its bytes, and its values."""
    card = read(tmp_path, GOOD)
    assert ("test-card", "1") == (card.name, card.version)
    assert ("amount", "channel", "fresh", "text.urgent") == card.names
    assert card.hash != read(tmp_path, GOOD + "\n").hash
    assert 0 == read(tmp_path, GOOD.replace("base: 5\n", "")).base


@given(
    st.dictionaries(st.sampled_from("abc"), st.one_of(st.floats(), st.text(), st.booleans()))
)
def test_a_score_lies_within_its_range(values: dict[str, float | str]) -> None:
    """Whatever the values are."""
    lines = (Bands("a", (0.0,), (-90, 90)), Choices("b", {"x": 50}, -50), Switch("c", 60, -60))
    card = Scorecard(name="n", version="1", hash="", base=10, lines=lines)
    assert 0 <= card.score(values).points <= 100


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("amount:", "amuont:", "5:3: unknown value 'amuont'"),
        ("{below: 1000, points: 6}", "{below: 100, points: 6}", "5:19: the bounds of the bands must ascend"),
        ("{below: 1000, points: 6}", "{points: 6}", "5:19: every band but the last has below; the last has none"),
        (", {points: 15}", "", "5:19: every band but the last has below; the last has none"),
        ("[{below: 100, points: 0}, {below: 1000, points: 6}, {points: 15}]", "[]", "5:19: bands needs at least one band"),
        ("phone: -6", "api: 6", "6:30: 'api' stands here twice"),
        ("true: 12", "true: 101", "7:17: true of fresh must lie within -100 and 100"),
        ("true: 12", "false: 1", "7:10: the flag fresh needs true"),
        ("true: 90", "true: -1", "8:23: true of text.urgent must lie within 0 and 100"),
        ("base: 5", "base: 1.5", "3:7: base must be a whole number"),
        ("name: test-card", "name: x y", "1:7: name 'x y' does not look like starter-card"),
    ],
)  # fmt: skip
def test_a_wrong_card_is_told(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """The place and the cause; a value from text can only add points."""
    assert old in GOOD
    with pytest.raises(BookError) as caught:
        read(tmp_path, GOOD.replace(old, new))
    found = [f"{m.line}:{m.column}: {m.cause}" for m in caught.value.mistakes]
    assert [expected] == found


def test_a_missing_card_is_told(tmp_path: Path) -> None:
    """As a mistake of the book, not as an error of the system."""
    with pytest.raises(BookError, match="needed and cannot be read"):
        load_scorecard(tmp_path / "scorecard.yaml", WORDS)


def test_a_card_reaches_what_its_lines_can_reach() -> None:
    """Within bounds each line lies between its ends; without text its lines are gone."""
    lines = (
        Bands("text.urgency", (0.5,), (9, 4)),
        Switch("text.crypto", 3, 1),
        Choices("text.purpose", {"gift": 7}, 2),
    )
    card = Scorecard(name="c", version="1", hash="h", base=90, lines=lines)
    values = {"text.urgency": 0.1, "text.crypto": False, "text.purpose": "rent"}
    score = card.score(values)
    assert 100 == score.points
    assert Range(100, 100) == card.reach(score, {})
    bounds = {"text.urgency": Range(0.1, 1.0), "text.crypto": EITHER, "text.link": EITHER}
    assert Range(97, 100) == card.reach(score, bounds)
    bounds = {
        "text.urgency": Range(0.6, 1.0),
        "text.purpose": Choice(("rent",)),
        "x": Range(0, 1),
    }
    assert Range(97, 97) == card.reach(score, bounds)
    assert Range(93, 93) == card.reach(card.score({}), {"text.crypto": Choice((True,))})
    assert () == card.without(frozenset(values)).lines
