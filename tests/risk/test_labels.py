"""Labels as messages, and how far they were read."""

from itertools import accumulate

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.labels import Label
from risk.labels import Heard, Positions, label_of, report_of

GOOD = {"transaction_id": "t1", "label": "fraud", "known_at": "2026-03-01T10:00:00Z"}
AT = 1_772_359_200_000_000


def heard(timestamp_ms: int | None = None, **changes: object) -> Heard:
    return Heard(0, msgspec.json.encode({**GOOD, **changes}), timestamp_ms)


def test_a_label_says_what_became_known_of_a_payment_and_when() -> None:
    """A reviewer's verdict is one like any; fields that nobody reads are passed over."""
    assert label_of(heard()) == Label("t1", True, AT)
    told = heard(label="genuine", kind="first_party", source="reviewer", case=7)
    assert label_of(told) == Label("t1", False, AT)
    report = report_of(told.value or b"")
    assert report is not None
    assert (report.kind, report.source) == ("first_party", "reviewer")


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff{",
        b"[]",
        msgspec.json.encode({**GOOD, "label": "maybe"}),
        msgspec.json.encode({**GOOD, "transaction_id": ""}),
        msgspec.json.encode({**GOOD, "transaction_id": "x" * 129}),
        msgspec.json.encode({**GOOD, "known_at": "2026-03-01T10:00:00"}),
        msgspec.json.encode({**GOOD, "kind": "x" * 129}),
        b"[" * 3000,
    ],
)
def test_what_is_no_label_is_none(value: bytes | None) -> None:
    """Whatever its bytes are, nothing is raised and nothing is learned."""
    assert label_of(Heard(0, value)) is None


def test_a_label_may_become_known_a_day_after_its_record_and_no_later() -> None:
    """A broken clock upstream must not make labels that wait for ever."""
    day_before = AT // 1000 - 24 * 3600 * 1000
    assert label_of(heard(day_before)) is not None
    assert label_of(heard(day_before - 1)) is None
    assert label_of(heard(0)) is not None


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.randoms())
def test_positions_say_how_far_each_payment_saw_the_labels(
    steps: list[int], dice: object
) -> None:
    """Noted in any order, some of them not at all: the nearest earlier one counts."""
    true = list(accumulate(steps))
    known = [at for at in range(len(true)) if dice.random() < 0.7]  # type: ignore[attr-defined]
    order = list(known)
    dice.shuffle(order)  # type: ignore[attr-defined]
    positions = Positions()
    for at in order:
        positions.note(at, true[at])
    for at in range(len(true)):
        earlier = [true[one] for one in known if one <= at]
        assert positions.at(at) == max(earlier, default=0)
    assert positions.last == max([true[one] for one in known], default=0)
    positions.clear()
    assert (positions.at(99), positions.last) == (0, 0)
