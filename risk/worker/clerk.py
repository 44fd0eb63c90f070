"""Takes open questions to the model, and brings each an answer by its deadline.

The deadline is wall time from the payment's arrival, measured here: neither a server that keeps
the line alive nor one that never answers can move it. The call goes on behind it; what it
brings is in the reading log, and a revision if it is stricter than what was decided.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from features.llm.inquiry import Answer as Said
from risk.decision import Status
from risk.pipeline import Answer, Pipeline
from risk.question import Echo, Question
from risk.revision import revise
from risk.settled import UNREAD, Asked
from risk.worker.asking_metrics import AskingMetrics
from risk.worker.journal import Journal
from risk.worker.lanes import Slot
from risk.worker.model import Model
from risk.worker.station import Station

if TYPE_CHECKING:
    Reply = asyncio.Future[Said]


class Case:
    """A question at its place in a lane, and the repeats that wait for it."""

    def __init__(self, question: Question, station: Station, slot: Slot) -> None:
        self.question = question
        self.station = station
        self.slot = slot
        self.echoes: list[tuple[Echo, Station, Slot]] = []
        self.answer: Answer | None = None
        self.timer: asyncio.TimerHandle | None = None


class Clerk:
    """The asking of one worker. Belongs to the event loop in which it is used.

    `decided` takes the answers as they are made; `fail` is told what nobody expects, and must
    end the process: a payment would wait for ever.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        model: Model,
        journal: Journal,
        metrics: AskingMetrics,
        decided: Callable[[list[Answer]], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self._pipeline = pipeline
        self._model = model
        self._journal = journal
        self._metrics = metrics
        self._decided = decided
        self._fail = fail
        self._open: dict[Question, Case] = {}
        pipeline.bench.counsel.prepare()
        pipeline.consult(model)

    def put(self, item: Question | Echo, station: Station, slot: Slot) -> None:
        """Take an open question, whose slot waits in its lane, and see to it."""
        if isinstance(item, Echo):
            self._put_echo(item, station, slot)
            return
        case = self._open[item] = Case(item, station, slot)
        reply = self._model.extractor.ask(item.memo)
        if reply.done():
            self._close(case, asked_of(reply.result(), self._model))
            return
        self._metrics.waiting(len(self._open))
        due = slot.taken_at + item.bench.book.llm.deadline_ms / 1000
        loop = asyncio.get_running_loop()
        case.timer = loop.call_later(due - loop.time(), self._safely, self._give_up, case)
        reply.add_done_callback(partial(self._safely, self._reply, case))

    async def close(self) -> None:
        """Stop asking; nobody waits any more."""
        await self._model.extractor.close()

    def _put_echo(self, echo: Echo, station: Station, slot: Slot) -> None:
        if echo.first.decision is None:
            self._open[echo.first].echoes.append((echo, station, slot))
            return
        answer = self._pipeline.echo(echo, echo.first.decision)
        station.fill(slot, answer)
        self._decided([answer])

    def _safely(self, act: Callable[..., None], *arguments: object) -> None:
        """Act in a callback of the loop, which would log what goes wrong and go on."""
        try:
            act(*arguments)
        except Exception as error:  # noqa: BLE001  # crash-only: whatever it is, it ends here
            self._fail(error)

    def _give_up(self, case: Case) -> None:
        self._close(case, Asked("timeout", reader=self._model.version))

    def _reply(self, case: Case, reply: "Reply") -> None:
        asked = asked_of(reply.result(), self._model)
        if case.answer is None:
            self._close(case, asked)
        elif asked.values is not None:
            late = Asked("late", asked.values, asked.tokens, asked.cost, asked.reader)
            self._metrics.late(late)
            revision = revise(case.answer.decision, case.question.answered(late))
            if revision is not None:
                self._metrics.revised()
                self._journal.revise(revision, case.slot)

    def _close(self, case: Case, asked: Asked) -> None:
        if case.timer is not None:
            case.timer.cancel()
            self._metrics.waited(asyncio.get_running_loop().time() - case.slot.taken_at)
        answer = case.answer = self._pipeline.conclude(case.question, asked)
        del self._open[case.question]
        self._metrics.waiting(len(self._open))
        case.station.fill(case.slot, answer)
        answers = [answer]
        for echo, station, slot in case.echoes:
            answers.append(self._pipeline.echo(echo, answer.decision))
            station.fill(slot, answers[-1])
        self._decided(answers)


def asked_of(said: Said, model: Model) -> Asked:
    """What came of asking, from what the extractor says."""
    source = said.reading.source
    unread: dict[str, Status] = {status: status for status in UNREAD}
    if source in unread:
        return Asked(unread[source], None, said.tokens, said.cost, model.version)
    status: Status = "cached" if source == "cached" else "answered"
    return Asked(status, said.reading.values(), said.tokens, said.cost, model.version)
