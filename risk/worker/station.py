"""One partition at the desk: its lane, what ships it, and what waits in it."""

import asyncio

from risk.labels import Positions
from risk.ledger import FirstAnswer
from risk.pipeline import Answer
from risk.worker.lanes import Lane, Slot
from risk.worker.outbox import Outbox


class Station:
    """One partition's lane, what ships it, and what was published before this process took it.

    `has_left`: the partition was given up; what is on its way may still be delivered.
    `positions`: how far the labels had been read before each payment that others decided.
    """

    def __init__(self, lane: Lane, outbox: Outbox) -> None:
        self.lane = lane
        self.outbox = outbox
        self.wake = asyncio.Event()
        self.published: dict[int, FirstAnswer] = {}
        self.has_left = False
        self.positions = Positions()

    @property
    def next(self) -> int:
        """The offset that is expected next."""
        return self.lane.next

    def fill(self, slot: Slot, answer: Answer) -> None:
        """Answer a slot that waited, and let go who waited only for it."""
        self.lane.answer(slot, answer)
        self.wake.set()
