"""The fold over a payer's past: equal to the definition, or silent."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import HISTORY
from features.history import DAY_US, HOUR_US, MAX_FIRSTS, REACH_US, History
from features.transaction import Device, Merchant, Payee, Payer, Scalar, Status, Transaction

START = 1_700_000_000_000_000
WIDTHS = {"10m": 600_000_000, "1h": HOUR_US, "24h": DAY_US, "7d": 7 * DAY_US}
Arrival = tuple[Transaction, int | None]


def pay(
    at: int,
    payer: str = "a",
    payee: str | None = "x",
    device: str | None = None,
    status: Status = "pending",
    merchant: str | None = None,
) -> Transaction:
    """Make a payment `at` microseconds after the start."""
    return Transaction(
        id="t",
        at=START + at,
        kind="card",
        amount_minor=1,
        currency="EUR",
        payer=Payer(payer),
        payee=None if payee is None else Payee(payee),
        merchant=None if merchant is None else Merchant(merchant),
        device=None if device is None else Device(device),
        status=status,
    )


def payee_of(transaction: Transaction) -> str | None:
    """Say whom a payment goes to."""
    if transaction.payee is not None:
        return f"payee {transaction.payee.id}"
    return None if transaction.merchant is None else f"merchant {transaction.merchant.id}"


def device_of(transaction: Transaction) -> str | None:
    """Say what a payment was made with."""
    return None if transaction.device is None else transaction.device.id


def define(arrivals: Sequence[Arrival]) -> dict[str, Scalar]:
    """Give the values of the last arrival by their definition, from all arrivals."""
    last, _ = arrivals[-1]
    own = [(t, money) for t, money in arrivals if t.payer.id == last.payer.id]
    newest = max(t.at for t, _ in own)
    before = [(t, money) for t, money in own[:-1] if t.at <= last.at]
    values: dict[str, Scalar] = {}
    first = min(t.at for t, _ in own)
    values["payer_age_days"] = (last.at - first) / DAY_US
    was = max((t.at for t, _ in own[:-1]), default=0)
    reachable = [t.at for t, _ in before if t.at > was - REACH_US]
    if reachable:
        values["payer_gap_seconds"] = (last.at - max(reachable)) / 1_000_000
    for name, of in (("payee_is_new", payee_of), ("device_is_new", device_of)):
        met = [of(t) for t, _ in before if of(t) is not None]
        if of(last) is not None and met:
            values[name] = of(last) not in met
    for name, width in WIDTHS.items():
        after = last.at - width
        if after >= arrivals[0][0].at and after >= newest - REACH_US:
            earlier = [(t, money) for t, money in before if t.at > after]
            values |= define_window(name, earlier, arrivals[-1])
    return values


def define_window(name: str, earlier: Sequence[Arrival], arrival: Arrival) -> dict[str, Scalar]:
    """Give the values of one window from the payments in it before the last one."""
    last, amount = arrival
    payees = {payee_of(last), *(payee_of(t) for t, _ in earlier)} - {None}
    values: dict[str, Scalar] = {
        f"payer_count_{name}": len(earlier) + 1,
        f"payer_payees_{name}": len(payees),
    }
    known = [money for _, money in earlier if money is not None]
    if len(known) == len(earlier) and amount is not None:
        values[f"payer_sum_{name}"] = (sum(known) + amount) / 100
    if name == "1h":
        values["payer_declines_1h"] = [t.status for t, _ in earlier].count("declined")
    if name == "7d" and earlier and len(known) == len(earlier):
        values["payer_mean_7d"] = sum(known) / (100 * len(known))
    return values


STEPS = [0, 1, HOUR_US // 6, HOUR_US, HOUR_US + 1, DAY_US, 3 * DAY_US, 7 * DAY_US, REACH_US]
DRAWS = st.tuples(
    st.sampled_from([*STEPS, *(-step for step in STEPS)]),
    st.sampled_from("aab"),
    st.sampled_from([("x", None), ("y", None), ("x", "y"), (None, "x"), (None, None)]),
    st.sampled_from([None, None, "x", "y"]),
    st.sampled_from([None, 0, 1, 250, 2**53]),
    st.booleans(),
)


def arrive(draws: list[tuple[Any, ...]]) -> list[Arrival]:
    """Make payments: late ones (a step back from the newest), equal times, leaps."""
    clock, arrivals = 9 * DAY_US, []
    for step, payer, (payee, merchant), device, money, declined in draws:
        at = clock + step
        clock = max(at, clock)
        status: Status = "declined" if declined else "pending"
        transaction = pay(at, payer, payee, device, status, merchant)
        arrivals.append((transaction, money))
    return arrivals


STREAMS = st.lists(DRAWS, min_size=1, max_size=20).map(arrive)


@given(STREAMS)
def test_values_are_those_of_the_definition(arrivals: list[Arrival]) -> None:
    """Each observation equals a count over all that arrived, known and unknown alike."""
    history = History()
    for index, (transaction, money) in enumerate(arrivals):
        expected = define(arrivals[: index + 1])
        assert expected == history.observe(transaction, money)
    assert len({transaction.payer.id for transaction, _ in arrivals}) == history.payers


@given(STREAMS)
def test_recall_gives_the_values_again(arrivals: list[Arrival]) -> None:
    """Right after it was observed a payment has the same values, and nothing has changed."""
    history = History()
    times: set[tuple[str, int]] = set()
    for transaction, money in arrivals:
        first = history.observe(transaction, money)
        again = history.recall(transaction, money)
        assert again == history.recall(transaction, money)
        key = (transaction.payer.id, transaction.at)
        gap = first.get("payer_gap_seconds", 0)
        if again and key not in times and float(gap) < REACH_US / 1_000_000:
            assert first == again
        times.add(key)


def test_what_was_never_observed_or_is_gone_is_not_recalled() -> None:
    """Nothing is known of a payment that the history does not hold."""
    history = History()
    payment = pay(0)
    assert {} == history.recall(payment, 1)
    history.observe(payment, 1)
    assert {} == history.recall(payment, 2)
    history.observe(pay(REACH_US), 1)
    assert {} == history.recall(payment, 1)


def test_every_name_is_in_the_catalogue_and_every_entry_is_made() -> None:
    """The list of words and the code that makes the values say the same."""
    history = History()
    history.observe(pay(0, device="d"), 1)
    values = history.observe(pay(7 * DAY_US, device="e"), 1)
    assert {value.name for value in HISTORY} - {"payer_mean_7d"} == set(values)
    values = history.observe(pay(7 * DAY_US, device="e"), 1)
    assert {value.name for value in HISTORY} == set(values)


def test_a_window_ends_exactly_where_it_begins() -> None:
    """At a distance of the width a payment is out; a microsecond nearer it is in."""
    history = History()
    history.observe(pay(0, payer="other"), 1)
    history.observe(pay(DAY_US), 100)
    assert 1 == history.observe(pay(DAY_US + HOUR_US), 100)["payer_count_1h"]
    history.observe(pay(2 * DAY_US), 100)
    assert 2 == history.observe(pay(2 * DAY_US + HOUR_US - 1), 100)["payer_count_1h"]


def test_a_cold_history_knows_no_window() -> None:
    """An hour after the start the hour is known and the day is not: never a wrong low."""
    history = History()
    history.observe(pay(0, payer="other"), 1)
    assert "payer_count_1h" not in history.observe(pay(HOUR_US - 1), 1)
    values = history.observe(pay(HOUR_US), 1)
    assert 2 == values["payer_count_1h"]
    assert "payer_count_24h" not in values


def test_a_late_payment_does_not_warm_the_history() -> None:
    """One payment with a clock of years ago must not make the windows look known."""
    history = History()
    history.observe(pay(0), 1)
    history.observe(pay(-9000 * DAY_US, payer="broken"), 1)
    assert "payer_count_24h" not in history.observe(pay(HOUR_US), 1)


def test_a_late_payment_knows_the_windows_that_are_still_whole() -> None:
    """Two days late the week reaches back further than is kept; the day does not."""
    history = History()
    history.observe(pay(-20 * DAY_US, payer="other"), 1)
    history.observe(pay(0), 1)
    history.observe(pay(-2 * DAY_US + HOUR_US), 1)
    values = history.observe(pay(-2 * DAY_US + HOUR_US), 1)
    assert 2 == values["payer_count_24h"]
    assert "payer_count_7d" not in values


def test_a_declined_payment_counts_as_an_attempt() -> None:
    """Declines are counted, and are payments of the payer like the others."""
    history = History()
    history.observe(pay(-DAY_US), 1)
    history.observe(pay(0, status="declined"), 250)
    values = history.observe(pay(1, status="declined"), 250)
    assert (2, 1, 5.0) == (
        values["payer_count_1h"],
        values["payer_declines_1h"],
        values["payer_sum_1h"],
    )


def test_more_payees_than_are_remembered_are_unknown() -> None:
    """Beyond the bound a payee is neither new nor known; those remembered stay known."""
    history = History()
    for number in range(MAX_FIRSTS):
        history.observe(pay(number, payee=f"p-{number}"), 1)
    assert "payee_is_new" not in history.observe(pay(1000, payee="one more"), 1)
    assert "payee_is_new" not in history.observe(pay(1001, payee="one more"), 1)
    assert "payee_is_new" not in history.recall(pay(1001, payee="one more"), 1)
    assert history.observe(pay(1002, payee="p-7"), 1)["payee_is_new"] is False


def test_a_payee_and_a_merchant_of_one_id_are_two() -> None:
    """Ids of different kinds are different names."""
    history = History()
    history.observe(pay(0, payee="x"), 1)
    values = history.observe(pay(1, payee=None, merchant="x"), 1)
    assert values["payee_is_new"] is True


def test_the_sum_is_in_units_of_the_books_currency() -> None:
    """A book in yen has no decimals, one in dinar three."""
    for exponent, expected in ((0, 1250.0), (3, 1.25)):
        history = History(exponent)
        history.observe(pay(-HOUR_US, payer="other"), 1)
        assert expected == history.observe(pay(0), 1250)["payer_sum_1h"]
