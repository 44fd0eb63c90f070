"""Who answers open questions as a good model would, after some turns of the loop."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from features.text.local import Memo
from features.text.schema import Reading
from risk.decision import Decision, Version
from risk.pipeline import Answer, Arrival, Pipeline
from risk.question import Echo, Question
from risk.settled import Asked
from risk.worker.lanes import Slot
from risk.worker.station import Station


class FakeModel:
    """Has read nothing before."""

    version = Version("m", "1", "h")

    def peek(self, memo: Memo) -> Reading | None:
        """Nothing."""
        return None


def told(question: Question) -> Asked:
    """Flowers are romance; the same memo is always read the same."""
    flag = "flowers" in question.memo.text
    values = {**question.known.reading, "text.romance": flag}
    return Asked("answered", values, 5, 7, FakeModel.version)


class FakeClerk:
    """Puts every question to such a model; `turns` says how long it takes."""

    def __init__(
        self,
        pipeline: Pipeline,
        turns: Callable[[], int],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        pipeline.consult(FakeModel())
        self._pipeline = pipeline
        self._turns = turns
        self._spawn = spawn

    def put(self, item: Question | Echo, station: Station, slot: Slot) -> None:
        """As `risk.worker.clerk.Clerk`."""
        self._spawn(self._answer(item, station, slot))

    async def _answer(self, item: Question | Echo, station: Station, slot: Slot) -> None:
        for _ in range(self._turns()):
            await asyncio.sleep(0)
        if isinstance(item, Echo):
            while item.first.decision is None:  # noqa: ASYNC110 # turns are what is tested
                await asyncio.sleep(0)
            station.fill(slot, self._pipeline.echo(item, item.first.decision))
        else:
            station.fill(slot, self._pipeline.conclude(item, told(item)))


def answered(pipeline: Pipeline, arrivals: Iterable[Arrival]) -> list[Decision]:
    """What a pipeline decides that is never interrupted and gets each answer at once."""
    pipeline.consult(FakeModel())
    found = []
    for arrival in arrivals:
        (item,) = pipeline.take_in([arrival])
        if isinstance(item, Question):
            item = pipeline.conclude(item, told(item))
        assert isinstance(item, Answer)
        found.append(item.decision)
    return found
