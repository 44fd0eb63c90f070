"""The frame's judge says of each row what the core says of it."""

import msgspec
import polars as pl
from fakes.bare_books import WORDS
from fakes.conditions import books
from fakes.payments import default_bench, logs
from fakes.recorded import as_records, decided
from fakes.values import payments
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.backtest.frame import load
from risk.backtest.judge import LEVELS, Judgement, TableJudge
from risk.backtest.points import score_frame
from risk.pipeline import Arrival
from risk.score.card import Bands, Choices, Scorecard, Switch
from risk.score.scorer import Score
from rules.columns import Unfit
from rules.model import Book, Dossier, PointRule, Rollout, Thresholds, Tier
from rules.points import point_book
from rules.ruling import rule_on
from rules.tree import Tree
from rules.vector import tabulate
from rules.vocabulary import Scalar

TIERS: dict[int, Tier | None] = {0: None, **{level: tier for tier, level in LEVELS.items()}}  # type: ignore[dict-item] # the four tiers

CARD = Scorecard(
    name="random",
    version="1",
    hash="",
    base=3,
    lines=(
        Bands("x", (0, 2.5, 5), (-8, 30, 55, 70), 4),
        Choices("s", {"a": 25, "straße": 40}, 2, 1),
        Switch("f", 20, -5, 9),
    ),
)
OUTCOMES = {"block": "reject", "allow": "approve", "reject": "reject", "review": "review"}


class Plain:
    """The same card as a scorer that is none: asked row by row."""

    name, version, hash = "plain", "1", ""
    names = CARD.names

    def score(self, values: dict[str, Scalar]) -> Score:
        """As the card."""
        return CARD.score(values)


@st.composite
def whole_books(draw: st.DrawFn) -> Book:
    """Random books with rules in every tier and rules with points, some rolled out in part."""
    book, rules, points = draw(books()), {}, {}
    for name, rule in book.rules.items():
        rollout = draw(st.sampled_from([None, None, Rollout(50, "s")]))
        if draw(st.integers(0, 3)):
            tier = draw(st.sampled_from(list(OUTCOMES)))
            silent = draw(st.sampled_from([None, "reject", "review"]))
            rules[name] = msgspec.structs.replace(
                rule, tier=tier, on_missing=silent, rollout=rollout
            )
        else:
            kept = {key: getattr(rule, key) for key in Dossier.__struct_fields__}
            number = draw(st.integers(-40, 40))
            points[name] = PointRule(**{**kept, "rollout": rollout}, points=number)
    return msgspec.structs.replace(
        book,
        rules=rules,
        point_rules=points,
        outcomes=OUTCOMES,
        thresholds=Thresholds(review=40, reject=70),
    )


@given(whole_books(), st.integers(0, 10**6), st.booleans())
@settings(max_examples=60)
def test_any_book_judges_a_frame_as_the_core_judges_its_rows(
    book: Book, seed: int, reused: bool
) -> None:
    """Tiers, points, unknown values, rollouts and trials: outcome, tier, score and hits."""
    frame = tabulate(list(payments(seed, 6)), WORDS).with_columns(reused=pl.lit(reused))
    try:
        found = TableJudge(book, CARD).judge(frame)
    except Unfit:
        return

    for n, row in enumerate(frame.iter_rows(named=True)):
        values = {name: row[name] for name in WORDS if row[name] is not None}
        scored = CARD.score(values).points
        ruling = rule_on(book, Tree(book), Tree(point_book(book)), values, row["at"], scored)
        verdict = ruling.verdict
        looked_at = reused and verdict.outcome == "approve"
        expected = (
            "review" if looked_at else verdict.outcome,
            verdict.tier,
            ruling.score,
            sorted(hit.rule for hit in verdict.hits),
            sorted(hit.rule for hit in verdict.shadow),
        )
        assert expected == row_of(found, n)


def row_of(found: Judgement, n: int) -> tuple[str, Tier | None, int, list[str], list[str]]:
    return (
        found.outcome[n],
        TIERS[found.level[n]],
        found.score[n],
        sorted(name for name in found.rules.columns if found.rules[name][n]),
        sorted(name for name in found.shadow.columns if found.shadow[name][n]),
    )


@given(logs)
@settings(max_examples=30)
def test_recorded_decisions_are_judged_as_they_were(log: list[Arrival]) -> None:
    """The default book over its own records: every judged row as recorded, the rest counted."""
    decisions = decided(log)
    bench = default_bench()
    loaded = load([as_records(decisions)], bench.book.words, bench.names)
    judged = [one for one in decisions if one.score is not None and one.duplicate_of is None]

    found = TableJudge(bench.book, bench.scorer).judge(loaded.frame)

    assert [one.outcome for one in judged] == found.outcome.to_list()
    assert [one.score for one in judged] == found.score.to_list()
    assert len(decisions) == len(judged) + sum(loaded.skipped.values())


@given(st.integers(0, 10**6))
@settings(max_examples=40)
def test_a_scorer_that_is_no_card_gives_the_same_points(seed: int) -> None:
    """Asked row by row or as a table: the same."""
    frame = tabulate(list(payments(seed, 8)), WORDS)

    by_row = score_frame(Plain(), frame).to_list()  # type: ignore[arg-type] # a scorer

    assert by_row == score_frame(CARD, frame).to_list()


def test_a_value_of_another_type_is_unknown() -> None:
    """A type that changes half way is no value of the word, as in the core."""
    line = (
        b'{"id":"%d","source":{"topic":"t","epoch":"1","partition":0,"offset":%d},'
        b'"event_time":"2026-03-02T10:00:00Z","score":1,"values":{"payment":{"amount":%b}}}'
    )
    raw = [line % (0, 0, b"5"), line % (1, 1, b'"5"'), line % (2, 2, b"true"), b"{"]
    loaded = load([raw], default_bench().book.words, ["amount"])

    assert [5.0, None, None] == loaded.frame["amount"].to_list()
    assert {"is no record of a decision": 1} == loaded.skipped
