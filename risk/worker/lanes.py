"""Who may leave, in which order: one lane a partition, order kept per payer.

A slot is taken for each arrival in log order. It leaves when it is ready and no earlier slot of
the same payer waits; others pass by. `low` is the highest offset up to which everything is in
the decisions log: it may be committed, and it goes out as a header for readers.
"""

from collections import deque

from risk.pipeline import Answer


class Slot:
    """The place of one arrival: its offset, its payer's key, and what goes out for it.

    `taken_at` is the monotonic second at which it was handed over.
    """

    __slots__ = ("answer", "done", "key", "offset", "taken_at")

    def __init__(
        self, offset: int, key: bytes | None, answer: Answer | None, taken_at: float = 0.0
    ) -> None:
        self.offset = offset
        self.key = key
        self.answer = answer
        self.taken_at = taken_at
        self.done = False


class Lane:
    """One partition's slots between intake and the broker's acknowledgement.

    `next` is the offset that is expected next; `low` the last one of which everything up to
    it is in the log.
    """

    def __init__(self, next_offset: int) -> None:
        self.next = next_offset
        self.low = next_offset - 1
        self._pending: deque[Slot] = deque()
        self._ready: deque[Slot] = deque()
        self._held: dict[bytes | None, deque[Slot]] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, slot: Slot) -> None:
        """Take the next slot in log order; without an answer it waits, and holds its payer."""
        self.next = slot.offset + 1
        self._pending.append(slot)
        if slot.key in self._held:
            self._held[slot.key].append(slot)
        elif slot.answer is None:
            self._held[slot.key] = deque([slot])
        else:
            self._ready.append(slot)

    def answer(self, slot: Slot, answer: Answer) -> None:
        """Fill a waiting slot; it leaves with those of its payer that waited only for it."""
        slot.answer = answer
        queue = self._held[slot.key]
        while queue and queue[0].answer is not None:
            self._ready.append(queue.popleft())
        if not queue:
            del self._held[slot.key]

    def pass_by(self, offset: int) -> None:
        """Count an offset whose decision is in the log already."""
        slot = Slot(offset, None, None)
        slot.done = True
        self.next = offset + 1
        self._pending.append(slot)
        self._advance()

    def take(self, most: int) -> list[Slot]:
        """Remove up to `most` slots that may leave, in the order in which they must."""
        ready = self._ready
        return [ready.popleft() for _ in range(min(most, len(ready)))]

    def has_ready(self) -> bool:
        """Whether `take` would give anything."""
        return bool(self._ready)

    def acknowledge(self, slots: list[Slot]) -> None:
        """The broker has these; move `low` over everything that is contiguous."""
        for slot in slots:
            slot.done = True
        self._advance()

    def _advance(self) -> None:
        pending = self._pending
        while pending and pending[0].done:
            self.low = pending.popleft().offset
