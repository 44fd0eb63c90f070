"""A world read back from its bytes, as a stranger would read it, with the truth beside it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np

from risk.simulate.spec import Spec
from risk.simulate.world import World


class Party(msgspec.Struct):
    id: str
    name: str = ""
    account: str = ""
    country: str = ""


class Shop(msgspec.Struct):
    id: str
    category: str


class Device(msgspec.Struct):
    id: str
    ip: str
    country: str


class Payment(msgspec.Struct):
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
    """One row a payment, in order of time. `fraud`, `fraud_kind`, `case`: the truth."""

    payments: list[Payment]
    lines: list[str]
    seconds: np.ndarray
    cents: np.ndarray
    fraud: np.ndarray
    fraud_kind: np.ndarray
    case: np.ndarray
    unseen: np.ndarray
    day: np.ndarray

    def codes(self, take: Any) -> np.ndarray:
        """An integer for each different value of `take(payment)`."""
        return np.unique([str(take(p)) for p in self.payments], return_inverse=True)[1]

    def strings(self, take: Any) -> np.ndarray:
        return np.array([str(take(p)) for p in self.payments])


def read(spec: Spec) -> Table:
    """Make the world and parse what it wrote."""
    world = World(spec)
    decode = msgspec.json.Decoder(Payment).decode
    payments, lines, days, truths = [], [], [], {}
    for number in range(spec.days):
        made = world.day(number)
        payments += [decode(line) for line in made.lines]
        lines += made.lines
        days += [number] * len(made.lines)
        truths |= {truth.transaction_id: truth for truth in made.truths}
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    told = [truths.get(p.id) for p in payments]
    return Table(
        payments=payments,
        lines=lines,
        seconds=np.array([(datetime.fromisoformat(p.time) - epoch).total_seconds() for p in payments]),
        cents=np.array([round(float(p.amount) * 100) for p in payments]),
        fraud=np.array([t is not None and t.fraud for t in told]),
        fraud_kind=np.array([t.kind if t and t.fraud else "" for t in told]),
        case=np.array([t.case if t and t.fraud else "" for t in told]),
        unseen=np.array([t is not None and t.unseen for t in told]),
        day=np.array(days),
    )
