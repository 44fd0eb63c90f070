"""A world read back from its bytes, as a stranger would read it, with the truth beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np

from risk.simulate.people import People
from risk.simulate.spec import Spec
from risk.simulate.world import World


class Party(msgspec.Struct, gc=False):
    """A payer or a payee."""

    id: str
    name: str = ""
    account: str = ""
    country: str = ""


class Shop(msgspec.Struct, gc=False):
    """A merchant."""

    id: str
    category: str


class Device(msgspec.Struct, gc=False):
    """What the payer used."""

    id: str
    ip: str
    country: str


class Payment(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What the wire may hold; anything else would be a leak, and is an error."""

    id: str
    time: str
    kind: str
    channel: str
    status: str
    amount: str
    currency: str
    payer: Party
    payee: Party
    merchant: Shop | None = None
    device: Device | None = None
    memo: str | None = None


@dataclass
class Table:
    """One row a payment, in order of time; the arrays from `fraud` on are the truth."""

    payments: list[Payment]
    lines: list[str]
    seconds: np.ndarray
    cents: np.ndarray
    day: np.ndarray
    fraud: np.ndarray
    fraud_kind: np.ndarray
    case: np.ndarray
    late: np.ndarray  # whether every label of the payment is known after it
    people: People
    name: Callable[[int], str]  # of a payer

    def strings(self, take: Any) -> np.ndarray:
        """`take(payment)` as text, a row each."""
        return np.array([str(take(payment)) for payment in self.payments])

    def codes(self, take: Any) -> np.ndarray:
        """A number for each different value of `take(payment)`."""
        known: dict[Any, int] = {}
        return np.array([known.setdefault(take(p), len(known)) for p in self.payments])

    @property
    def payer(self) -> np.ndarray:
        """Each payment's payer as a row of `people`."""
        return np.array([int(payment.payer.id[1:]) - 1 for payment in self.payments])


def read(spec: Spec) -> Table:
    """Make the world and parse what it wrote."""
    world = World(spec)
    decode = msgspec.json.Decoder(Payment).decode
    payments, lines, days, truths, late = [], [], [], {}, {}
    for number in range(spec.days):
        made = world.day(number)
        payments += [decode(line) for line in made.lines]
        lines += made.lines
        days += [number] * len(made.lines)
        truths |= {truth.transaction_id: truth for truth in made.truths}
        for label in made.labels:
            late[label.transaction_id] = label.known_at > label.paid_at
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    told = [truths.get(payment.id) for payment in payments]
    times = [datetime.fromisoformat(payment.time) for payment in payments]
    return Table(
        payments=payments,
        lines=lines,
        seconds=np.array([(time - epoch).total_seconds() for time in times]),
        cents=np.array([round(float(payment.amount) * 100) for payment in payments]),
        day=np.array(days),
        fraud=np.array([truth is not None and truth.fraud for truth in told]),
        fraud_kind=np.array([truth.kind if truth and truth.fraud else "" for truth in told]),
        case=np.array([truth.case if truth and truth.fraud else "" for truth in told]),
        late=np.array([late.get(payment.id, True) for payment in payments]),
        people=world.people,
        name=world.identities.name,
    )
