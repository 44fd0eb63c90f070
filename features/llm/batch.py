"""One call about several texts, with its retries: what goes out, and what is made of it."""

from collections.abc import Callable
from secrets import SystemRandom
from typing import Final

from features.llm.backend import price
from features.llm.chat import Chat
from features.llm.errors import Late, LLMError, Unusable, Usage
from features.llm.ground import ground
from features.llm.inquiry import Asked, Outcome
from features.llm.parse import Claim, parse
from features.llm.prompt import (
    Prompt,
    choose_mark,
    completion_tokens,
    estimate_tokens,
    messages,
    shape,
)
from features.llm.retry import RetryBudget, RetryPolicy, retrying

_LETTERS: Final = "bcdfghjkmnpqrstvwxz23456789"  # no vowels: ids that spell nothing
_ID_LENGTH: Final = 6


class Exchange:
    """A call with ids, an order and a mark of its own, which no text can know beforehand."""

    def __init__(
        self,
        chat: Chat,
        prompt: Prompt,
        batch: list[Asked],
        random: SystemRandom,
        now: float,
    ) -> None:
        self.batch = batch
        self._chat = chat
        self._prompt = prompt
        self._random = random
        shuffled = random.sample(batch, len(batch))
        self._by_id = {self._draw(): asked for asked in shuffled}
        texts = [asked.text for asked in batch]
        self._mark = choose_mark(texts, random.choice)
        most = completion_tokens(len(batch))
        usage = Usage(prompt=estimate_tokens(prompt, texts) - most, completion=most)
        self.estimate = price(usage, chat.backend.tariff.at(now))
        self._spent = Usage()
        self._attempts = 0

    def _draw(self) -> str:
        return "".join(self._random.choices(_LETTERS, k=_ID_LENGTH))

    async def run(
        self,
        deadline: float,
        policy: RetryPolicy,
        retries: RetryBudget,
        hurt: Callable[[LLMError], None],
    ) -> Outcome:
        """Call, again if that may help; `hurt` is told of every attempt that failed.

        Never raises `LLMError`.
        """

        async def call(before: LLMError | None) -> tuple[dict[str, Claim], str]:
            try:
                return await self._call(before, deadline)
            except LLMError as error:
                hurt(error)
                raise

        try:
            claims, model = await retrying(call, policy, retries, self._random.random)
        except LLMError as error:
            return Outcome({}, error, self._spent, attempts=self._attempts)
        readings = {
            asked.name: ground(claims[id_], asked.text, self._mark)
            for id_, asked in self._by_id.items()
            if id_ in claims
        }
        return Outcome(readings, None, self._spent, model, self._attempts)

    async def _call(
        self, before: LLMError | None, deadline: float
    ) -> tuple[dict[str, Claim], str]:
        self._attempts += 1
        ids = list(self._by_id)
        # Servers answer blanks where their grammar got lost: then ask without one.
        plain = isinstance(before, Unusable)
        items = {id_: asked.text for id_, asked in self._by_id.items()}
        try:
            said = await self._chat.complete(
                messages(self._prompt, self._mark, items),
                deadline=deadline,
                max_tokens=completion_tokens(len(ids)),
                more={} if plain else shape(self._chat.backend.structured, ids),
            )
        except LLMError as error:
            # What a call cost that we left is not known; the bill will have it.
            self._add(self.estimate if isinstance(error, Late) else error.usage)
            raise
        self._add(said.usage)
        return parse(said.content, ids), said.model

    def _add(self, usage: Usage) -> None:
        names = Usage.__struct_fields__
        total = [getattr(self._spent, name) + getattr(usage, name) for name in names]
        self._spent = Usage(*total)
