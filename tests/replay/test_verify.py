"""Laws of verifying: what is recorded comes out again, and what was changed is named."""

import msgspec
import pytest
from fakes.payments import arrivals, default_bench, logs, payment
from fakes.recorded import as_records, decided
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.books import NoBook
from risk.decide import Bench
from risk.decision import Decision, Hit, Reason, Version, decode
from risk.ledger import first_answer
from risk.pipeline import Arrival
from risk.verify.records import Checked, check, hold_repeats

CHANGES = {
    "outcome": {"outcome": "reject"},
    "score": {"score": 99},
    "tier": {"tier": "block"},
    "reasons": {"reasons": (Reason("R0", "nobody said so"),)},
    "hits": {"hits": (Hit("NOT-A-RULE", "review"),)},
    "shadow_outcome": {"shadow_outcome": "reject"},
    "unknowns": {"unknowns": ("amount",)},
    "id": {"id": "0" * 32},
}


def find(book: str, scorer: str) -> Bench:
    """The default book, and no other."""
    bench = default_bench()
    if (book, scorer) != (bench.book_version.hash, bench.scorer_version.hash):
        raise NoBook("another book")
    return bench


def verified(decisions: list[Decision]) -> Checked:
    found = check(as_records(decisions), find)
    hold_repeats(found, {one.id: first_answer(one) for one in decisions})
    return found


@given(logs)
@settings(max_examples=60)
def test_what_was_decided_is_reproduced(log: list[Arrival]) -> None:
    """Every record of any log, poison and repeats included, is reproduced byte for byte."""
    found = verified(decided(log))

    assert (len(log), 0, {}) == (found.same, found.differing, found.unjudged)


@pytest.mark.parametrize("field", CHANGES)
def test_the_first_field_that_was_changed_is_named(field: str) -> None:
    """A record with one changed field differs in just that field."""
    (decision,) = decided(arrivals([payment()]))
    forged = msgspec.structs.replace(decision, **CHANGES[field])

    found = verified([forged])

    assert [field] == [difference.field for difference in found.differences]
    assert not found.holds


def test_a_changed_value_is_noticed() -> None:
    """A value is part of what is judged: to change one changes what comes out."""
    (decision,) = decided(arrivals([payment(amount="20000.00", kind="transfer")]))
    payment_values = {**decision.values["payment"], "amount": 1.0}
    forged = msgspec.structs.replace(
        decision, values={**decision.values, "payment": payment_values}
    )

    assert 1 == verified([forged]).differing


def test_a_repeat_is_held_against_its_first_answer() -> None:
    """A repeat that says something else than the first answer differs."""
    first, second = decided(arrivals([payment(), payment()]))
    forged = msgspec.structs.replace(second, outcome="reject")

    assert ["outcome"] == [one.field for one in verified([first, forged]).differences]


def test_a_repeat_without_its_first_answer_is_not_called_reproduced() -> None:
    """What cannot be judged is neither the same nor different, and nothing holds."""
    _, second = decided(arrivals([payment(), payment()]))

    found = verified([second])

    assert (0, 0, False) == (found.same, found.differing, found.holds)


def test_a_book_that_is_not_kept_is_told() -> None:
    """A record of an unknown book is counted with the reason."""
    (decision,) = decided(arrivals([payment()]))
    other = msgspec.structs.replace(decision, book=Version("b", "1", "0" * 32))

    assert {"another book": 1} == verified([other]).unjudged


@given(st.binary(max_size=30))
def test_what_is_no_record_is_counted(raw: bytes) -> None:
    """Bytes that are no decision never end the run."""
    assert 1 == check([raw], find).unread


def test_a_record_without_what_must_be_there_differs() -> None:
    """A judged record that names no payer cannot be ours."""
    (decision,) = decided(arrivals([payment()]))
    forged = msgspec.structs.replace(decision, payer_id=None)

    assert ["record"] == [one.field for one in verified([forged]).differences]


def test_records_survive_json() -> None:
    """The record that is verified is the one that was written."""
    decisions = decided(arrivals([payment(memo="URGENT")]))

    assert decisions == [decode(raw) for raw in as_records(decisions)]
