"""Labels: what became known of payments after they passed, and when.

A payment counts as genuine once it is older than the delay of a velocity, unless a label says
fraud. Each label has one of these ends:

- `waiting`: it becomes known later than the newest payment; it is taken then, before a payment
  of that time;
- `taken`: the payment's first label;
- `late`: its first label, which says fraud when the payment already counted as genuine: it is
  corrected inside every window that still holds it;
- `repeated`: the same verdict again; it counts once;
- `reversed`: another verdict, known later than the one before; it replaces it;
- `stale`: a verdict older than the one that is held; nothing changes;
- `unknown`: no payment with this id, or so old that no window holds it; nothing changes.

The verdict that became known last holds; of two of one moment, fraud. So once a payment was
taken in it does not matter when, or in which order, its labels were: the same labels leave the
same state.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import islice
from typing import Final, Literal, TypeAlias

import msgspec

from features.layout import State
from features.table import Loader, Table
from features.velocity import MINUTE

End: TypeAlias = Literal["waiting", "taken", "late", "repeated", "reversed", "stale", "unknown"]


class Label(msgspec.Struct, frozen=True):
    """What is said of one payment; `known_at` in microseconds UTC is when it became known."""

    payment: str
    is_fraud: bool
    known_at: int


class Passed(msgspec.Struct, frozen=True, array_like=True):
    """Where a payment stands among the labelled ones: kind, key, which of equal times.

    `known_at` is that of the label it has, None without one.
    """

    at: int
    places: tuple[tuple[str, str, int], ...]
    known_at: int | None = None
    is_fraud: bool = False


Waiting: TypeAlias = tuple[int, bool, str]
"""Known at, is it fraud, the payment's id: sorted by when it becomes known."""

Kept: TypeAlias = Passed | Waiting | list[str]

Frozen: TypeAlias = list[tuple[tuple[str, str], Kept | None]]
"""What changed, by kind and key; None for what is gone."""

encode = msgspec.msgpack.Encoder().encode
_passed = msgspec.msgpack.Decoder(Passed).decode
_waiting = msgspec.msgpack.Decoder(Waiting).decode
_ids = msgspec.msgpack.Decoder(list[str]).decode

PAYMENT: Final = "payment"
WAITING: Final = "label"
SPELL: Final = "spell"
"""Kinds of stored states beside the entities: by payment id, by a running place, and the ids of
the payments of a spell of event time, by its number."""

SPELL_US: Final = 10 * MINUTE
"""Payments are forgotten a spell at a time, so that nobody has to hold all their ids."""


class Labels:
    """The labelled payments of one partition. `tables` are those of the plan's kinds.

    `delay` is the least one of its velocities. `settled` are the ends of those that waited.
    What is stored may go from memory: `loader` finds it when its label comes.
    """

    def __init__(self, tables: Sequence[Table], loader: Loader | None, delay: int = 0) -> None:
        self._tables = tables
        self._kinds = [i for i, table in enumerate(tables) if table.layout.label_reach]
        self._labelled = {t.kind: t for t in tables if t.layout.label_reach}
        self._reach = max([table.layout.label_reach for table in tables], default=0)
        self.is_needed = bool(self._kinds)
        self._loader = loader
        self._delay = delay
        self.settled: list[End] = []
        self._passed: dict[str, Passed] = {}
        self._spells: dict[int, list[str]] = {}
        self._oldest: int | None = None
        self._waiting: list[Waiting] = []
        self._changed: dict[tuple[str, str], Kept | None] = {}

    def __len__(self) -> int:
        """How many payments are in memory."""
        return len(self._passed)

    def learn(self, label: Label, clock: int) -> End:
        """Take a label when the newest payment was at `clock`."""
        if not self._kinds:
            return "unknown"
        if label.known_at > clock:
            held = (label.known_at, label.is_fraud, label.payment)
            heappush(self._waiting, held)
            self._changed[WAITING, _place(held)] = held
            return "waiting"
        return self._take(label, clock)

    def catch_up(self, clock: int) -> None:
        """Take every waiting label that is known by now."""
        while self._waiting and self._waiting[0][0] <= clock:
            held = heappop(self._waiting)
            self._changed[WAITING, _place(held)] = None
            known_at, is_fraud, payment = held
            self.settled.append(self._take(Label(payment, is_fraud, known_at), clock))

    def passed(
        self, payment: str, at: int, states: Sequence[tuple[str, State] | None], clock: int
    ) -> None:
        """Remember where a payment was entered; a reused id stands for its first payment."""
        if at <= clock - self._reach or self._held(payment) is not None:
            return
        places = []
        for kind in self._kinds:
            layout, found = self._tables[kind].layout, states[kind]
            if found is None or at <= found[1][0][0] - layout.label_reach:
                continue
            key, state = found
            times = state[layout.places["label_times"]]
            places.append(
                (layout.kind, key, bisect_right(times, at) - 1 - bisect_left(times, at))
            )
        if places:
            self._put(payment, Passed(at, tuple(places)))
            number = at // SPELL_US
            spell = self._spells.setdefault(number, self._spell(number))
            spell.append(payment)
            self._changed[SPELL, str(number)] = spell

    def expire(self, clock: int) -> None:
        """Forget payments that no window can hold any more, whole spells at a time."""
        last = (clock - self._reach) // SPELL_US
        oldest = last if self._oldest is None else self._oldest
        for number in range(oldest, min(last, oldest + self._reach // SPELL_US + 2)):
            self._forget_spell(number)
        self._oldest = max(oldest, last)

    def resume(self, clock: int) -> None:
        """Go on from stored states, whose newest payment was at `clock`."""
        self._oldest = (clock - self._reach) // SPELL_US

    def surplus(self, extra: int) -> list[tuple[str, str]]:
        """Kind and key of so many payments in memory, those there longest, and old spells."""
        spells = [(SPELL, str(number)) for number in list(self._spells)[:-1]]
        return [(PAYMENT, key) for key in islice(self._passed, extra)] + spells

    def forget(self, kind: str, key: str) -> bool:
        """Let what is stored go from memory; False if it changed since it was stored."""
        if (kind, key) in self._changed:
            return False
        if kind == PAYMENT:
            self._passed.pop(key, None)
        else:
            self._spells.pop(int(key), None)
        return True

    def _forget_spell(self, number: int) -> None:
        ids = self._spell(number)
        self._spells.pop(number, None)
        for payment in ids:
            self._passed.pop(payment, None)
            self._changed[PAYMENT, payment] = None
        if ids:
            self._changed[SPELL, str(number)] = None

    def _spell(self, number: int) -> list[str]:
        spell = self._spells.get(number)
        if spell is None and self._loader is not None:
            stored = self._loader(SPELL, str(number))
            spell = _ids(stored) if stored else None
        return [] if spell is None else spell

    def _held(self, payment: str) -> Passed | None:
        passed = self._passed.get(payment)
        if passed is None and self._loader is not None:
            stored = self._loader(PAYMENT, payment)
            passed = _passed(stored) if stored else None
        return passed

    def _find(self, payment: str, clock: int) -> Passed | None:
        passed = self._held(payment)
        return passed if passed is not None and passed.at > clock - self._reach else None

    def _take(self, label: Label, clock: int) -> End:
        passed = self._find(label.payment, clock)
        if passed is None:
            return "unknown"
        is_first = passed.known_at is None
        if not is_first and _weight(label) < _weight(passed):
            return "stale"
        self._put(
            label.payment,
            Passed(passed.at, passed.places, label.known_at, label.is_fraud),
        )
        if not is_first and label.is_fraud == passed.is_fraud:
            return "repeated"
        for kind, key, place in passed.places:
            self._write(kind, key, passed.at, place, label.is_fraud)
        if not is_first:
            return "reversed"
        return "late" if label.is_fraud and passed.at <= clock - self._delay else "taken"

    def _write(self, kind: str, key: str, at: int, place: int, is_fraud: bool) -> None:
        table = self._labelled.get(kind)
        if table is None:
            return
        state = table.open(key)
        times = state[table.layout.places["label_times"]]
        found = bisect_left(times, at) + place
        if found < len(times) and times[found] == at:
            state[table.layout.places["labels"]][found] = is_fraud

    def _put(self, payment: str, passed: Passed) -> None:
        self._passed[payment] = passed
        self._changed[PAYMENT, payment] = passed

    def freeze(self) -> Frozen:
        """What changed since the last call, as it is now; None for what is gone."""
        changed, self._changed = self._changed, {}
        return [(of, [*one] if isinstance(one, list) else one) for of, one in changed.items()]

    def load(self, kind: str, key: str, stored: bytes) -> None:
        """Take what `freeze` gave, encoded; all waiting labels before the first payment."""
        if kind == WAITING:
            heappush(self._waiting, _waiting(stored))
        elif kind == SPELL:
            self._spells[int(key)] = _ids(stored)
        else:
            self._passed[key] = _passed(stored)


def _weight(said: Label | Passed) -> tuple[int, bool]:
    """The greatest one holds."""
    return (0 if said.known_at is None else said.known_at, said.is_fraud)


def _place(held: Waiting) -> str:
    known_at, is_fraud, payment = held
    return f"{known_at}:{is_fraud:d}:{payment}"


def join_payment(carried: bytes, built: bytes) -> bytes:
    """Of a payment that both know: the places of the built one, the verdict that holds."""
    one, other = _passed(carried), _passed(built)
    best = one if _weight(one) > _weight(other) else other
    return encode(Passed(other.at, other.places, best.known_at, best.is_fraud))


def join_spell(carried: bytes, built: bytes) -> bytes:
    """The payments of both."""
    return encode(list(dict.fromkeys([*_ids(carried), *_ids(built)])))
