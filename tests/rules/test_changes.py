"""What changed between two books, in words."""

from pathlib import Path

import msgspec
from fakes.books import FRAME, load, rule_text

from rules.changes import Change, changes, dates
from rules.model import Book, Window

VELOCITY = "velocities:\n  spent: {fn: sum, of: amount, by: payer, window: 24h}\n"


def book(folder: Path, *rules: str, frame: str = FRAME) -> Book:
    folder.mkdir()
    return load(folder, *rules, files={"book.yaml": frame})


def test_a_book_is_as_itself(tmp_path: Path) -> None:
    """No change without a difference; where a rule stands does not matter."""
    one = book(tmp_path / "a", rule_text(), rule_text(name="X"))
    other = book(tmp_path / "b", rule_text(name="X"), rule_text())
    assert [] == changes(one, other)


def test_rules_lists_and_velocities_come_and_go(tmp_path: Path) -> None:
    """With what they say, so that a reviewer need not open the file."""
    old = book(tmp_path / "a", rule_text(), rule_text(name="GONE"))
    frame = FRAME.replace("watched:", "seen:") + VELOCITY
    come = rule_text("fresh", name="COME", rollout="{percent: 5, by: payee}")
    plain = rule_text("known", name="PLAIN")
    new = book(tmp_path / "b", rule_text(), come, plain, frame=frame)
    assert [
        Change("added", "velocity spent", ("sum of amount by payer in 24h",)),
        Change("added", "list @seen", ("watch list of 1 entry",)),
        Change("removed", "list @watched"),
        Change(
            "added",
            "rule COME",
            ("review, live: COME title", "when fresh", "rollout: 5 % by payee"),
        ),
        Change("removed", "rule GONE"),
        Change("added", "rule PLAIN", ("review, live: PLAIN title", "when known")),
    ] == changes(old, new)


def test_each_change_of_a_rule_is_told(tmp_path: Path) -> None:
    """Before and after, in the words of the file."""
    old = book(tmp_path / "a", rule_text("amount > $p", params="{p: 5}", runbook="look"))
    new = book(
        tmp_path / "b",
        rule_text(
            "amount >= $q and fresh",
            tier="reject",
            mode="shadow",
            params="{q: 7}",
            labels="[x]",
            effective="{from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}",
            rollout="{percent: 12.5, by: payee}",
            on_missing="review",
            reason='{code: R2, text: "{amount:.2f} of {payee}"}',
        ),
    )
    (change,) = changes(old, new)
    assert (
        "does: review -> reject",
        "mode: live -> shadow",
        "code: R1 -> R2",
        "runbook: look -> nothing",
        "on_missing: nothing -> review",
        "condition: amount > $p -> amount >= $q and fresh",
        "$p: 5 -> nothing",
        "$q: nothing -> 7",
        "effective: always -> from 2026-01-01T00:00:00Z until 2027-01-01T00:00:00Z",
        "rollout: everybody -> 12.5 % by payee",
        "reason: amount is {amount:.2f} -> {amount:.2f} of {payee}",
        "labels: nothing -> x",
    ) == change.words


def test_the_frame_is_compared(tmp_path: Path) -> None:
    """Thresholds, tiers, rates, attributes, list entries, velocities."""
    ends = "{value: Ann, expires: 2027-01-01T00:00:00Z, reason: known}"
    frame = FRAME + VELOCITY + "attributes: {x: {type: flag, meaning: m}}\n"
    old = book(tmp_path / "a", rule_text(), frame=frame)
    frame = (
        FRAME.replace("review: 60", "review: 50")
        .replace('"1"', '"2"')
        .replace('["KP", "IR"]', '["KP", "SY", "CU"]')
        .replace(ends, ends.replace("2027", "2028"))
        .replace("score:", "tiers: {reject: review}\nllm: {ask: never}\nscore:")
    )
    frame += (
        VELOCITY.replace("24h}", "7d, where: fresh}")
        + "attributes: {y: {type: flag, meaning: m}}\n"
    )
    new = book(tmp_path / "b", rule_text(), frame=frame)
    new = msgspec.structs.replace(new, rates=(("USD", 0, "0.9"),))
    assert [
        Change(
            "changed",
            "book",
            (
                "version: 1 -> 2",
                "score review: 60 -> 50",
                "llm ask: when-it-matters -> never",
                "tier reject: reject -> review",
                "exchange rates changed",
                "attributes.x is no longer declared",
                "attributes.y is declared",
            ),
        ),
        Change("changed", "velocity spent", ("window: 24h -> 7d", "where: nothing -> fresh")),
        Change("changed", "list @blocked", ("2 entries added", "1 entry removed")),
        Change("changed", "list @trusted", ("1 entry with another expiry",)),
    ] == changes(old, new)


def test_dates_may_be_open_at_one_end() -> None:
    """From then on, or until then."""
    assert "from 1970-01-01T00:00:00Z" == dates(Window(start=0))
    assert "until 1970-01-01T00:00:00Z" == dates(Window(end=0))
