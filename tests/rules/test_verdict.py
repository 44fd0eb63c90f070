"""Hits -> outcome: the maximum over tiers, whatever the order."""

from pathlib import Path

import msgspec
import pytest
from fakes.books import load, rule_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.model import TIERS, Book, Rollout
from rules.rollout import covers
from rules.tree import Matches, Tree
from rules.verdict import Hit, Reason, Verdict, highest, judge

RANKED = {"block": "reject", "allow": "approve", "reject": "reject", "review": "review"}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """One rule of each tier, and one that speaks when it is unknown."""
    trusted = rule_text("payee in @trusted", name="ALLOW", tier="allow")
    rules = [
        rule_text("fresh", name=tier.upper(), tier=tier) for tier in TIERS if tier != "allow"
    ]
    shadow = rule_text("known", name="SHADOW", tier="block", mode="shadow")
    silent = rule_text("country in @blocked", name="SILENT", tier="block", on_missing="review")
    off = rule_text("fresh", name="ASLEEP", tier="block", mode="off")
    return load(tmp_path_factory.mktemp("book"), trusted, *rules, shadow, silent, off)


@given(
    st.permutations([tier.upper() for tier in TIERS]), st.integers(1, 4), st.integers(0, 100)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_most_severe_tier_decides(
    book: Book, order: list[str], length: int, points: int
) -> None:
    """Block beats allow, allow beats reject, reject beats review; no order matters."""
    hits = order[:length]
    spoken = [hit.lower() for hit in hits]
    spoken += ["reject"] if points >= 85 else ["review"] if points >= 60 else []
    tier = next(tier for tier in TIERS if tier in spoken)
    verdict = judge(book, Matches(tuple(hits)), {}, points)
    assert (tier, RANKED[tier]) == (verdict.tier, verdict.outcome)
    assert verdict.reasons


def test_no_voice_is_the_default(book: Book) -> None:
    """Nothing spoke: the outcome is the book's default and there is no reason."""
    assert Verdict("approve", None) == judge(book, Matches(), {}, 59)
    assert highest([None, None]) is None


@pytest.mark.parametrize(
    ("points", "outcome", "reasons"),
    [
        (59, "approve", ()),
        (60, "review", (Reason("SCORE-REVIEW", "Score 60 is at or over 60"),)),
        (84, "review", (Reason("SCORE-REVIEW", "Score 84 is at or over 60"),)),
        (85, "reject", (Reason("SCORE-REJECT", "Score 85 is at or over 85"),)),
    ],
)
def test_the_score_speaks_from_its_thresholds_on(
    book: Book, points: int, outcome: str, reasons: tuple[Reason, ...]
) -> None:
    """At the threshold and just under it."""
    verdict = judge(book, Matches(), {}, points)
    assert (outcome, reasons) == (verdict.outcome, verdict.reasons)


def test_a_book_without_thresholds_does_not_look_at_the_score(tmp_path: Path) -> None:
    """No threshold is no voice."""
    frame = "name: b\nversion: '1'\nowner: us\ncurrency: EUR\non_malformed: reject\n"
    book = load(tmp_path, rule_text(), files={"book.yaml": frame})
    assert "approve" == judge(book, Matches(), {}, 100).outcome


def test_reasons_are_those_of_the_deciding_tier(book: Book) -> None:
    """All hits are kept; lower tiers give no reason; values stand in the text."""
    verdict = judge(book, Matches(("REJECT", "REVIEW")), {"amount": 12.5}, 0)
    assert (Reason("R1", "amount is 12.50"),) == verdict.reasons
    assert (Hit("REJECT", "reject"), Hit("REVIEW", "review")) == verdict.hits


def test_an_unknown_rule_speaks_as_it_says(book: Book) -> None:
    """`on_missing` is a voice with a reason that names what was not known."""
    expected = Reason("R1", "SILENT title: cannot be told, unknown is country")
    verdict = judge(book, Matches((), ("REVIEW", "SILENT")), {}, 0)
    assert ("review", (expected,)) == (verdict.outcome, verdict.reasons)
    assert ("REVIEW", "SILENT") == verdict.unknown_rules
    known = judge(book, Matches((), ("SILENT",)), {"country": 5}, 0)
    assert "SILENT title: cannot be told, unknown is a value" == known.reasons[0].text


def test_a_shadow_rule_decides_nothing_and_is_recorded(book: Book) -> None:
    """With the outcome that it would have made."""
    verdict = judge(book, Matches(("REVIEW", "SHADOW")), {}, 0)
    assert ("review", "reject") == (verdict.outcome, verdict.shadow_outcome)
    assert (Hit("SHADOW", "block"),) == verdict.shadow
    assert "REVIEW" not in [hit.rule for hit in verdict.shadow]


def test_a_rule_that_is_off_is_not_evaluated(book: Book) -> None:
    """Neither a hit nor unknown."""
    matches = Tree(book).match(
        {"fresh": True, "country": "DE", "payee": "x", "known": False}, 0
    )
    assert Matches(("BLOCK", "REJECT", "REVIEW")) == matches


def test_effective_dates_are_event_time(tmp_path: Path) -> None:
    """From its start on, and not from its end on; outside it is false, not unknown."""
    dates = "{from: 2026-01-01T00:00:00Z, until: 2026-01-01T00:00:01Z}"
    tree = Tree(load(tmp_path, rule_text("fresh", effective=dates)))
    start = 1_767_225_600_000_000
    found = [
        tree.match({"fresh": True}, start + shift).hits for shift in (-1, 0, 999_999, 1_000_000)
    ]
    assert [(), ("BIG",), ("BIG",), ()] == found
    assert Matches() == tree.match({}, start - 1)


@given(st.text(), st.floats(0, 100), st.floats(0, 100))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_rollout_only_grows(book: Book, payee: str, one: float, two: float) -> None:
    """A greater percentage covers all that a smaller one did."""
    low, high = sorted((one, two))
    rule = book.rules["REVIEW"]
    small, great = (
        msgspec.structs.replace(rule, rollout=Rollout(percent, "payee"))
        for percent in (low, high)
    )
    assert covers(great, {"payee": payee}) or not covers(small, {"payee": payee})


def test_a_rollout_covers_its_share_and_records_the_others(book: Book) -> None:
    """About the percentage; the rest is the control group, recorded as shadow."""
    rule = msgspec.structs.replace(book.rules["REVIEW"], rollout=Rollout(30, "payee"))
    part = msgspec.structs.replace(book, rules={**book.rules, "REVIEW": rule})
    verdicts = [judge(part, Matches(("REVIEW",)), {"payee": f"p{n}"}, 0) for n in range(2000)]
    share = sum(verdict.outcome == "review" for verdict in verdicts) / 2000
    assert 0.26 < share < 0.34
    assert all(bool(verdict.hits) != bool(verdict.shadow) for verdict in verdicts)
    assert not covers(rule, {})
    longest = msgspec.structs.replace(rule, id="A" * 60)
    assert covers(longest, {"payee": "p"}) in (True, False)
