"""The demo's numbers do not depend on which of its three sources is heard first."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from risk.decision import Decision, Outcome, Reason, Source, Version
from risk.demo.tally import Latency, Share, Stop, Tally

NAMED = Version("n", "1", "h")


def decision(
    offset: int, outcome: Outcome, identity: str | None = None, currency: str = "EUR"
) -> Decision:
    return Decision(
        id=f"d{offset}",
        source=Source("t", "1", 0, offset),
        transaction_id=identity,
        payer_id="p1",
        event_time=datetime(2025, 1, 1, tzinfo=UTC),
        amount_minor=123_456,
        currency=currency,
        outcome=outcome,
        tier=None,
        score=7,
        reasons=(Reason("WHY", "because"),),
        book=NAMED,
        scorer=NAMED,
    )


PAYMENTS = st.lists(
    st.tuples(st.sampled_from(["approve", "review", "reject"]), st.booleans()), max_size=12
)


@given(payments=PAYMENTS, data=st.data())
def test_the_order_of_hearing_changes_nothing(
    payments: list[tuple[Outcome, bool]], data: st.DataObject
) -> None:
    """Any interleaving of arrivals, decisions and truth gives the same shares and latency."""
    ordered, shuffled = Tally(), Tally()
    steps = [
        (number, what) for number in range(len(payments)) for what in ("in", "out", "truth")
    ]
    for tally, order in ((ordered, steps), (shuffled, data.draw(st.permutations(steps)))):
        for number, what in order:
            outcome, fraud = payments[number]
            if what == "in":
                tally.arrive((0, number), 1000)
            elif what == "out":
                tally.decide(decision(number, outcome, f"t{number}"), 1000 + number)
            elif fraud:
                tally.learn(f"t{number}")
    first, second = ordered.picture(0), shuffled.picture(0)
    assert (first.fraud, first.genuine) == (second.fraud, second.genuine)
    assert (first.outcomes, first.latency) == (second.outcomes, second.latency)
    assert len(payments) == first.fraud.total + first.genuine.total


def test_fraud_is_stopped_by_a_review_as_by_a_rejection() -> None:
    """Shares count what did not go through at once."""
    tally = Tally()
    for identity in ("f1", "f2", "f3", "f1"):
        tally.learn(identity)
    tally.decide(decision(0, "reject", "f1"), 1)
    tally.decide(decision(1, "review", "f2"), 1)
    tally.decide(decision(2, "approve", "f3"), 1)
    tally.decide(decision(3, "approve", "g1"), 1)
    seen = tally.picture(1)
    assert Share(rejected=1, held=1, total=3) == seen.fraud
    assert 2 / 3 == seen.fraud.stopped
    assert Share(rejected=0, held=0, total=1) == seen.genuine
    assert Share(rejected=0, held=0, total=0).stopped is None


def test_a_repeat_and_a_dead_letter_are_no_payment_more() -> None:
    """Only the first decision of a payment counts for the shares."""
    tally = Tally()
    tally.decide(decision(0, "reject", "t1"), 1)
    tally.decide(decision(1, "reject", "t1"), 1)
    tally.decide(decision(2, "review", None), 1)
    seen = tally.picture(1)
    assert (3, 1, 1) == (seen.decided, seen.genuine.total, seen.refused)


def test_the_rate_is_that_of_the_last_five_seconds() -> None:
    """Older decisions do not count."""
    tally = Tally()
    for at in (1_000, 6_000, 8_000):
        tally.decide(decision(at, "approve"), at)
    assert 2 / 5 == tally.picture(9_000).rate


def test_latency_is_the_time_between_the_two_records() -> None:
    """The median and the 99th percentile of what is known."""
    tally = Tally()
    assert tally.picture(0).latency is None
    for offset in range(100):
        tally.arrive((0, offset), 1_000)
        tally.decide(decision(offset, "approve"), 1_000 + offset)
    assert Latency(p50=50, p99=99) == tally.picture(0).latency


def test_the_latest_stops_come_first_with_their_money() -> None:
    """Amounts are shown with the decimals of their currency."""
    tally = Tally()
    tally.decide(decision(0, "review", "a"), 1)
    tally.decide(decision(1, "approve", "b"), 1)
    tally.decide(decision(2, "reject", "c", "JPY"), 1)
    expected = (
        Stop("reject", "p1", "123,456 JPY", 7, "because"),
        Stop("review", "p1", "1,234.56 EUR", 7, "because"),
    )
    assert expected == tally.picture(1).stops
