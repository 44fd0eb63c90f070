"""Values a scorer would have: of the payment itself, and of what its payer did before."""

from collections import defaultdict, deque
from math import log

import numpy as np
from columns import Payment, Table

HOUR, DAY, WEEK, MONTH = 3_600, 86_400, 604_800, 2_592_000
LIMITS = (500, 1_000, 2_000, 2_500, 5_000, 10_000)
Values = dict[str, np.ndarray]


def event(table: Table) -> Values:
    """What the payment alone says: the short list, then the rest."""
    payments, clock = table.payments, table.seconds % DAY
    below = [n for top in LIMITS for n in range(int(top * 0.9), top)]

    def flags(true) -> np.ndarray:
        return np.array([1.0 if true(payment) else 0.0 for payment in payments])

    return {
        "amount": table.cents / 100,
        "channel": table.codes(lambda p: p.channel),
        "foreign": flags(lambda p: p.payee.country != p.payer.country),
        "hour": clock // HOUR,
        "round": (table.cents % 1_000 == 0) * 2.0 + (table.cents % 500 == 0),
        "night": (clock < 6 * HOUR) * 1.0,
        "kind": table.codes(lambda p: p.kind),
        "device abroad": flags(lambda p: p.device and p.device.country != p.payer.country),
        "has device": flags(lambda p: p.device),
        "category": table.codes(lambda p: p.merchant.category if p.merchant else ""),
        "declined": flags(lambda p: p.status == "declined"),
        "weekday": table.day % 7,
        "memo length": np.array([len(p.memo or "") for p in payments]),
        "has memo": flags(lambda p: p.memo),
        "payee country": table.codes(lambda p: p.payee.country),
        "just below a limit": np.isin(table.cents // 100, below) * 1.0,
    }


EVENT_ONLY = ("amount", "channel", "foreign", "hour", "round")
PAST = (
    "new payee", "unknown device", "gap", "count 1h", "count 24h", "count 7d", "sum 24h",
    "z of amount", "payees 24h", "payers of payee", "payments to payee",
    "known name, new account",
    "declined 1h", "gap in kind", "payee age", "device age",
)  # fmt: skip


class Payer:
    """What is remembered of one payer."""

    def __init__(self) -> None:
        self.recent: deque[tuple[float, int, str, bool]] = deque()
        self.payees: dict[str, float] = {}
        self.devices: dict[str, float] = {}
        self.names: set[str] = set()
        self.kinds: dict[str, float] = {}
        self.last = -1e12
        self.count = self.total = self.square = 0.0

    def values(
        self, payment: Payment, now: float, cents: int, others: int
    ) -> tuple[float, ...]:
        """The values of `PAST`, before this payment is remembered."""
        recent, payee = self.recent, payment.payee.id
        while recent and recent[0][0] < now - WEEK:
            recent.popleft()
        today = [one for one in recent if one[0] > now - DAY]
        hour = [one for one in today if one[0] > now - HOUR]
        device = payment.device.id if payment.device else None
        size = log(cents + 1)
        mean = self.total / self.count if self.count else size
        variance = self.square / self.count - mean * mean if self.count > 2 else 1.0
        return (
            payee not in self.payees,
            device is not None and device not in self.devices,
            min(now - self.last, MONTH),
            len(hour),
            len(today),
            len(recent),
            sum(one[1] for one in today) / 100,
            (size - mean) / (max(variance, 0.0) ** 0.5 + 0.3),
            len({one[2] for one in today}),
            others,
            [one[2] for one in recent].count(payee),
            payee not in self.payees and payment.payee.name in self.names,
            sum(one[3] for one in hour),
            min(now - self.kinds.get(payment.kind, -1e12), MONTH),
            now - self.payees.get(payee, now),
            now - self.devices.get(device, now) if device else -1.0,
        )

    def remember(self, payment: Payment, now: float, cents: int) -> None:
        """Take the payment into account."""
        size = log(cents + 1)
        self.recent.append((now, cents, payment.payee.id, payment.status == "declined"))
        self.payees.setdefault(payment.payee.id, now)
        self.names.add(payment.payee.name)
        if payment.device:
            self.devices.setdefault(payment.device.id, now)
        self.kinds[payment.kind] = self.last = now
        self.count += 1
        self.total += size
        self.square += size * size


def past(table: Table) -> Values:
    """What the payments before say; nothing that came later."""
    rows = np.zeros((len(table.payments), len(PAST)), dtype=np.float32)
    payers: dict[str, Payer] = defaultdict(Payer)
    seen: dict[str, set[str]] = defaultdict(set)
    for place, payment in enumerate(table.payments):
        now, cents = float(table.seconds[place]), int(table.cents[place])
        payer, known = payers[payment.payer.id], seen[payment.payee.id]
        rows[place] = payer.values(payment, now, cents, len(known))
        payer.remember(payment, now, cents)
        known.add(payment.payer.id)
    return {name: rows[:, column] for column, name in enumerate(PAST)}
