"""The decision: a pure function of what is known, the book and the scorer."""

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.books import points_text
from fakes.payments import arrival, default_bench, payment
from hypothesis import given
from hypothesis import strategies as st

from features.message import parse
from risk.assembly import build_bench, default_book
from risk.decide import REFUSALS, Bench, Known, decide, decision_id, refuse, repeat
from risk.decision import Decision, Source, encode
from risk.ledger import first_answer
from rules.tree import Matches

SOURCE = Source("t", "1", 0, 7)


def bench_with(**changes: Any) -> Bench:
    """The default bench with another book policy."""
    bench = default_bench()
    return msgspec.structs.replace(bench, book=msgspec.structs.replace(bench.book, **changes))


def judged(known: Known, bench: Bench | None = None, **changes: Any) -> Decision:
    transaction = parse(arrival(payment(**changes)).value or b"")
    return decide(transaction, known, bench or default_bench(), SOURCE)


values = st.dictionaries(
    st.sampled_from(["payer_count_1h", "payer_sum_24h", "payer_mean_7d", "payer_gap_seconds"]),
    st.integers(0, 10**6) | st.floats(0, 1e6),
)


@given(values, st.dictionaries(st.just("amount"), st.floats(0, 1e9)))
def test_the_same_arguments_give_the_same_bytes(
    history: dict[str, Any], fields: dict[str, Any]
) -> None:
    """No clock, no I/O, no randomness."""
    known = Known(fields, history, {})
    assert encode(judged(known)) == encode(judged(known))


@given(values, st.dictionaries(st.just("amount"), st.floats(0, 1e9)))
def test_what_is_known_is_not_changed(history: dict[str, Any], fields: dict[str, Any]) -> None:
    """The score joins the values of the rules, not those that were handed in."""
    before = dict(history)
    decision = judged(Known(fields, history, {}))
    assert before == history
    assert all("score" not in group for group in decision.values.values())


@given(values)
def test_the_contributions_explain_the_score(history: dict[str, Any]) -> None:
    """Their sum is the score, within its bounds."""
    decision = judged(Known({"amount": 12.5}, history, {}))
    total = sum(part.points for part in decision.contributions)
    assert max(0, min(100, total)) == decision.score


def test_an_amount_without_a_rate_is_unknown_and_not_zero() -> None:
    """The decision names it."""
    decision = judged(Known({}, {}, {}))
    assert "amount" in decision.unknowns
    assert "amount" not in decision.values["payment"]


def test_the_id_depends_on_the_place_alone() -> None:
    """An upgrade of the book must not make a second decision of an old payment."""
    newer = bench_with(version="2", hash="other")
    ids = {
        judged(Known({"amount": 12.5}, {}, {})).id,
        judged(Known({}, {}, {}), newer, id="p2").id,
        refuse("MALFORMED", newer, SOURCE).id,
    }
    assert {decision_id(SOURCE)} == ids


@given(
    st.lists(
        st.builds(
            Source,
            st.sampled_from(["t", "t:1"]),
            st.sampled_from(["1", "11"]),
            st.integers(0, 20),
            st.integers(0, 300),
        ),
        unique_by=lambda source: (source.topic, source.epoch, source.partition, source.offset),
    )
)
def test_no_two_places_share_an_id(sources: list[Source]) -> None:
    """32 hex digits, one for each epoch, topic, partition and offset."""
    ids = {decision_id(source) for source in sources}
    assert len(sources) == len(ids)
    assert all(len(found) == 32 and int(found, 16) >= 0 for found in ids)


@pytest.mark.parametrize(
    ("default", "outcome"), [("approve", "review"), ("review", "review"), ("reject", "reject")]
)
def test_a_reused_id_is_reviewed_but_never_softens(default: str, outcome: str) -> None:
    """An approval becomes a review with a reason; what is stricter stays."""
    decision = judged(
        Known({"amount": 12.5}, {}, {}, ("id_reused",)), bench_with(default=default)
    )
    assert outcome == decision.outcome
    assert ("id_reused",) == decision.flags
    codes = [reason.code for reason in decision.reasons]
    assert (["ID-REUSED"] if default == "approve" else []) == codes


def test_a_wrong_key_is_flagged_and_changes_nothing() -> None:
    """Counted and said; the payment itself is as good as any."""
    plain = judged(Known({"amount": 12.5}, {}, {}))
    flagged = judged(Known({"amount": 12.5}, {}, {}, ("key_mismatch",)))
    assert plain == msgspec.structs.replace(flagged, flags=())


def test_the_evaluator_is_handed_the_score_and_the_event_time() -> None:
    """Rules may read the score, and are effective by event time."""
    seen: list[tuple[Any, int]] = []

    class Watching:
        def match(self, values: Any, at: int) -> Matches:
            seen.append((dict(values), at))
            return Matches()

    bench = msgspec.structs.replace(default_bench(), evaluator=Watching())
    decision = judged(
        Known({"amount": 12.5}, {"payer_count_1h": 3}, {"text.link": True}), bench
    )
    [(found, at)] = seen
    assert (decision.score, 3, True) == (
        found["score"],
        found["payer_count_1h"],
        found["text.link"],
    )
    assert 1_772_446_500_000_000 == at


@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("policy", ["approve", "review", "reject"])
def test_a_refusal_has_the_outcome_of_the_policy(code: str, policy: str) -> None:
    """One reason, no score, nothing of the message."""
    decision = refuse(code, bench_with(on_malformed=policy), SOURCE)
    assert policy == decision.outcome
    assert [code] == [reason.code for reason in decision.reasons]
    assert first_answer(decision).refused
    assert (None, None, None) == (decision.transaction_id, decision.payer_id, decision.score)


def test_a_repeat_says_the_first_answer_at_its_own_place() -> None:
    """Another id, another place, the same outcome, whatever the book says now."""
    first = judged(Known({"amount": 12.5}, {}, {}), bench_with(default="reject"))
    transaction = parse(arrival(payment()).value or b"")
    place = Source("t", "1", 0, 8)
    found = repeat(transaction, first_answer(first), ("key_mismatch",), default_bench(), place)
    assert (first.outcome, first.score, first.reasons) == (
        found.outcome,
        found.score,
        found.reasons,
    )
    assert (first.id, ("key_mismatch",), decision_id(place)) == (
        found.duplicate_of,
        found.flags,
        found.id,
    )


def test_points_of_rules_are_contributions(tmp_path: Path) -> None:
    """Each rule by its id, and `bound` for what the book's limit takes away from their sum."""
    rule = points_text("9", name="NINE", when="kind == 'card'")
    text = "rules:\n" + rule + rule.replace("NINE", "AGAIN")
    folder = Path(shutil.copytree(default_book(), tmp_path / "book"))
    (folder / "points.rules.yaml").write_text(text)
    frame = (folder / "book.yaml").read_text()
    (folder / "book.yaml").write_text(frame.replace("rules: 25", "rules: 10"))
    known = Known({"amount": 12.5, "kind": "card"}, {}, {})
    plain, decision = judged(known), judged(known, build_bench(folder))
    more = {part.value: part.points for part in decision.contributions}
    assert (9, 9, -8) == (more["NINE"], more["AGAIN"], more["bound"])
    assert (plain.score or 0) + 10 == decision.score
    assert ["AGAIN", "NINE"] == [hit.rule for hit in decision.hits if hit.tier == "points"]
