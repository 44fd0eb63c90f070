"""One call to a model: a total deadline around it, its price on it, no second try in it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec

from features.llm.backend import Backend, price
from features.llm.door import Door
from features.llm.errors import Late, LLMError, Usage, classify
from features.llm.wire import PATH, Message, Said, body_of, read_answer, read_stream


class Chat:
    """Calls one backend. `wall` gives seconds since 1970 UTC, for prices and dates."""

    def __init__(self, backend: Backend, door: Door, wall: Callable[[], float]) -> None:
        self.backend = backend
        self._door = door
        self._wall = wall

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        deadline: float,
        max_tokens: int,
        temperature: float = 0.0,
        more: Mapping[str, Any] | None = None,
    ) -> Said:
        """Ask and read the whole answer within `deadline` seconds; raises `LLMError`."""
        body = body_of(
            self.backend, messages, max_tokens=max_tokens, temperature=temperature, more=more
        )
        async with _until(asyncio.get_running_loop().time() + deadline):
            reply = await self._door.post(PATH, body)
        try:
            if reply.status != 200:
                raise classify(reply.status, reply.headers, reply.body, self._wall())
            said = read_answer(reply.body)
        except LLMError as error:
            error.usage = self._price(error.usage)
            raise
        return msgspec.structs.replace(said, usage=self._price(said.usage))

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        deadline: float,
        max_tokens: int,
        temperature: float = 0.0,
        more: Mapping[str, Any] | None = None,
    ) -> AsyncGenerator[str | Said, None]:
        """Ask; gives the pieces as they come, then the whole. The deadline is for all of it."""
        body = body_of(
            self.backend,
            messages,
            max_tokens=max_tokens,
            temperature=temperature,
            stream=True,
            more=more,
        )
        ends = asyncio.get_running_loop().time() + deadline
        async with AsyncExitStack() as stack:
            async with _until(ends):
                head, chunks = await stack.enter_async_context(self._door.open(PATH, body))
                if head.status != 200:
                    data = b"".join([chunk async for chunk in chunks])
                    raise classify(head.status, head.headers, data, self._wall())
            pieces = read_stream(chunks)
            stack.push_async_callback(pieces.aclose)
            while True:
                async with _until(ends):
                    piece = await anext(pieces, None)
                if piece is None:
                    return
                if isinstance(piece, Said):
                    piece = msgspec.structs.replace(piece, usage=self._price(piece.usage))
                yield piece

    async def close(self) -> None:
        """Give the connections back."""
        await self._door.close()

    def _price(self, usage: Usage) -> Usage:
        return price(usage, self.backend.tariff.at(self._wall()))


@asynccontextmanager
async def _until(ends: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout_at(ends):
            yield
    except TimeoutError:
        raise Late("no whole answer within the deadline") from None
