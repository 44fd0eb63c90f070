"""The log once more, with what became known of it: examples to learn from.

One `History` is fed as the worker feeds it, so that an example holds the values that its
payment had when it passed: a label counts from the moment it became known, never before.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from features.history import BEGINNING, History
from features.labels import Label
from features.plan import Plan
from features.subject import Subject
from features.transaction import Scalar
from risk.train.examples import NEVER, Examples

UNKNOWN: Final = float("nan")


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What became known of a payment; `known_at` in microseconds UTC, `kind` of the fraud."""

    payment: str
    is_fraud: bool
    known_at: int
    kind: str = ""


class Passed(msgspec.Struct, frozen=True, gc=False):
    """One payment of the log: as history sees it, the values of its own fields.

    `verdict` is what is known to have become known of it, where the log itself says so.
    """

    subject: Subject
    values: dict[str, Scalar]
    verdict: Verdict | None = None


def gather(
    log: Iterable[Passed],
    plan: Plan,
    names: Sequence[str],
    begin: int,
    end: int,
    verdicts: Iterable[Verdict] = (),
    since: int | None = BEGINNING,
) -> Examples:
    """Fold the log up to `end` and keep the payments with `begin <= at < end`.

    `verdicts` are those that came apart from the log, in any order. `since` is that of
    `History`: from when the log is complete, by default from the beginning.
    """
    rows = _Rows(names)
    history = History(plan, since=since)
    truth = _Truth()
    for told in verdicts:
        truth.add(told)
        history.learn(Label(told.payment, told.is_fraud, told.known_at))
    for passed in log:
        subject, verdict = passed.subject, passed.verdict
        if subject.at >= end:
            continue
        known = history.observe(subject, passed.values).values
        if verdict is not None:
            truth.add(verdict)
            history.learn(Label(verdict.payment, verdict.is_fraud, verdict.known_at))
        if subject.at >= begin:
            rows.add(subject, {**passed.values, **known})
    return rows.examples(truth)


class _Truth:
    """The last verdict of every payment, and when its first one became known."""

    def __init__(self) -> None:
        self.last: dict[str, Verdict] = {}
        self.first: dict[str, int] = {}

    def add(self, verdict: Verdict) -> None:
        held = self.last.get(verdict.payment)
        said = (verdict.known_at, verdict.is_fraud)
        if held is None or said >= (held.known_at, held.is_fraud):
            self.last[verdict.payment] = verdict
        first = self.first.get(verdict.payment, verdict.known_at)
        self.first[verdict.payment] = min(first, verdict.known_at)


class _Rows:
    """Columns under construction: a payment with 30 values takes 240 bytes, not 3 kB."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._values = array("d")
        self._at = array("q")
        self._amounts = array("d")
        self._payers: dict[str, int] = {}
        self._payer = array("q")
        self._ids: list[str] = []

    def add(self, subject: Subject, known: Mapping[str, Scalar]) -> None:
        self._values.extend([_number(known.get(name, UNKNOWN)) for name in self._names])
        self._at.append(subject.at)
        self._payer.append(self._payers.setdefault(subject.payer, len(self._payers)))
        self._amounts.append(_number(known.get("amount", 0.0)))
        self._ids.append(subject.id)

    def examples(self, truth: _Truth) -> Examples:
        genuine = Verdict("", is_fraud=False, known_at=NEVER)
        verdicts = [truth.last.get(name, genuine) for name in self._ids]
        kinds = sorted({verdict.kind for verdict in verdicts if verdict.is_fraud})
        place = {kind: number for number, kind in enumerate(kinds, 1)}
        return Examples(
            names=self._names,
            values=np.array(self._values).reshape(len(self._ids), len(self._names)),
            at=np.array(self._at),
            payers=np.array(self._payer),
            fraud=np.array([verdict.is_fraud for verdict in verdicts], dtype=bool),
            known_at=np.array(
                [truth.first.get(name, NEVER) for name in self._ids], dtype=np.int64
            ),
            kinds=np.array(
                [place[v.kind] if v.is_fraud else 0 for v in verdicts], dtype=np.int64
            ),
            amounts=np.array(self._amounts),
            kind_names=("genuine", *[kind or "fraud" for kind in kinds]),
        )


def _number(value: Scalar) -> float:
    """A text has no place among numbers: it is unknown."""
    return UNKNOWN if isinstance(value, str) else float(value)
