"""Crashing, re-running and zombie workers write a log; a reader that crashes too reads it.

Every run is made from one seed. Workers publish out of order between payers and in order
within one; `low` moves only after the broker has a record; a zombie goes on writing after its
successor began, but its commits are refused.
"""

import random
from collections.abc import Callable, Iterator

import pytest

from risk.reader import Mark

PAYMENTS = 60
PAYERS = 8
IN_FLIGHT = 12
FOR_EVER = 10**9

Entry = tuple[str, int, int]
"""A record of the decisions log: epoch, offset of its payment, header `low`."""


def dice(seed: int) -> random.Random:
    """Chances that are the same in every run."""
    return random.Random(seed)


def work(chance: random.Random, payers: list[int], start: int, life: int) -> Iterator[Entry]:
    """Publish from `start` on; yields ("put", offset, low) and ("commit", offset, 0)."""
    position, low = start, start - 1
    waiting: dict[int, int] = {}
    published: set[int] = set()
    while life > 0 and (position < PAYMENTS or waiting):
        life -= 1
        if position < PAYMENTS and len(waiting) < IN_FLIGHT and chance.random() < 0.7:
            waiting[position] = chance.randrange(1, 9) if chance.random() < 0.3 else 0
            position += 1
        waiting = {offset: max(0, left - 1) for offset, left in waiting.items()}
        ready = [
            offset
            for offset, left in waiting.items()
            if not left and all(payers[o] != payers[offset] for o in waiting if o < offset)
        ]
        if ready:
            offset = chance.choice(ready)
            del waiting[offset]
            yield "put", offset, low
            published.add(offset)
            while low + 1 in published:
                low += 1
        if chance.random() < 0.3:
            yield "commit", low + 1, 0


def write_log(seed: int, epoch: str = "1") -> tuple[list[int], list[Entry]]:
    """Let workers die and zombies write until every payment is answered and committed."""
    chance = dice(seed)
    payers = [chance.randrange(PAYERS) for _ in range(PAYMENTS)]
    log: list[Entry] = []
    committed, born = 0, 0

    def another() -> Iterator[Entry]:
        life = FOR_EVER if born > 6 else chance.randrange(5, 60)
        return work(chance, payers, committed, life)

    workers = [another()]
    while committed < PAYMENTS:
        worker = chance.choice(workers)
        done = next(worker, None)
        if done is None:
            workers.remove(worker)
        elif done[0] == "put":
            log.append((epoch, done[1], done[2]))
        elif worker is workers[-1]:
            committed = max(committed, done[1])
        if not workers or (len(workers) < 3 and chance.random() < 0.02):
            born += 1
            workers.append(another())
    return payers, log


def read_log(seed: int, log: list[Entry]) -> tuple[list[tuple[str, int]], int]:
    """Read as a consumer that crashes and goes on from its commit; effects commit with it."""
    chance = dice(-seed)
    position, saved, kept = 0, "", 0
    taken: list[tuple[str, int]] = []
    mark, most = Mark(), 0
    at = 0
    while at < len(log):
        if mark.accept(*log[at]):
            taken.append(log[at][:2])
        at += 1
        most = max(most, len(mark.above))
        if chance.random() < 0.1 and (text := mark.save()) is not None:
            position, saved, kept = at, text, len(taken)
        if chance.random() < 0.02:
            del taken[kept:]
            at, mark = position, Mark.load(saved)
    return taken, most


def holds(payers: list[int], offsets: list[int]) -> bool:
    """Every payment once, each payer's in the order of the log."""
    by_payer = [[o for o in offsets if payers[o] == payer] for payer in range(PAYERS)]
    return sorted(offsets) == list(range(PAYMENTS)) and all(p == sorted(p) for p in by_payer)


SEEDS = range(300)


def test_every_payment_is_accepted_once_and_in_order_per_payer() -> None:
    """Whatever workers and the reader itself go through: once each, in order per payer."""
    wrong = []
    for seed in SEEDS:
        payers, log = write_log(seed)
        taken, most = read_log(seed, log)
        if not holds(payers, [offset for _, offset in taken]) or most > 3 * IN_FLIGHT:
            wrong.append(seed)
    assert [] == wrong


def test_the_same_logs_are_wrong_without_the_mark() -> None:
    """The control: the simulation does repeat and reorder, and only the mark repairs it."""
    right = 0
    for seed in SEEDS:
        payers, log = write_log(seed)
        right += holds(payers, [offset for _, offset, _ in log])
    assert right < len(SEEDS) / 10


FORGETFUL: list[Callable[[Mark], None]] = [
    lambda mark: mark.above.clear(),
    lambda mark: setattr(mark, "low", -1),
]


@pytest.mark.parametrize("forget", FORGETFUL, ids=["above", "low"])
def test_neither_half_of_the_mark_can_be_left_out(forget: Callable[[Mark], None]) -> None:
    """Without the offsets above `low`, or without `low`, repeats come through."""
    wrong = 0
    for seed in SEEDS[:60]:
        payers, log = write_log(seed)
        mark, taken = Mark(), []
        for entry in log:
            if mark.accept(*entry):
                taken.append(entry[1])
            forget(mark)
        wrong += not holds(payers, taken)
    assert wrong > 0


def test_a_new_epoch_starts_anew_and_zombies_of_the_old_one_are_dropped() -> None:
    """The topic is made anew with its offsets from 0, while an old worker still writes."""
    wrong = []
    for seed in SEEDS[:100]:
        payers, first = write_log(seed, "1")
        others, second = write_log(seed + 10_000, "2")
        chance = dice(seed)
        for entry in chance.sample(first, 10):
            second.insert(chance.randrange(1, len(second)), entry)
        taken, _ = read_log(seed, first + second)
        old = [offset for epoch, offset in taken if epoch == "1"]
        new = [offset for epoch, offset in taken if epoch == "2"]
        if not (holds(payers, old) and holds(others, new)):
            wrong.append(seed)
    assert [] == wrong
