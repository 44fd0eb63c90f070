"""From raw scores to probabilities, by two ways."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.train.calibration import calibrate, fit_logistic, probabilities

METHODS = st.sampled_from(["platt", "isotonic"])
ROWS = st.lists(st.tuples(st.booleans(), st.floats(-8, 8)), min_size=4, max_size=60).filter(
    lambda rows: 1 < sum(fraud for fraud, _ in rows) < len(rows) - 1
)


@given(ROWS, METHODS)
def test_cuts_ascend_and_are_a_hundred_at_most(rows: list[tuple[bool, float]], method) -> None:  # type: ignore[no-untyped-def]
    """Whatever was fitted, points never fall as the raw score rises."""
    fraud, raws = (np.array(column) for column in zip(*rows, strict=True))
    cuts = calibrate(fraud, raws, method)
    assert sorted(cuts) == list(cuts)
    assert 100 >= len(cuts)
    assert np.isfinite(cuts).all()


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_a_curve_that_is_there_is_found(method) -> None:  # type: ignore[no-untyped-def]
    """Raw scores whose log odds are 2 raw - 3 get these probabilities back."""
    dice = np.random.default_rng(3)
    raws = dice.uniform(-2, 4, 60_000)
    true = 1 / (1 + np.exp(3 - 2 * raws))
    fraud = dice.uniform(size=len(raws)) < true
    stated = probabilities(raws, calibrate(fraud, raws, method))
    assert np.abs(stated - true).mean() < 0.01


def test_isotonic_cuts_pool_what_is_out_of_order() -> None:
    """Shares 0, 1/2 (two pooled) and 1: the steps lie halfway between the pools."""
    raws = np.array([0.0, 1.0, 2.0, 3.0])
    fraud = np.array([False, True, False, True])
    cuts = calibrate(fraud, raws, "isotonic")
    assert {0.5, 2.5} == set(cuts)
    assert [0.0, 0.5, 0.5, 1.0] == probabilities(raws, cuts).tolist()


def test_scores_that_point_the_wrong_way_keep_their_order() -> None:
    """A scorer worse than chance is not turned round: it states the share of fraud around."""
    raws = np.array([-1.0, 0.0, 1.0, 2.0] * 5)
    fraud = np.array([True, False, False, False] * 5)
    slope, offset = fit_logistic(fraud, raws)
    assert 1.0 == slope
    assert -1.0 == pytest.approx(offset + raws.mean(), abs=0.2)
