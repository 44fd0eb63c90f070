"""The same values live: messages through the worker's pipeline, labels as they become known.

Payments and labels come as JSON, on two logs; before a batch of payments the labels that are
known by then are taken in, and now and then the worker starts again from what it has stored.
"""

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from detection import ALL, read

from features.fields import instant
from features.history import BEGINNING, History
from features.plan import compile_plan
from risk.assembly import build_bench, default_book
from risk.labels import Heard
from risk.pipeline import Arrival, Limits, Pipeline
from risk.shard import AT_ONCE, Shard
from risk.train.examples import Examples
from risk.train.gather import Passed

BATCH = 64
RESTART_EVERY = 100_000


class Live:
    """One partition's pipeline and what it has stored; labels wait for their time."""

    def __init__(self) -> None:
        bench = build_bench(default_book())
        self._bench = msgspec.structs.replace(bench, plan=compile_plan(ALL))
        self._store: dict[tuple[str, str], bytes] = {}
        self._lines: dict[int, Any] = {}
        self._told: list[tuple[int, str]] = []
        self._offset = self._labels = 0
        self._pipeline = self._fresh()
        self._pipeline.replace(0, self._shard())

    def take(self, batch: Sequence[Passed]) -> Iterator[dict[str, Any]]:
        """Decide a batch; the values of each payment's history."""
        self._tell(batch[0].subject.at)
        for answer in self._pipeline.take([self._arrival(passed) for passed in batch]):
            yield answer.decision.values["history"]
        for passed in batch:
            if passed.verdict is not None:
                heappush(self._told, (passed.verdict.known_at, passed.subject.id))
        if self._offset % RESTART_EVERY < len(batch):
            self._restart()

    def _arrival(self, passed: Passed) -> Arrival:
        subject = passed.subject
        message = {
            "id": subject.id,
            "time": instant(subject.at),
            "kind": "card",
            "amount": f"{(subject.amount_minor or 0) / 100:.2f}",
            "currency": "EUR",
            "payer": {"id": subject.payer},
            "merchant": {"id": subject.merchant},
        }
        self._offset += 1
        key = subject.payer.encode()
        return Arrival(0, self._offset - 1, key, msgspec.json.encode(message))

    def _tell(self, now: int) -> None:
        """Take in, a batch early at most, what is known by now; known later, it waits."""
        heard = []
        while self._told and self._told[0][0] <= now + 3600 * 1_000_000:
            known_at, name = heappop(self._told)
            label = {"transaction_id": name, "label": "fraud", "known_at": instant(known_at)}
            heard.append(Heard(self._labels, msgspec.json.encode(label)))
            self._labels += 1
        self._pipeline.learn(0, heard)

    def _restart(self) -> None:
        """Store what changed; a new pipeline goes on from it."""
        changes = self._pipeline.shard(0).changes()
        for kind, key, stored in changes.states:
            self._store[kind, key] = stored
            if not stored:
                del self._store[kind, key]
        self._lines |= {line.place: line for line in changes.lines}
        shard = self._shard()
        states = [(*name, stored) for name, stored in self._store.items() if name[0] in AT_ONCE]
        lines = [line for at, line in sorted(self._lines.items()) if at >= changes.ledger_first]
        shard.restore(changes.origin, states, lines)
        shard.labels = changes.labels
        self._pipeline = self._fresh()
        self._pipeline.replace(0, shard)

    def _fresh(self) -> Pipeline:
        return Pipeline(self._bench, Limits("t", "1", 65_536, 10_000), lambda: 0)

    def _shard(self) -> Shard:
        shard = self._pipeline.empty() if hasattr(self, "_pipeline") else self._fresh().empty()
        shard.history = History(
            self._bench.plan, since=BEGINNING, loader=lambda *name: self._store.get(name)
        )
        return shard


def differing(files: Sequence[Path], examples: Examples, begin: int, end: int) -> int:
    """In how many of the examples a value is another one live."""
    live, log = Live(), iter(read(files))
    places = [(v.name, examples.names.index(v.name)) for v in ALL]
    row = wrong = 0
    while batch := list(islice(log, BATCH)):
        for passed, values in zip(batch, live.take(batch), strict=True):
            if not begin <= passed.subject.at < end:
                continue
            told = np.array([float(values.get(name, np.nan)) for name, _ in places])
            kept = examples.values[row, [place for _, place in places]]
            wrong += not np.array_equal(told, kept, equal_nan=True)
            row += 1
    return wrong
