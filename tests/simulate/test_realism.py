"""A quick slice of tests/world: shapes, and that no value of a payment gives fraud away."""

from functools import cache

import numpy as np

from risk.simulate.rows import NOT_GIVEN, Payments, merge
from risk.simulate.spec import Spec
from risk.simulate.uses import (
    APP,
    BRANCH,
    CARD,
    CASH,
    DEBIT,
    DECLINED,
    KIND,
    POS,
    REPEAT_SEQUENCE,
    TRANSFER,
    WEB,
)
from risk.simulate.world import World


@cache
def month() -> tuple[Payments, np.ndarray, np.ndarray]:
    """Thirty days of columns, which are fraud, and the day of each."""
    world = World(Spec(payers=1_500, days=30, seed=6, preset="train"))
    days = [world.payments(number) for number in range(30)]
    fraud = [
        np.array([c != NOT_GIVEN and entries[c].case.fraud for c in payments.case])
        for payments, entries in days
    ]
    number = np.repeat(np.arange(30), [len(payments) for payments, _ in days])
    return merge([payments for payments, _ in days]), np.concatenate(fraud), number


def area(fraud: np.ndarray, value: np.ndarray) -> float:
    """The area under the curve by ranks, ties shared, whichever way the value points."""
    _, place, counts = np.unique(value, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    bad, good = int(fraud.sum()), int((~fraud).sum())
    found = (rank[fraud].sum() - bad * (bad + 1) / 2) / (bad * good)
    return max(found, 1 - found)


def test_shares_and_sizes_are_the_published_ones() -> None:
    """Two points of share; means and medians of cards and transfers."""
    payments, _, _ = month()
    kind = KIND[payments.use]
    assert abs(np.isin(kind, (CARD, CASH)).mean() - 0.66) < 0.02
    assert abs((kind == TRANSFER).mean() - 0.21) < 0.025
    assert abs((kind == DEBIT).mean() - 0.14) < 0.025
    assert 30 < payments.cents[kind == CARD].mean() / 100 < 45
    assert 70 < np.median(payments.cents[kind == TRANSFER]) / 100 < 120
    assert 0.01 < (payments.status == DECLINED).mean() < 0.03


def test_fraud_is_as_frequent_as_the_preset_says() -> None:
    """Half a percent and a little, with the noise of a small world."""
    _, fraud, _ = month()
    assert 0.003 < fraud.mean() < 0.009


def test_no_value_of_a_payment_gives_fraud_away() -> None:
    """Each alone, over all and within cards away from shops and transfers."""
    payments, fraud, _ = month()
    values = {
        "amount": payments.cents,
        "hour": payments.moment // 3_600_000,
        "has device": payments.device > 0,
        "device abroad": payments.country,
        "app": payments.channel == APP,
        "web": payments.channel == WEB,
        "status": payments.status,
        "round": payments.cents % 1_000 == 0,
        "has memo": payments.family > 0,
    }
    kind = KIND[payments.use]
    remote = (kind == CARD) & (payments.channel != POS)
    for scope in (np.ones(len(kind), dtype=bool), remote, kind == TRANSFER):
        for name, value in values.items():
            assert area(fraud[scope], value[scope]) < 0.75, name


def test_what_nobody_decides_does_not_tell() -> None:
    """Identifier, milliseconds, seconds, order in the day: no better than chance."""
    payments, fraud, _ = month()
    rubbish = {
        "id": payments.key >> np.uint64(32),
        "end of id": payments.key & np.uint64(0xFFFF),
        "milliseconds": payments.moment % 1_000,
        "seconds": payments.moment // 1_000 % 60,
        "device digit": payments.device & 0xFF,
    }
    decided = fraud & (payments.device > 0)
    scope = payments.device > 0
    for name, value in rubbish.items():
        assert area(decided[scope], value[scope]) < 0.56, name


def test_a_planted_leak_would_be_seen() -> None:
    """The measure itself works: truth and noise as a value is far above the limit."""
    _, fraud, _ = month()
    noise = np.sin(np.arange(len(fraud)) * 12.9898) * 43_758.5453 % 1
    assert area(fraud, fraud * 0.5 + noise) > 0.8


def test_people_sleep_and_scams_happen_by_day() -> None:
    """Two in a hundred genuine payments at night."""
    payments, fraud, _ = month()
    night = payments.moment < 6 * 3_600_000
    assert 0.01 < night[~fraud].mean() < 0.035


def test_a_branch_serves_on_working_days_only() -> None:
    """Nine to five, Monday to Friday: the month begins on a Wednesday that is a holiday."""
    payments, _, day = month()
    there = payments.channel == BRANCH
    hour = payments.moment[there] // 3_600_000
    assert there.any()
    assert {9, 16} <= set(hour.tolist())
    served = np.isin(hour, range(9, 17))  # the rest are tried again, or followed, soon after
    assert served.mean() > 0.97
    assert (hour[~served] == 17).all()
    assert not np.isin((day[there] + 2) % 7, (5, 6)).any()
    assert not (day[there] == 0).any()


def test_a_second_try_says_what_the_first_said() -> None:
    """The invoice has one number, however often it is paid."""
    payments, _, _ = month()
    tries = payments.sequence >= REPEAT_SEQUENCE
    refused = payments.turn[payments.status == DECLINED]
    assert np.isin(refused, payments.turn[tries]).mean() > 0.3
    assert len(set(payments.turn.tolist())) < len(payments)


def test_what_pays_by_phone_or_browser_has_a_device() -> None:
    """Also when a thief pays: no channel without a device gives him away."""
    payments, _, _ = month()
    away = np.isin(payments.channel, (APP, WEB))
    assert (payments.device[away] > 0).all()


def test_fraud_happens_on_every_day() -> None:
    """No quiet beginning, no burst."""
    _, fraud, day = month()
    by_day = np.bincount(day[fraud], minlength=30)
    assert (by_day > 0).mean() > 0.9
