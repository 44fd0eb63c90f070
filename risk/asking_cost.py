"""What asking would cost: which rules make payments wait, how many, calls and money a day.

Payments are decided as by a worker that has a model and an empty cache. One waits if a rule, or
the score, could make its outcome stricter by what the memo says.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from features.llm.backend import Tariff
from features.llm.prompt import Prompt
from features.text.local import Memo
from features.text.schema import Reading
from risk.arrival import Arrival
from risk.decision import Version
from risk.pipeline import Answer, Pipeline
from risk.question import Question
from risk.settled import Asked

DAY_US: Final = 86_400_000_000
ANSWER_TOKENS: Final = 60
"""An answer about one text has about so many."""

A_TOKEN: Final = 4
"""Characters, about; the system message comes from the provider's cache."""

UNREAD: Final = Asked("timeout")


class Cause(msgspec.Struct, frozen=True):
    """A rule (or the score), the payments that wait for it, and those that wait only for it."""

    rule: str
    waits: int
    alone: int


class Cost(msgspec.Struct, frozen=True):
    """What the payments of some days would take.

    `calls` are about texts that were not seen before; `calls_always` are those if every memo
    were asked about. `usd` is for all `calls`, each alone.
    """

    payments: int
    with_memo: int
    waits: int
    days: float
    calls: int
    calls_always: int
    usd: float
    causes: tuple[Cause, ...]


class _Nobody:
    """A model that has read nothing yet."""

    version = Version("nobody", "", "")

    def peek(self, memo: Memo) -> Reading | None:
        return None


class _Written(msgspec.Struct):
    memo: str | None = None


_read_memo: Final = msgspec.json.Decoder(_Written).decode


class CostTally:
    """Decides payments and counts what waits, and why. The pipeline is used up by it."""

    def __init__(self, pipeline: Pipeline, prompt: Prompt, tariff: Tariff) -> None:
        self._pipeline = pipeline
        self._prompt = prompt
        self._prices = tariff.prices
        self._payments = self._waits = self._with_memo = 0
        self._times: list[int] = []
        self._asked: set[str] = set()
        self._memos: set[str] = set()
        self._usd = 0.0
        self._waited: Counter[str] = Counter()
        self._alone: Counter[str] = Counter()
        pipeline.consult(_Nobody())

    def add(self, arrivals: Sequence[Arrival]) -> None:
        """Decide some more payments."""
        for item in self._pipeline.take_in(arrivals):
            if isinstance(item, Question):
                self._see(item.arrival, item.transaction.at)
                self._ask(item)
                self._pipeline.conclude(item, UNREAD)
            elif isinstance(item, Answer) and item.decision.llm and item.decision.event_time:
                self._see(item.arrival, int(item.decision.event_time.timestamp() * 1e6))

    def cost(self) -> Cost:
        """What was counted."""
        span = max(self._times, default=0) - min(self._times, default=0)
        causes = [Cause(name, n, self._alone[name]) for name, n in self._waited.most_common()]
        return Cost(
            payments=self._payments,
            with_memo=self._with_memo,
            waits=self._waits,
            days=max(1.0, span / DAY_US),
            calls=len(self._asked),
            calls_always=len(self._memos),
            usd=self._usd,
            causes=tuple(causes),
        )

    def _see(self, arrival: Arrival, at: int) -> None:
        self._payments += 1
        self._times = [min([at, *self._times]), max([at, *self._times])]
        memo = _read_memo(arrival.value or b"{}").memo
        if memo:
            self._with_memo += 1
            self._memos.add(memo)

    def _ask(self, question: Question) -> None:
        heard, known = question.heard, question.known
        causes = question.bench.counsel.causes(
            heard.local.values,
            known.reading,
            question.transaction.at,
            (heard.local.score, heard.local.ruling),
            heard.standing,
        )
        self._waits += 1
        self._waited.update(causes)
        if len(causes) == 1:
            self._alone.update(causes)
        if question.memo.text not in self._asked:
            self._asked.add(question.memo.text)
            self._usd += self._price(question.memo.text)

    def _price(self, text: str) -> float:
        constant, own = (len(part) // A_TOKEN for part in (self._prompt.system, text))
        prices = self._prices
        tokens = constant * prices.hit + own * prices.miss + ANSWER_TOKENS * prices.completion
        return tokens / 1e6
