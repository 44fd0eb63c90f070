"""Notices that files have changed: looks at them every few seconds, and when asked to."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

Stamp = tuple[tuple[str, int, int], ...]
"""Name, size and time of change of every file of a book."""

Reload = Callable[[], Awaitable[None]]

LOOK_SECONDS = 0.2
"""How long the files must stand still: a book is several files, saved one after the other."""


def stamp_of(places: Sequence[Path]) -> Stamp:
    """What changes when any of the files, or of those in the folders, does.

    Files that vanish meanwhile are absent.
    """
    found = []
    within = [path for place in places for path in sorted(place.rglob("*"))]
    for path in (*places, *within):
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((str(path), status.st_size, status.st_mtime_ns))
    return tuple(found)


class FileWatch:
    """Calls `reload` when any of these files or folders has changed."""

    def __init__(self, places: Sequence[Path], reload: Reload) -> None:
        self._places = places
        self._reload = reload
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Reload at once, changed or not."""
        self._asked.set()

    async def run(self, pause: float) -> None:
        """Look every `pause` seconds (0: only when asked), for ever."""
        seen = await asyncio.to_thread(stamp_of, self._places)
        while True:
            asked = await self._wait(pause)
            stamp = await self._settled()
            if asked or stamp != seen:
                seen = stamp
                await self._reload()

    async def _wait(self, pause: float) -> bool:
        try:
            await asyncio.wait_for(self._asked.wait(), pause or None)
        except TimeoutError:
            return False
        self._asked.clear()
        return True

    async def _settled(self) -> Stamp:
        stamp = await asyncio.to_thread(stamp_of, self._places)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            again = await asyncio.to_thread(stamp_of, self._places)
            if again == stamp:
                return stamp
            stamp = again
