"""Values a scorer would have: of the payment itself, and of what its payer did before."""

from collections import defaultdict, deque

import numpy as np
from columns import Table

HOUR, DAY = 3600, 86_400


def event(table: Table) -> dict[str, np.ndarray]:
    """What the payment alone says."""
    clock = table.seconds % DAY
    return {
        "amount": table.cents / 100,
        "channel": table.codes(lambda p: p.channel),
        "kind": table.codes(lambda p: p.kind),
        "foreign": np.array([p.payee.country != p.payer.country for p in table.payments]) * 1,
        "hour": (clock // HOUR).astype(int),
        "night": (clock < 6 * HOUR) * 1,
        "round": ((table.cents % 1000 == 0) * 2 + (table.cents % 500 == 0)),
    }


def more_of_event(table: Table) -> dict[str, np.ndarray]:
    payments = table.payments
    return {
        "device abroad": np.array([1 if p.device and p.device.country != p.payer.country else 0 for p in payments]),
        "has device": np.array([1 if p.device else 0 for p in payments]),
        "category": table.codes(lambda p: p.merchant.category if p.merchant else ""),
        "declined": np.array([1 if p.status == "declined" else 0 for p in payments]),
        "weekday": table.day % 7,
        "memo length": np.array([len(p.memo or "") for p in payments]),
        "has memo": np.array([1 if p.memo else 0 for p in payments]),
        "payee country": table.codes(lambda p: p.payee.country),
        "just below a limit": np.isin(table.cents // 100, [n for top in (500, 1000, 2000, 2500, 5000, 10000) for n in range(int(top * 0.9), top)]) * 1,
    }


class _Payer:
    __slots__ = ("amounts", "count", "devices", "last", "names", "payees", "recent", "square", "total")

    def __init__(self):
        self.recent = deque()
        self.payees, self.devices, self.names = {}, {}, set()
        self.last = None
        self.count = self.total = self.square = 0.0


NAMES = (
    "new payee", "unknown device", "gap", "count 1h", "count 24h", "count 7d", "sum 24h", "z amount",
    "payees 24h", "strangers of payee", "payments to payee", "new account of a known name",
    "declined 1h", "gap to kind", "payee age", "device age",
)


def past(table: Table) -> dict[str, np.ndarray]:
    """What the payments before say; nothing is known that came later."""
    rows = np.zeros((len(table.payments), len(NAMES)))
    payers = defaultdict(_Payer)
    seen = defaultdict(set)
    kinds = {}
    for place, (p, now, cents) in enumerate(zip(table.payments, table.seconds, table.cents)):
        me = payers[p.payer.id]
        recent = me.recent
        while recent and recent[0][0] < now - 7 * DAY:
            recent.popleft()
        hour = [r for r in recent if r[0] > now - HOUR]
        today = [r for r in recent if r[0] > now - DAY]
        device = p.device.id if p.device else None
        size = np.log(cents + 1)
        mean = me.total / me.count if me.count else size
        spread = (max(me.square / me.count - mean * mean, 0) ** 0.5 if me.count > 2 else 1) + 0.3
        rows[place] = (
            p.payee.id not in me.payees,
            device is not None and device not in me.devices,
            min(now - me.last, 30 * DAY) if me.last else 30 * DAY,
            len(hour),
            len(today),
            len(recent),
            sum(r[1] for r in today) / 100,
            (size - mean) / spread,
            len({r[2] for r in today}),
            len(seen[p.payee.id]),
            sum(1 for r in recent if r[2] == p.payee.id),
            p.payee.id not in me.payees and p.payee.name in me.names,
            sum(r[3] for r in hour),
            min(now - kinds.get((p.payer.id, p.kind), now - 30 * DAY), 30 * DAY),
            now - me.payees.get(p.payee.id, now),
            now - me.devices.get(device, now) if device else -1,
        )
        recent.append((now, cents, p.payee.id, p.status == "declined"))
        me.payees.setdefault(p.payee.id, now)
        me.names.add(p.payee.name)
        if device:
            me.devices.setdefault(device, now)
        me.last = now
        me.count, me.total, me.square = me.count + 1, me.total + size, me.square + size * size
        seen[p.payee.id].add(p.payer.id)
        kinds[p.payer.id, p.kind] = now
    return {name: rows[:, n] for n, name in enumerate(NAMES)}
