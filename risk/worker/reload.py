"""A changed book replaces the running one without a stop, or not at all.

The folder is looked at every few seconds and on SIGHUP. A change is read, checked, tested by
its own tests, compiled and tried in a thread while payments go on; then one reference is
swapped between two batches, so that no payment is decided by half a book. A bad book changes
nothing but what the log, the metrics and /readyz say.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from risk.decide import Bench
from risk.pipeline import OtherVelocities, Pipeline
from risk.score.model_card import BadScorer
from risk.worker.metrics import Metrics
from risk.worker.watch import Pulse
from rules.errors import BookError

log = logging.getLogger("risk.worker")

Stamp = tuple[tuple[str, int, int], ...]
"""Name, size and time of change of every file of a book."""

LOOK_SECONDS = 0.2
"""How long the files must stand still: a book is several files, saved one after the other."""


def stamp_of(folder: Path) -> Stamp:
    """What changes when any file of the folder does; files that vanish meanwhile are absent."""
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((str(path), status.st_size, status.st_mtime_ns))
    return tuple(found)


class BookWatch:
    """Keeps the pipeline's book in step with a folder. `build` raises `BookError`."""

    def __init__(
        self,
        folder: Path,
        build: Callable[[Path], Bench],
        pipeline: Pipeline,
        metrics: Metrics,
        pulse: Pulse,
    ) -> None:
        self._folder = folder
        self._build = build
        self._pipeline = pipeline
        self._metrics = metrics
        self._pulse = pulse
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Read the book at once, changed or not."""
        self._asked.set()

    async def run(self, pause: float) -> None:
        """Look every `pause` seconds (0: only when asked), for ever."""
        seen = await asyncio.to_thread(stamp_of, self._folder)
        while True:
            asked = await self._wait(pause)
            stamp = await self._settled()
            if asked or stamp != seen:
                seen = stamp
                await self.reload()

    async def reload(self) -> None:
        """Read the book and take it, or say why not."""
        try:
            bench = await asyncio.to_thread(self._build, self._folder)
            self._pipeline.adopt(bench)
        except (BookError, BadScorer, OtherVelocities, OSError) as error:
            self._refuse(error)
        else:
            self._metrics.reloaded("taken")
            self._pulse.book = bench.book_version.hash
            self._pulse.refused = None
            log.info("book taken", extra=_named(bench))

    async def _wait(self, pause: float) -> bool:
        try:
            await asyncio.wait_for(self._asked.wait(), pause or None)
        except TimeoutError:
            return False
        self._asked.clear()
        return True

    async def _settled(self) -> Stamp:
        stamp = await asyncio.to_thread(stamp_of, self._folder)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            again = await asyncio.to_thread(stamp_of, self._folder)
            if again == stamp:
                return stamp
            stamp = again

    def _refuse(self, error: Exception) -> None:
        self._metrics.reloaded("refused")
        self._pulse.refused = str(error).splitlines()
        log.error(
            "book refused; the one before stays",
            extra={"folder": str(self._folder), "mistakes": self._pulse.refused},
        )


def _named(bench: Bench) -> dict[str, str]:
    version = bench.book_version
    return {"book": version.name, "version": version.version, "hash": version.hash}
