"""The laws of a challenger: it answers as it would decide, and what it says changes nothing."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec
import pytest
from fakes.asking_book import payment as transfer
from fakes.asking_book import write_book
from fakes.payments import arrivals, default_bench, logs, make_pipeline, payment
from fakes.recorded import changed_book, without_timings
from hypothesis import given, settings
from hypothesis import strategies as st

from features.text.reading import read
from risk.assembly import assemble, build_bench
from risk.challenger import Challenger, Misfit, challenge, misfits
from risk.decide import Bench
from risk.decision import Challenge, Decision, Status, encode
from risk.pipeline import Arrival, Limits, Pipeline
from risk.score.scorer import Scalar, Score
from risk.settled import Asked

few = settings(max_examples=40)

VELOCITY = (
    "velocities:\n",
    "velocities:\n  sent_1h: {fn: sum, of: amount, by: payer, window: 1h, meaning: sent}\n",
)
MISFITS = {
    "other velocities": {"book.yaml": VELOCITY},
    "exchange rates": {"rates.csv": ("USD,2020-01-01T00:00:00Z,", "USD,2020-01-02T00:00:00Z,")},
    "attributes: vip": {
        "book.yaml": (
            "currency: EUR",
            "currency: EUR\nattributes: {vip: {type: flag, meaning: is known by name}}",
        )
    },
}


class Broken:
    """A scorer that fails on everything."""

    name, version, hash = "broken", "1", "0" * 32
    names = ()

    def score(self, values: Mapping[str, Scalar]) -> Score:
        """Fail."""
        raise ZeroDivisionError


@lru_cache
def strict_bench() -> Bench:
    """The default book, in which everybody is reviewed who has any points."""
    bench = default_bench()
    limits = msgspec.structs.replace(bench.book.thresholds, review=1)
    return assemble(msgspec.structs.replace(bench.book, thresholds=limits), bench.scorer)


def opposed(bench: Bench, share: float = 100) -> Pipeline:
    pipeline = make_pipeline()
    pipeline.oppose(Challenger(bench, share))
    return pipeline


def decided(pipeline: Pipeline, log: list[Arrival]) -> list[Decision]:
    return [answer.decision for answer in pipeline.take(log)]


def alone(decision: Decision) -> Decision:
    return msgspec.structs.replace(decision, challenger=None, timings_us={})


@few
@given(logs)
def test_a_challenger_answers_as_it_would_decide(log: list[Arrival]) -> None:
    """The champion's own book beside it says what the champion says, and how."""
    for decision in decided(opposed(default_bench()), log):
        answer = decision.challenger
        if decision.score is None or decision.duplicate_of is not None:
            assert answer is None
            continue
        assert answer == Challenge(
            book=decision.book,
            scorer=decision.scorer,
            outcome=decision.outcome,
            score=decision.score,
            codes=tuple(reason.code for reason in decision.reasons),
            hits=decision.hits,
        )


@few
@given(logs)
def test_a_challenger_changes_nothing_but_its_own_field(log: list[Arrival]) -> None:
    """Outcomes, values, and the state that later payments meet are those without it."""
    beside = decided(opposed(strict_bench()), log)

    assert without_timings(decided(make_pipeline(), log)) == [alone(one) for one in beside]


def test_a_challenger_that_fails_is_recorded_without_an_outcome() -> None:
    """The champion's decision goes out as if nobody stood beside it."""
    bench = msgspec.structs.replace(default_bench(), scorer=Broken())

    (decision,) = decided(opposed(bench), arrivals([payment()]))

    assert Challenge(book=bench.book_version, scorer=bench.scorer_version) == (
        decision.challenger
    )
    (plain,) = decided(make_pipeline(), arrivals([payment()]))
    assert alone(plain) == alone(decision)


@given(
    st.floats(0, 100),
    st.floats(0, 100),
    st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=20),
)
def test_a_share_is_stable_and_a_greater_one_keeps_all_of_a_smaller(
    one: float, other: float, payers: list[str]
) -> None:
    """By payer: nobody is judged by turns, nobody leaves when the share grows."""
    (decision,) = decided(make_pipeline(), arrivals([payment()]))
    made = [msgspec.structs.replace(decision, payer_id=payer) for payer in payers]
    small, great = (Challenger(default_bench(), share) for share in sorted((one, other)))

    for each in made:
        taken = small.answer(each, 0)
        assert taken is None or taken == great.answer(each, 0)
    everybody, nobody = Challenger(default_bench()), Challenger(default_bench(), 0)
    assert None not in [everybody.answer(each, 0) for each in made]
    assert {None} == {nobody.answer(each, 0) for each in made}


def test_a_share_covers_about_as_many_payers_as_it_says() -> None:
    """A quarter of ten thousand payers, give or take two in a hundred."""
    (decision,) = decided(make_pipeline(), arrivals([payment()]))
    challenger = Challenger(msgspec.structs.replace(default_bench(), scorer=Broken()), 25)
    made = [msgspec.structs.replace(decision, payer_id=f"p{n}") for n in range(10_000)]

    assert 2300 < sum(challenger.answer(one, 0) is not None for one in made) < 2700


@pytest.mark.parametrize("reason", MISFITS)
def test_a_challenger_that_needs_other_values_is_refused_by_name(
    tmp_path: Path, reason: str
) -> None:
    """It could only judge by values that were gathered for somebody else."""
    bench = build_bench(changed_book(tmp_path / "b", MISFITS[reason]))

    with pytest.raises(Misfit, match=reason):
        opposed(bench)


def test_rules_over_several_payments_must_be_the_champions(tmp_path: Path) -> None:
    """What they keep of the past is kept for the champion alone."""
    folder = changed_book(tmp_path / "b", {})
    (folder / "steps.rules.yaml").write_text(STEPS, encoding="utf-8")
    bench = build_bench(folder)

    assert [] == list(misfits(bench, default_bench()))
    assert [] == list(misfits(bench, bench))
    with pytest.raises(Misfit, match="several payments: THEN-A-SPEND"):
        opposed(bench)


STEPS = """\
rules:
  - id: THEN-A-SPEND
    title: A decline, then a spend
    owner: us
    severity: low
    tier: review
    mode: shadow
    sequence:
      by: payer_id
      within: 10m
      steps:
        - {as: first, when: status == 'declined'}
        - {as: spend, when: amount > 5 * first.amount}
    reason: {code: R801, text: "{amount:.2f}"}
"""


def test_a_champion_that_a_challenger_does_not_fit_lets_it_go(tmp_path: Path) -> None:
    """The champion is taken all the same; a challenger that fits stays."""
    pipeline = opposed(strict_bench())
    pipeline.adopt(default_bench())
    assert pipeline.challenger is not None

    pipeline.adopt(build_bench(changed_book(tmp_path / "b", MISFITS["exchange rates"])))

    assert pipeline.challenger is None
    assert [None] == [one.challenger for one in decided(pipeline, arrivals([payment()]))]


def test_without_a_challenger_a_record_is_what_it_was() -> None:
    """Its field is null, and no step of it is timed."""
    (answer,) = make_pipeline().take(arrivals([payment()]))

    assert b'"challenger":null' in answer.encoded
    assert "challenger" not in answer.decision.timings_us


def test_a_challenger_may_go_again() -> None:
    """From the next arrival on nothing is recorded beside."""
    pipeline = opposed(strict_bench())
    pipeline.oppose(None)

    assert [None] == [one.challenger for one in decided(pipeline, arrivals([payment()]))]


def test_reuse_of_an_id_is_looked_at_by_the_challenger_too() -> None:
    """A rule of the core, not of any book."""
    log = arrivals([payment(), payment(amount="13.00")])

    second = decided(opposed(default_bench()), log)[1]

    assert second.challenger is not None
    assert ("review", ("ID-REUSED",)) == (second.challenger.outcome, second.challenger.codes)


def test_a_challenge_is_made_of_what_the_record_holds() -> None:
    """Read back from its bytes, a record gives the same answer again."""
    (decision,) = decided(
        opposed(strict_bench()), arrivals([payment(amount="900.00", channel="web")])
    )
    back = msgspec.json.decode(encode(decision), type=Decision)
    at = int((back.event_time.timestamp() if back.event_time else 0) * 1_000_000)

    assert back.challenger == challenge(back, at, strict_bench())


@pytest.mark.parametrize("status", ["timeout", "answered"])
def test_what_a_model_read_counts_for_a_challenger_as_it_does_for_the_champion(
    status: Status, tmp_path: Path
) -> None:
    """The champion's own book beside it, where the memo is held unread, or the answer stops."""
    bench = build_bench(write_book(tmp_path, "{at_deadline: review}"))
    pipeline = Pipeline(bench, Limits("t", "1", 65_536, 9), lambda: 0)
    pipeline.oppose(Challenger(bench))
    arrival = Arrival(0, 0, b"a", transfer(1, "a", 500, "flowers for you"))
    worse = {**read("flowers for you").values(), "text.romance": True}
    asked = Asked(status, worse if status == "answered" else None)
    decision = pipeline.retake(arrival, asked).decision
    answer = decision.challenger
    assert answer is not None
    assert ("review", "review") == (decision.outcome, answer.outcome)
    assert tuple(reason.code for reason in decision.reasons) == answer.codes
