"""Work in several processes, with its results in the order of the work.

Never more than a few batches are on their way, so memory does not grow with the data.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any, Final, TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")

AHEAD: Final = 2
"""Batches that each process has waiting, so that it never waits itself."""


class ProcessLost(Exception):
    """A process ended in the middle of its work: killed, or out of memory."""


def end_with_parent() -> None:
    """Let this process of a pool end when the first one does, however that ends.

    A pool's processes wait for work for ever if the first one is killed.
    """
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def spread(
    work: Callable[[Given], Result],
    batches: Iterable[Given],
    processes: int,
    setup: Callable[..., None],
    *arguments: Any,
) -> Iterator[Result]:
    """Do `work` on each batch and yield the results in the order of the batches.

    `setup` is called with the arguments once in every process. With one process everything
    happens in this one. Raises what `work` raises, or `ProcessLost`.
    """
    if processes == 1:
        setup(*arguments)
        yield from map(work, batches)
        return
    waiting: deque[Future[Result]] = deque()
    # Started afresh: a fork would carry along threads and locks of Polars and Kafka clients.
    given = (setup, arguments)
    with ProcessPoolExecutor(processes, get_context("spawn"), _start, given) as pool:
        try:
            for batch in batches:
                waiting.append(pool.submit(work, batch))
                if len(waiting) >= AHEAD * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise ProcessLost("a process ended in the middle of its work") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _start(setup: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    end_with_parent()
    setup(*arguments)
