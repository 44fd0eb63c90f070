"""Marks of scores, held against plain definitions and against scikit-learn's."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.train.measure import (
    auc,
    average_precision,
    calibration_error,
    card_precision,
    precision,
    recall,
    recall_at,
    reliability,
    top,
    value_recall,
)

JUDGED = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40).filter(
    lambda rows: 0 < sum(fraud for fraud, _ in rows) < len(rows)
)
"""Labels and scores with many ties; both kinds are there."""


def columns(rows: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    fraud, scores = zip(*rows, strict=True)
    return np.array(fraud, dtype=bool), np.array(scores, dtype=float)


@given(JUDGED)
def test_auc_is_the_chance_that_a_fraud_scores_higher(rows: list[tuple[bool, int]]) -> None:
    """Over all pairs of a fraud and a genuine payment; a tie is half."""
    frauds = [score for fraud, score in rows if fraud]
    others = [score for fraud, score in rows if not fraud]
    wins = [(a > b) + (a == b) / 2 for a, b in product(frauds, others)]
    assert sum(wins) / len(wins) == pytest.approx(auc(*columns(rows)))


@given(JUDGED)
def test_average_precision_and_auc_are_those_of_scikit_learn(
    rows: list[tuple[bool, int]],
) -> None:
    """The published tables were made with it."""
    metrics = pytest.importorskip("sklearn.metrics")
    fraud, scores = columns(rows)
    assert metrics.average_precision_score(fraud, scores) == pytest.approx(
        average_precision(fraud, scores)
    )
    assert metrics.roc_auc_score(fraud, scores) == pytest.approx(auc(fraud, scores))


@given(JUDGED, st.floats(0, 1))
def test_recall_at_a_rate_is_the_best_threshold_that_keeps_it(
    rows: list[tuple[bool, int]], rate: float
) -> None:
    """No threshold finds more frauds while it stops no more of the genuine payments."""
    fraud, scores = columns(rows)
    best = max(
        (scores[fraud] >= least).mean()
        for least in range(8)
        if (scores[~fraud] >= least).mean() <= rate
    )
    assert best == pytest.approx(recall_at(fraud, scores, rate))


def test_marks_that_mean_nothing_are_not_numbers() -> None:
    """Without fraud, or without anything chosen, there is no mark rather than a 0."""
    nothing = np.zeros(3, dtype=bool)
    scores = np.array([1.0, 2.0, 3.0])
    found = [
        auc(nothing, scores),
        auc(~nothing, scores),
        average_precision(nothing, scores),
        recall_at(nothing, scores, 0.1),
        precision(nothing, nothing),
        recall(nothing, ~nothing),
        value_recall(nothing, ~nothing, scores),
        card_precision(nothing[:0], scores[:0], np.array([], dtype=np.int64), []),
    ]
    assert [True] * len(found) == [bool(np.isnan(mark)) for mark in found]


def test_the_top_share_holds_the_highest_scores_and_the_earlier_of_equals() -> None:
    """Ties are broken by the order of the log, so that a rerun flags the same payments."""
    scores = np.array([1.0, 3.0, 2.0, 3.0, 2.0])
    assert [False, True, True, True, False] == top(scores, 0.6).tolist()


def test_shares_of_frauds_and_of_their_money() -> None:
    """Precision looks at the chosen, recall at the frauds, value recall at their amounts."""
    fraud = np.array([True, True, False, False])
    chosen = np.array([True, False, True, False])
    amounts = np.array([30.0, 10.0, 5.0, 5.0])
    assert 0.5 == precision(fraud, chosen)
    assert 0.5 == recall(fraud, chosen)
    assert 0.75 == value_recall(fraud, chosen, amounts)


def test_a_card_that_was_found_does_not_come_again() -> None:
    """It is blocked: on the next day the second place is the first."""
    fraud = np.array([True, False, True, True, False])
    scores = np.array([9.0, 1.0, 9.0, 5.0, 1.0])
    days = np.array([0, 0, 1, 1, 1])
    cards = ["a", "b", "a", "c", "b"]
    assert 1.0 == card_precision(fraud, scores, days, cards, top_k=1)


def test_a_card_is_ranked_by_its_highest_score_of_the_day() -> None:
    """One fraud among many quiet payments is enough, and it counts once."""
    fraud = np.array([False, True, True, False])
    scores = np.array([1.0, 9.0, 8.0, 5.0])
    found = card_precision(fraud, scores, np.zeros(4, dtype=np.int64), ["a", "a", "a", "b"], 2)
    assert 0.5 == found


def test_probabilities_that_are_true_have_no_calibration_error() -> None:
    """One in four where one in four is said; shares off by 0.25 are an error of 0.25."""
    fraud = np.array([True, False, False, False] * 5)
    assert calibration_error(fraud, np.full(20, 0.25), bins=5) == pytest.approx(0.0)
    assert calibration_error(fraud, np.full(20, 0.5), bins=5) == pytest.approx(0.25)
    assert [(0.25, 0.25, 20)] == reliability(fraud, np.full(20, 0.25), bins=1)
