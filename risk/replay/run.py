"""A replay from its beginning to its result: parts, processes, progress."""

import math
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Final, TypeAlias

import msgspec

from risk.books import Books
from risk.decide import Bench
from risk.pipeline import Limits
from risk.replay.labels import NOTHING, Told
from risk.replay.parts import Counts, Parts
from risk.replay.payments import Payments, count_partitions
from risk.replay.processes import ProcessLost, end_with_parent, spread
from risk.replay.recompute import Job, deal, recompute
from risk.replay.reconsider import Records, batches, check_first, set_up, write_part
from risk.replay.span import Span
from risk.settings import Settings

Show: TypeAlias = Callable[[int, float | None], None]
"""Takes the decisions so far and the part of the whole that they are, if that is known."""

PAUSE_SECONDS: Final = 1.0


class Judges(msgspec.Struct, frozen=True):
    """The kept book that judges: where it is kept, and its two hashes."""

    books: Books
    key: tuple[str, str]

    def bench(self) -> Bench:
        """Read it; raises `risk.books.NoBook`."""
        return self.books.find(*self.key)


def limits_of(settings: Settings) -> Limits:
    """The bounds and names that a worker with these settings has."""
    return Limits(
        topic=settings.topic_transactions,
        epoch=settings.topic_epoch,
        max_bytes=settings.max_bytes,
        known_ids=settings.known_ids,
    )


class NoData(Exception):
    """There is nothing to replay."""


def replay_recorded(
    records: Records, judges: Judges, parts: Parts, processes: int, show: Show
) -> Counts:
    """Decide recorded decisions anew into parts; returns the counts of the whole.

    Raises `BadFile`, `risk.again.DataLacks`, or `NoData` if there is no record.
    """
    done = parts.totals()
    work = batches(records, parts.rows, skip=len(parts.of(0)))
    first = next(work, None)
    if first is None and not done.rows:
        parts.remove()
        raise NoData("no decision lies in the data and span that were asked for")
    if first is not None:
        check_first(first, judges.bench())

        def rest() -> Any:
            yield first
            yield from work

        given = (judges.books, judges.key, parts)
        for counts in spread(write_part, rest(), processes, set_up, *given):
            done.add(counts)
            show(done.rows, None)
    parts.end(0)
    return parts.totals()


def replay_payments(
    payments: Payments,
    span: Span,
    judges: Judges,
    limits: Limits,
    parts: Parts,
    processes: int,
    show: Show,
    told: Told = NOTHING,
) -> Counts:
    """Decide the log of payments anew into parts; returns the counts of the whole.

    Raises `BadFile`, a broker's error, or `NoData` if there is no payment.
    """
    partitions = count_partitions(payments)
    limits = msgspec.structs.replace(limits, partitions=partitions)
    shares = deal(partitions, processes, parts)
    jobs = [Job(payments, share, limits, span, told) for share in shares]
    if processes == 1 and jobs:
        recompute(jobs[0], judges.bench(), parts, lambda part: _tell(parts, show, [part]))
    elif jobs:
        _recompute_beside(jobs, judges, parts, show)
    totals = parts.totals()
    if not totals.rows:
        parts.remove()
        raise NoData("no payment lies in the data and span that were asked for")
    return totals


def _recompute_beside(jobs: list[Job], judges: Judges, parts: Parts, show: Show) -> None:
    context = get_context("spawn")
    progress: Any = context.Array("d", [0.0] * len(jobs))
    with ProcessPoolExecutor(len(jobs), context, _take_progress, (progress,)) as pool:
        futures = {pool.submit(_recompute, n, job, judges, parts) for n, job in enumerate(jobs)}
        try:
            while futures:
                done, futures = wait(futures, PAUSE_SECONDS)
                for future in done:
                    future.result()
                _tell(parts, show, list(progress))
        except BrokenProcessPool:
            raise ProcessLost("a process ended in the middle of its work") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_progress: Any = None


def _take_progress(progress: Any) -> None:
    global _progress  # a process of the pool gets it once, at its start
    _progress = progress
    end_with_parent()


def _recompute(number: int, job: Job, judges: Judges, parts: Parts) -> None:
    def show(part: float) -> None:
        _progress[number] = part

    recompute(job, judges.bench(), parts, show)
    _progress[number] = 1.0


def _tell(parts: Parts, show: Show, progress: list[float]) -> None:
    show(parts.totals().rows, math.fsum(progress) / len(progress))
