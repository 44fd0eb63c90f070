"""Chance that can be counted: the same draws on every machine, with the shapes they claim."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from risk.simulate import stream

words = some.integers(0, stream.MASK)


def keys(count: int = 40_000) -> stream.Words:
    return stream.fold(7, np.arange(count))


@given(words, words, some.integers(0, 2**31))
def test_one_number_and_a_column_of_numbers_give_the_same_stream(root, part, other) -> None:
    """The scalar and the vector form of a key are the same function."""
    column = stream.fold(root, np.array([part], dtype=np.uint64), other)
    assert stream.fold_one(root, part, other) == int(column[0])


def test_the_draws_are_those_of_every_other_machine() -> None:
    """Pinned: a change here changes every world ever made from a seed."""
    dice = stream.Dice(1, 2, 3)
    drawn = [dice.word(), dice.below(1000), round(dice.normal(), 6), dice.poisson(3.0)]
    assert drawn == [11685863082265060170, 799, -0.734621, 5]


@given(some.floats(-20, 20))
def test_growth_is_the_exponential_to_six_digits(exponent) -> None:
    """The table replaces libm, not the mathematics."""
    grown = float(stream.growth(np.array([exponent]))[0])
    assert grown == pytest.approx(math.exp(exponent), rel=1e-6)


@given(words, some.integers(1, 2**31))
def test_below_stays_below(word, limit) -> None:
    """Uniform integers lie in [0, limit)."""
    found = int(stream.below(np.array([word], dtype=np.uint64), limit)[0])
    assert 0 <= found < limit


def test_a_lognormal_has_its_median_and_its_spread() -> None:
    """By the definition of the parameters."""
    sums = np.log(stream.lognormal(stream.draw(keys(), 0), 50.0, 0.8))
    assert math.log(50) == pytest.approx(float(np.median(sums)), abs=0.02)
    assert 0.8 == pytest.approx(float(np.std(sums)), abs=0.02)


@pytest.mark.parametrize("mean", [0.02, 0.7, 3.3, 9.1])
def test_poisson_counts_have_mean_and_variance_of_their_rate(mean) -> None:
    """Also between two levels of the table, for small rates and large ones."""
    counts = stream.poisson(stream.draw(keys(), 1), np.full(40_000, mean))
    assert mean == pytest.approx(float(counts.mean()), abs=0.01 + mean * 0.03)
    assert mean == pytest.approx(float(counts.var()), abs=0.01 + mean * 0.06)


def test_gamma_three_has_mean_one() -> None:
    """Activity scales rates without changing their sum."""
    assert 1.0 == pytest.approx(
        float(stream.gamma_three(stream.draw(keys(), 2)).mean()), abs=0.02
    )


def test_picks_follow_their_shares() -> None:
    """Each index as often as its weight says."""
    found = stream.pick(stream.draw(keys(), 3), stream.shares([1, 2, 5]))
    assert [0.125, 0.25, 0.625] == pytest.approx(np.bincount(found) / 40_000, abs=0.01)


def test_dice_pick_in_proportion_and_never_outside() -> None:
    """The scalar form, for what is planned one by one."""
    dice = stream.Dice(5)
    found = [dice.pick((3, 1)) for _ in range(4_000)]
    assert {0, 1} == set(found)
    assert 0.75 == pytest.approx(found.count(0) / 4_000, abs=0.03)
