"""Drift: what moved since training, and what did not."""

from fakes.payments import arrival, make_pipeline, payment
from hypothesis import given
from hypothesis import strategies as st

from risk.drift import LARGE, Drift, DriftTally, place_of, spread_of, stability, values_of
from risk.score.model_card import Spread
from risk.worker.metrics import Metrics

NAN = float("nan")
NUMBERS = st.lists(st.sampled_from([0.0, 1.0, 2.5, 7.0, NAN]) | st.floats(-9, 9), min_size=1)


@given(NUMBERS)
def test_the_shares_of_a_spread_are_a_whole(values: list[float]) -> None:
    """Every value, known or not, has exactly one bin; there are ten and unknown at most."""
    spread = spread_of(values)
    assert abs(sum(spread.shares) - 1) < 1e-9
    assert len(spread.edges) + 2 == len(spread.shares) <= 11
    assert sorted(set(spread.edges)) == list(spread.edges)


@given(NUMBERS)
def test_the_same_payments_have_not_drifted(values: list[float]) -> None:
    """PSI is 0 where nothing changed."""
    tally = DriftTally({"x": spread_of(values)})
    for value in values:
        tally.add({"x": value} if value == value else {})
    assert abs(tally.drifts()[0].psi) < 1e-9


@given(NUMBERS, NUMBERS)
def test_drift_is_never_negative(then: list[float], now: list[float]) -> None:
    """Any change adds."""
    spread = spread_of(then)
    counts = [0] * len(spread.shares)
    for value in now:
        counts[place_of(value, spread.edges)] += 1
    assert stability(spread.shares, counts) >= -1e-12


def test_a_value_that_stops_coming_is_drift() -> None:
    """Unknown is a bin; the value that moved most comes first."""
    spread = spread_of([float(number) for number in range(100)])
    tally = DriftTally({"calm": spread, "gone": spread})
    for number in range(100):
        tally.add({"calm": number})
    gone, calm = tally.drifts()
    assert ("gone", 0.0, 1.0) == (gone.name, gone.unknown_then, gone.unknown_now)
    assert LARGE < gone.psi
    assert Drift("calm", calm.psi, 0.0, 0.0) == calm
    assert calm.psi < 0.01


def test_a_text_where_a_number_was_is_unknown() -> None:
    """Nothing is compared with what it cannot be compared with; flags are 0 and 1."""
    tally = DriftTally({"x": Spread((0.0,), (0.5, 0.5, 0.0))})
    for value in ("odd", True, False):
        tally.add({"x": value})
    assert 1 / 3 == tally.drifts()[0].unknown_now


def test_nothing_is_said_before_the_first_payment() -> None:
    """Shares of nothing are nothing."""
    assert [] == DriftTally({"x": spread_of([1.0])}).drifts()


def test_a_value_that_was_never_known_has_one_bin_for_what_is() -> None:
    """A value that starts to come after training is drift as well."""
    spread = spread_of([NAN] * 50)
    assert Spread((), (0.0, 1.0)) == spread
    tally = DriftTally({"x": spread})
    for _ in range(50):
        tally.add({"x": 1.0})
    assert LARGE < tally.drifts()[0].psi


def test_what_was_long_ago_weighs_half_and_half_again() -> None:
    """A tally with a memory follows a stream that has settled at something new."""
    snapshot = {"x": Spread((0.0,), (0.5, 0.5, 0.0))}
    tally = DriftTally(snapshot, memory=100)
    for _ in range(100):
        tally.add({})
    before = tally.drifts()[0]
    for number in range(1000):
        tally.add({"x": number % 2 - 0.5})
    assert 100 > tally.payments
    assert tally.drifts()[0].psi < 0.05 < LARGE < before.psi


def test_a_decision_is_counted_by_its_values_and_its_score() -> None:
    """All sources count; a message that was not judged has no score."""
    decision = make_pipeline().take([arrival(payment())])[0].decision
    found = values_of(decision)
    assert (12.5, decision.score) == (found["amount"], found["score"])
    refused = make_pipeline().take([arrival(b"{")])[0].decision
    assert {} == values_of(refused)


def test_the_worker_tells_the_drift_of_every_value_of_the_card() -> None:
    """One payment in sixteen of a batch is counted; names come from the card alone."""
    metrics = Metrics()
    metrics.watch_drift({"amount": spread_of([1.0, 2.0]), "score": spread_of([0.0])})
    answers = make_pipeline().take([arrival(payment(id=f"p{n}"), n) for n in range(20)])
    metrics.decided(answers)
    found = {
        sample.labels["value"]: sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if family.name == "risk_drift_psi"
    }
    assert {"amount", "score"} == set(found)
    assert found["amount"] > 0
