"""A scribe in this process: what it is told is done at once, and its locks die with it."""

import asyncio
from pathlib import Path

import msgspec

from risk.state.scribe import Order, Reply, Scribe
from risk.state.store import Reading, set_aside


class FakeKeeper:
    """As `risk.state.keeper.ScribeKeeper`, without a process."""

    def __init__(self, folder: Path, shared: Path | None = None) -> None:
        self.folder = folder
        self.shared = shared
        self.scribe = Scribe(folder, shared, lock_seconds=0)
        self.is_killed = False
        self.readings: list[Reading] = []

    async def tell(self, order: Order) -> Reply | None:
        """Through bytes, as through the pipe."""
        await asyncio.sleep(0)
        if self.is_killed:
            await asyncio.Event().wait()
        reply = self.scribe.do(
            msgspec.msgpack.decode(msgspec.msgpack.encode(order), type=Order)
        )
        await asyncio.sleep(0)
        return reply

    def read(self, name: str) -> Reading:
        self.readings.append(Reading(self.folder / name, set_aside))
        return self.readings[-1]

    def read_shared(self, name: str) -> Reading:
        return Reading((self.shared or self.folder / "none") / name)

    def kill(self) -> None:
        """As `kill -9` of worker and scribe."""
        self.is_killed = True
        self.scribe.let_go()
        for reading in self.readings:
            reading.close()
