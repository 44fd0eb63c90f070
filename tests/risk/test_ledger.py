"""The ledger remembers the last payments by content, in the order of the log."""

from collections.abc import Sequence

from fakes.payments import arrival, payment, payments
from hypothesis import given
from hypothesis import strategies as st

from features.message import parse
from features.transaction import Payer, Transaction
from risk.decision import Reason
from risk.ledger import SHARED, Entry, FirstAnswer, Ledger, digest

ANSWER = FirstAnswer(f"{1:032}", "approve", None, 3)

entries = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=40)
"""Contents by number, with their ids: few, so that they meet again."""


def fill(ledger: Ledger, found: Sequence[tuple[int, int]]) -> None:
    for content, name in found:
        ledger.remember(bytes([content, name]), Entry(f"p{name}", ANSWER))


@given(entries, st.integers(0, 8))
def test_the_last_distinct_contents_are_remembered(
    found: list[tuple[int, int]], limit: int
) -> None:
    """As many as the limit says, counted along the log; a repeat does not make one younger."""
    ledger = Ledger(limit)
    fill(ledger, found)
    kept: list[tuple[int, int]] = []
    for each in found:
        if each not in kept:
            kept = [*kept, each][-limit:] if limit else []
    assert len(kept) == len(ledger)
    for each in set(found):
        assert (each in kept) == (ledger.find(bytes(each)) is not None)


@given(entries, st.integers(0, 8))
def test_an_id_is_known_as_long_as_a_payment_with_it_is(
    found: list[tuple[int, int]], limit: int
) -> None:
    """Whatever its content."""
    ledger = Ledger(limit)
    fill(ledger, found)
    names = {name for content, name in found if ledger.find(bytes([content, name]))}
    assert [name in names for name in range(4)] == [ledger.knows_id(f"p{n}") for n in range(4)]


def test_the_first_answer_stays() -> None:
    """A later answer of the same payment replaces only one that is not known."""
    ledger = Ledger(2)
    ledger.remember(b"a", Entry("p", None))
    ledger.remember(b"a", Entry("p", ANSWER))
    ledger.remember(b"a", Entry("p", FirstAnswer(f"{2:032}", "reject", None, 90)))
    assert Entry("p", ANSWER) == ledger.find(b"a")
    assert 1 == len(ledger)


def test_an_answer_that_comes_later_does_not_make_a_payment_younger() -> None:
    """Age counts from the first time it was seen, as it does in a fold without answers."""
    ledger = Ledger(2)
    ledger.remember(b"a", Entry("p", None))
    ledger.remember(b"b", Entry("q", ANSWER))
    ledger.remember(b"a", Entry("p", ANSWER))
    ledger.remember(b"c", Entry("r", ANSWER))
    assert ledger.find(b"a") is None


@given(payments, payments)
def test_digests_are_equal_only_for_equal_payments(one: dict, other: dict) -> None:  # type: ignore[type-arg]
    """Equal content, equal digest, and never otherwise."""
    first, second = (parse(arrival(value).value or b"") for value in (one, other))
    assert (first == second) == (digest(first) == digest(second))


def test_the_order_of_attributes_says_nothing() -> None:
    """Nor does a whole number beyond 64 bits break the digest."""
    given_ = {"id": "p", "at": 0, "kind": "card", "amount_minor": 1, "currency": "EUR"}
    one, other = (
        Transaction(**given_, payer=Payer("a"), attributes=dict(pairs))  # type: ignore[arg-type]
        for pairs in ([("a", 1), ("b", 2**70)], [("b", 2**70), ("a", 1)])
    )
    assert digest(one) == digest(other)


def test_every_field_of_a_payment_counts() -> None:
    """Change one, and it is another payment."""
    base = payment(memo="a", device={"id": "d"}, payee={"id": "x"})
    changes = (
        {},
        {"id": "p2"},
        {"time": "2026-03-02T10:15:00.000001Z"},
        {"amount": "12.51"},
        {"currency": "USD"},
        {"kind": "cash"},
        {"status": "declined"},
        {"channel": "web"},
        {"memo": "b"},
        {"payer": {"id": "anna", "country": "DE"}},
        {"payee": {"id": "y"}},
        {"device": {"id": "e"}},
        {"merchant": {"id": "shop", "category": "5411"}},
    )
    found = {digest(parse(arrival({**base, **change}).value or b"")) for change in changes}
    assert len(changes) == len(found)


def test_answers_are_shared_until_too_many_differ() -> None:
    """The store of shared answers is emptied, and every repeat still gets its own."""
    ledger = Ledger(SHARED + 10)
    for number in range(SHARED + 5):
        reasons = (Reason("R", str(number)),)
        answer = FirstAnswer(f"{number:032x}", "review", None, 1, reasons=reasons)
        ledger.remember(digest_of(number), Entry(f"t{number}", answer))
    for number in (0, SHARED + 4):
        found = ledger.find(digest_of(number))
        assert found is not None
        assert found.answer is not None
        assert str(number) == found.answer.reasons[0].text


def digest_of(number: int) -> bytes:
    return number.to_bytes(16, "big")
