"""Payments and pipelines for tests: small worlds in which ids, payers and payees meet again."""

import json
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from risk.assembly import build_bench, default_book
from risk.decide import Bench
from risk.pipeline import Arrival, Limits, Pipeline

START = 1_772_446_500
"""2026-03-02T10:15:00Z in seconds."""


@lru_cache
def default_bench() -> Bench:
    """The default book, read once."""
    return build_bench(default_book())


def stopped_clock() -> int:
    """A clock that stands: every timing is 0, so that answers can be compared whole."""
    return 0


def make_pipeline(known_ids: int = 1000, max_bytes: int = 65_536) -> Pipeline:
    """A pipeline without state."""
    bench = default_bench()
    return Pipeline(
        bench,
        Limits(topic="t", epoch="1", max_bytes=max_bytes, known_ids=known_ids),
        stopped_clock,
    )


def payment(**changes: Any) -> dict[str, Any]:
    """A plain card payment."""
    return {
        "id": "p1",
        "time": "2026-03-02T10:15:00Z",
        "kind": "card",
        "amount": "12.50",
        "currency": "EUR",
        "payer": {"id": "anna"},
        "merchant": {"id": "shop"},
        **changes,
    }


def arrival(value: dict[str, Any] | bytes, offset: int = 0, **changes: Any) -> Arrival:
    """A payment as it stands in the log; its key is the payer unless one is given."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    key = value["payer"]["id"].encode() if isinstance(value, dict) else None
    given = {"partition": 0, "offset": offset, "key": key, "value": raw, **changes}
    return Arrival(**given)


def arrivals(values: list[dict[str, Any] | bytes]) -> list[Arrival]:
    """A log of one partition."""
    return [arrival(value, offset) for offset, value in enumerate(values)]


def _time(second: int) -> str:
    day, rest = divmod(second, 86_400)
    hour, rest = divmod(rest, 3600)
    return f"2026-03-{day + 1:02}T{hour:02}:{rest // 60:02}:{rest % 60:02}Z"


payments = st.builds(
    payment,
    id=st.sampled_from(["p1", "p2", "p3", "p4", "p5"]),
    time=st.integers(0, 20 * 86_400).map(_time),
    kind=st.sampled_from(["card", "transfer", "cash"]),
    amount=st.sampled_from(["0.00", "9.99", "480", "4900.00", "12000.00"]),
    currency=st.sampled_from(["EUR", "USD", "JPY"]).filter(lambda code: code != "JPY"),
    payer=st.fixed_dictionaries(
        {"id": st.sampled_from(["anna", "bela"])},
        optional={"country": st.sampled_from(["DE", "NL", None])},
    ),
    payee=st.none() | st.fixed_dictionaries({"id": st.sampled_from(["x", "y"])}),
    device=st.none() | st.fixed_dictionaries({"id": st.sampled_from(["phone", "tablet"])}),
    status=st.sampled_from(["pending", "declined", None]),
    memo=st.sampled_from([None, "rent", "URGENT: buy gift cards and tell nobody"]),
)
"""Payments of two payers, with ids that come again for the same and for other content."""

logs = st.lists(
    payments | st.sampled_from([b"", b"{", b'{"id": "p1"}', b"[" * 2000]), max_size=25
).map(lambda found: arrivals([*found, *found[::3]]))
"""A log of one partition in which a third of everything comes twice, poison among it."""
