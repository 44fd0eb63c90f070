"""A changed book replaces the running one without a stop, or not at all; a challenger too.

A change is read, checked, tested by its own tests, compiled and tried in a thread while
payments go on; then one reference is swapped between two batches, so that no payment is decided
by half a book. A bad one changes nothing but what the log, the metrics and /readyz say.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from risk.challenger import Challenger, Misfit
from risk.decide import Bench
from risk.pipeline import OtherVelocities, Pipeline
from risk.score.model_card import BadScorer
from risk.settings import BadSettings
from risk.worker.metrics import Metrics
from risk.worker.watch import Pulse
from rules.errors import BookError

log = logging.getLogger("risk.worker")


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

    def _refuse(self, error: Exception) -> None:
        self._metrics.reloaded("refused")
        self._pulse.refused = str(error).splitlines()
        log.error(
            "book refused; the one before stays",
            extra={"folder": str(self._folder), "mistakes": self._pulse.refused},
        )


class ChallengerWatch:
    """Keeps the challenger beside a pipeline in step with its files.

    `build` raises `BookError`, `BadScorer` or `BadSettings`; `share` is in percent.
    """

    def __init__(
        self,
        build: Callable[[], Bench],
        share: float,
        pipeline: Pipeline,
        metrics: Metrics,
        pulse: Pulse,
    ) -> None:
        self._build = build
        self._share = share
        self._pipeline = pipeline
        self._metrics = metrics
        self._pulse = pulse

    async def reload(self) -> None:
        """Read the challenger and let it judge beside, or say why not.

        One that is refused leaves the one before where it is, if that still fits.
        """
        try:
            bench = await asyncio.to_thread(self._build)
            self._pipeline.oppose(Challenger(bench, self._share))
        except (BookError, BadScorer, BadSettings, Misfit, OSError) as error:
            self._refuse(error)
        else:
            self._metrics.challenger_reloaded("taken")
            self._pulse.refused_challenger = None
            log.info("challenger taken", extra={**_named(bench), "share": self._share})
        beside = self._pipeline.challenger
        self._pulse.challenger = None if beside is None else beside.bench.book_version.hash

    def _refuse(self, error: Exception) -> None:
        self._metrics.challenger_reloaded("refused")
        self._pulse.refused_challenger = str(error).splitlines()
        log.error(
            "challenger refused; the champion goes on",
            extra={"mistakes": self._pulse.refused_challenger},
        )


def _named(bench: Bench) -> dict[str, str]:
    book, scorer = bench.book_version, bench.scorer_version
    return {
        "book": book.name,
        "version": book.version,
        "hash": book.hash,
        "scorer": f"{scorer.name} {scorer.version}",
    }
