"""The days of a world one after the other, made here or by other processes ahead of need."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from itertools import count as count_from
from multiprocessing import get_context
from signal import SIG_IGN, SIGINT, SIGTERM, signal

from risk.simulate.spec import Spec
from risk.simulate.world import World, Written

_PAYMENTS_AHEAD = 200_000  # made before they are asked for
_world: World | None = None  # of a process that makes days for another


def produce(spec: Spec, count: int | None = None, processes: int = 0) -> Iterator[Written]:
    """The world's days, the last one cut so that `count` payments come out in all.

    With a count the world goes on for as many days as that takes. Other processes (0: none, all
    is made here) change nothing but the time it takes.
    """
    numbers = iter(range(spec.days)) if count is None else count_from()
    days = _elsewhere(spec, numbers, processes) if processes else map(World(spec).day, numbers)
    left = count
    for day in days:
        if left is not None and len(day.lines) >= left:
            yield cut(day, left)
            return
        left = None if left is None else left - len(day.lines)
        yield day


def cut(day: Written, length: int) -> Written:
    """The first `length` payments of a day and what is said of them."""
    ids = {line[7:23] for line in day.lines[:length]}
    return replace(
        day,
        payers=day.payers[:length],
        lines=day.lines[:length],
        times=day.times[:length],
        truths=[truth for truth in day.truths if truth.transaction_id in ids],
        labels=[label for label in day.labels if label.transaction_id in ids],
    )


def _elsewhere(spec: Spec, numbers: Iterator[int], processes: int) -> Iterator[Written]:
    ahead = processes + max(1, min(8, int(_PAYMENTS_AHEAD / spec.volume)))
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _settle, (spec,))
    waiting: deque[Future[Written]] = deque()
    try:
        for number in numbers:
            waiting.append(pool.submit(_make, number))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _settle(spec: Spec) -> None:
    global _world
    signal(SIGINT, SIG_IGN)  # the process that started us ends us
    signal(SIGTERM, SIG_IGN)
    _world = World(spec)


def _make(number: int) -> Written:
    if _world is None:
        raise RuntimeError("this process has no world")
    return _world.day(number)
