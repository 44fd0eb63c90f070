"""The way of a memo to a model and back.

cache -> coalesce -> admission -> micro-batch -> pace -> call -> parse -> ground -> record

`ask` gives a future at once and never raises for anything that a server or a text may do. Who
waits for it may leave at any time: the call goes on, since it is paid for, fills the cache and
is recorded. The texts asked about at once are bounded, so leaving cannot pile up calls.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from secrets import SystemRandom
from typing import Final

import msgspec

from features.llm.batch import Exchange
from features.llm.cache import Cache
from features.llm.chat import Chat
from features.llm.errors import Late, LLMError, Locked, TooLong, Unusable
from features.llm.gate import Gate
from features.llm.inquiry import Answer, Asked, Manner, Outcome
from features.llm.limits import Allowance
from features.llm.prompt import Prompt
from features.llm.record import Ending, Record, shares
from features.text.fingerprint import Fingerprint
from features.text.local import Memo
from features.text.schema import SCHEMA, Reading, Source
from features.text.worse import worsen

SUSPICIOUS: Final = frozenset({"instruction", "obfuscated"})
"""Texts with such flags are asked about alone: they may be meant to steer neighbours."""


class Extractor:
    """Asks one model about memos. Belongs to the event loop in which it is used.

    `record` is called once for each text of each call; `wall` gives seconds since 1970 UTC.
    `counts` tells what happened, by names from a closed set.
    """

    def __init__(
        self,
        chat: Chat,
        prompt: Prompt,
        fingerprint: Fingerprint,
        *,
        cache: Cache,
        allowance: Allowance | None = None,
        record: Callable[[Record], None],
        wall: Callable[[], float],
        manner: Manner | None = None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._chat = chat
        self._prompt = prompt
        self._fingerprint = fingerprint
        self._cache = cache
        self._record = record
        self._wall = wall
        self._manner = manner or Manner()
        self._random = SystemRandom()
        self._gate = Gate(allowance or Allowance(), self._manner.calls, self.counts)
        self._prefix = f"{chat.backend.model}\x1f{prompt.hash}\x1f{SCHEMA}\x1f"
        self._asked: dict[str, Asked] = {}
        self._queue: deque[Asked] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._moved = asyncio.Event()
        self._dispatcher: asyncio.Task[None] | None = None
        self._broken: BaseException | None = None

    @property
    def waiting(self) -> int:
        """Texts that are being asked about."""
        return len(self._asked)

    @property
    def calls(self) -> int:
        """Calls in flight."""
        return len(self._calls)

    def peek(self, memo: Memo) -> Reading | None:
        """The merged reading if the answer is known already; asks nobody."""
        known = self._cache.get(self._name(memo), self._wall())
        return known and worsen(memo.reading, msgspec.structs.replace(known, source="cached"))

    def ask(self, memo: Memo) -> "asyncio.Future[Answer]":
        """A future of the answer. Done at once if it is cached or may not be asked for.

        Raises only what ended the extractor itself: a mistake in this program.
        """
        if self._broken is not None:
            raise self._broken
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if not memo.text:
            future.set_result(Answer(memo.reading))
        elif known := self.peek(memo):
            self.counts["cached"] += 1
            future.set_result(Answer(known))
        else:
            self._ask(memo, future)
        return future

    async def read(self, memo: Memo, wait: float) -> Answer:
        """The answer, or after `wait` seconds the local reading; the call goes on."""
        future = self.ask(memo)
        done, _ = await asyncio.wait({future}, timeout=wait)
        return future.result() if done else _local(memo, "timeout")

    async def close(self) -> None:
        """Stop asking: calls are cancelled, whoever still waits gets the local reading."""
        tasks = [*self._calls, *([self._dispatcher] if self._dispatcher else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for asked in list(self._asked.values()):
            self._refuse(asked, "open")
        await self._chat.close()

    def _ask(self, memo: Memo, future: "asyncio.Future[Answer]") -> None:
        name = self._name(memo)
        asked = self._asked.get(name)
        if asked is not None:
            self.counts["coalesced"] += 1
            asked.waiters.append((memo, future))
            return
        now = self._wall()
        reason = self._refusal(name, now)
        if reason is not None:
            self.counts[reason] += 1
            future.set_result(_local(memo, reason))
            return
        alone = any(red.flag in SUSPICIOUS for red in memo.reading.red_flags)
        asked = Asked(name, memo.text, alone, [(memo, future)])
        self._asked[name] = asked
        self._queue.append(asked)
        self._moved.set()
        if self._dispatcher is None:
            self._dispatcher = asyncio.create_task(self._dispatch())
            self._dispatcher.add_done_callback(self._notice)

    def _refusal(self, name: str, now: float) -> Source | None:
        if self._gate.breaker.is_open(now):
            return "open"
        if self._cache.failed(name, now):
            return "invalid"
        return "budget" if len(self._asked) >= self._manner.waiting else None

    def _name(self, memo: Memo) -> str:
        return self._fingerprint.of(self._prefix + memo.text)

    async def _dispatch(self) -> None:
        """Send batches as the pace allows; under load they fill by waiting for their turn."""
        while True:
            await self._moved.wait()
            await asyncio.sleep(self._manner.window)
            while self._queue:
                while len(self._calls) >= self._gate.pace.limit:
                    self._moved.clear()
                    await self._moved.wait()
                self._send(self._next_batch())
            self._moved.clear()

    def _next_batch(self) -> list[Asked]:
        first = self._queue.popleft()
        batch = [first]
        while (
            self._queue
            and len(batch) < self._manner.batch
            and not first.alone
            and not self._queue[0].alone
        ):
            batch.append(self._queue.popleft())
        return batch

    def _send(self, batch: list[Asked]) -> None:
        now = self._wall()
        exchange = Exchange(self._chat, self._prompt, batch, self._random, now)
        reason = self._gate.admit(exchange.estimate, now)
        if reason is not None:
            for asked in batch:
                self._refuse(asked, reason)
            return
        task = asyncio.create_task(self._call(exchange, now))
        self._calls.add(task)
        task.add_done_callback(self._notice)

    async def _call(self, exchange: Exchange, admitted_at: float) -> None:
        start = asyncio.get_running_loop().time()
        actual = exchange.estimate  # what a call cost that is cancelled is not known
        try:
            outcome = await exchange.run(
                self._manner.deadline,
                self._manner.retry,
                self._gate.retries,
                lambda error: self._gate.hurt(error, self._wall()),
            )
            actual = outcome.usage
            seconds = asyncio.get_running_loop().time() - start
            self._gate.learn(outcome, self._wall(), quick=seconds <= self._manner.quick)
        finally:
            self._gate.settle(exchange.estimate, actual, admitted_at, self._wall())
        self._settle(exchange, outcome, seconds)

    def _settle(self, exchange: Exchange, outcome: Outcome, seconds: float) -> None:
        """Answer, ask again alone, or give up on each text of a call, and write it down."""
        now = self._wall()
        ending = _ending(outcome.error)
        parts = shares(outcome.usage, len(exchange.batch))
        for asked, usage in zip(exchange.batch, parts, strict=True):
            reading = outcome.readings.get(asked.name)
            self._record(
                Record(
                    fingerprint=self._fingerprint.of(asked.text),
                    key=asked.name,
                    at=int(now * 1e6),
                    ending="llm" if reading else ending,
                    reading=reading,
                    model=self._chat.backend.model,
                    served_by=outcome.model,
                    prompt=self._prompt.version,
                    prompt_hash=self._prompt.hash,
                    batch=len(parts),
                    usage=usage,
                    duration_us=int(seconds * 1e6),
                )
            )
            if reading is not None:
                self.counts["ungrounded"] += reading.dropped
                self._cache.put(asked.name, reading, now, self._random.random())
                self._resolve(asked, reading, usage.tokens, usage.cost)
            elif self._may_work_alone(asked, outcome.error):
                asked.alone = True
                self._queue.append(asked)
            else:
                if ending == "invalid":
                    self._cache.put_failure(asked.name, now)
                self._refuse(asked, ending)

    def _may_work_alone(self, asked: Asked, error: LLMError | None) -> bool:
        """Whether a text may be asked about once more, by itself; draws on the retries.

        It was left out, or its batch was too long or garbled, perhaps by a neighbour.
        """
        helps = error is None or isinstance(error, TooLong | Unusable)
        return helps and not asked.alone and self._gate.retries.take()

    def _resolve(self, asked: Asked, reading: Reading, tokens: int, cost: int) -> None:
        del self._asked[asked.name]
        for memo, future in asked.waiters:
            if not future.done():
                future.set_result(Answer(worsen(memo.reading, reading), tokens, cost))
            tokens = cost = 0  # paid once, by the one who asked first

    def _refuse(self, asked: Asked, reason: Source) -> None:
        self.counts[reason] += 1
        del self._asked[asked.name]
        for memo, future in asked.waiters:
            if not future.done():
                future.set_result(_local(memo, reason))

    def _notice(self, task: "asyncio.Task[None]") -> None:
        """A task ended: make room; if it ended by a mistake of ours, end the extractor."""
        self._calls.discard(task)
        self._moved.set()
        if not task.cancelled() and task.exception() is not None:
            self._broken = task.exception()
            for asked in list(self._asked.values()):
                self._refuse(asked, "invalid")


def _local(memo: Memo, source: Source) -> Answer:
    return Answer(msgspec.structs.replace(memo.reading, source=source))


def _ending(error: LLMError | None) -> Ending:
    match error:
        case Late():
            return "timeout"
        case Locked():
            return "open"
        case _:
            return "invalid"
