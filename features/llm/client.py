"""A small client for people: the shape that tutorials show, over the same calls that we use.

    with Client(api_key=key) as client:
        print(client.generate("Is a gift card a payment?").content)

`AsyncClient` is the same for asyncio, with streams as async iterators.
"""

import asyncio
import time
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from secrets import SystemRandom
from typing import Any, Final, Self, TypeAlias

from features.llm.backend import Backend, deepseek
from features.llm.chat import Chat
from features.llm.door import Door
from features.llm.errors import LLMError
from features.llm.retry import RetryBudget, RetryPolicy, retrying
from features.llm.wire import Message, Said

Prompt: TypeAlias = str | Sequence[Message]
"""A text, or parts: `{"type": "text", "text": ...}` and what `image` makes."""

ENDPOINT: Final = "https://api.deepseek.com"


def wall() -> float:
    """Seconds since 1970 UTC."""
    return time.time_ns() / 1e9


def image(source: str | bytes, kind: str = "image/png") -> Message:
    """A part that shows a picture: an address, or bytes of the given media type."""
    if isinstance(source, bytes):
        source = f"data:{kind};base64,{b64encode(source).decode()}"
    return {"type": "image_url", "image_url": {"url": source}}


class AsyncClient:
    """Asks a model. `request_timeout` is for a whole request in seconds, retries not included.

    `retry_policy` takes `max_retries` and `backoff_factor` (seconds, doubled each time).
    """

    def __init__(
        self,
        *,
        api_key: str,
        endpoint: str = ENDPOINT,
        model: str = "deepseek-flash",
        request_timeout: float = 60.0,
        retry_policy: Mapping[str, float] | None = None,
        backend: Backend | None = None,
    ) -> None:
        self._timeout = request_timeout
        self._policy = _policy(retry_policy or {"max_retries": 3, "backoff_factor": 0.5})
        self._budget = RetryBudget()
        self._jitter = SystemRandom().random
        backend = backend or _backend(endpoint, model)
        self._chat = Chat(backend, Door(backend.endpoint, api_key), wall)

    async def generate(
        self,
        prompt: Prompt,
        *,
        max_tokens: int = 1024,
        temperature: float = 1.0,
        top_p: float | None = None,
        stop_sequences: Sequence[str] = (),
        config: Mapping[str, Any] | None = None,
    ) -> Said:
        """The answer; raises `LLMError`. `config` is sent as further fields of the request."""
        more = _more(top_p, stop_sequences, config)

        async def call(_: LLMError | None) -> Said:
            return await self._chat.complete(
                _messages(prompt),
                deadline=self._timeout,
                max_tokens=max_tokens,
                temperature=temperature,
                more=more,
            )

        return await retrying(call, self._policy, self._budget, self._jitter)

    async def stream(
        self,
        prompt: Prompt,
        *,
        max_tokens: int = 1024,
        temperature: float = 1.0,
        top_p: float | None = None,
        stop_sequences: Sequence[str] = (),
        config: Mapping[str, Any] | None = None,
    ) -> AsyncGenerator[str | Said, None]:
        """The answer piece by piece, then whole as a `Said`. Never retried: pieces are out."""
        async with aclosing(
            self._chat.stream(
                _messages(prompt),
                deadline=self._timeout,
                max_tokens=max_tokens,
                temperature=temperature,
                more=_more(top_p, stop_sequences, config),
            )
        ) as pieces:
            async for piece in pieces:
                yield piece

    async def close(self) -> None:
        """Give the connections back."""
        await self._chat.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class Client:
    """The same for code without asyncio; not to be used inside a running event loop."""

    def __init__(self, *, api_key: str, **settings: Any) -> None:
        """Settings are those of `AsyncClient`."""
        self._client = AsyncClient(api_key=api_key, **settings)
        self._runner = asyncio.Runner()

    def generate(self, prompt: Prompt, **settings: Any) -> Said:
        """The answer; settings are those of `AsyncClient.generate`."""
        return self._runner.run(self._client.generate(prompt, **settings))

    def generate_stream(
        self, prompt: Prompt, callback: Callable[[str], None], **settings: Any
    ) -> Said:
        """Hand each piece to `callback` as it comes; gives the whole answer."""
        return self._runner.run(self._hand_on(prompt, callback, settings))

    async def _hand_on(
        self, prompt: Prompt, callback: Callable[[str], None], settings: Mapping[str, Any]
    ) -> Said:
        async with aclosing(self._client.stream(prompt, **settings)) as pieces:
            while isinstance(piece := await anext(pieces), str):
                callback(piece)
        return piece

    def close(self) -> None:
        """Give the connections back."""
        self._runner.run(self._client.close())
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _backend(endpoint: str, model: str) -> Backend:
    if endpoint.rstrip("/").startswith(ENDPOINT):
        return deepseek(model, endpoint)
    return Backend(endpoint=endpoint, model=model, structured="none")


def _policy(given: Mapping[str, float]) -> RetryPolicy:
    unknown = given.keys() - {"max_retries", "backoff_factor"}
    if unknown:
        raise ValueError(f"retry_policy has no {', '.join(sorted(unknown))}")
    return RetryPolicy(
        max_retries=int(given.get("max_retries", 3)),
        backoff_factor=float(given.get("backoff_factor", 0.5)),
    )


def _messages(prompt: Prompt) -> list[Message]:
    return [{"role": "user", "content": prompt if isinstance(prompt, str) else list(prompt)}]


def _more(
    top_p: float | None, stop: Sequence[str], config: Mapping[str, Any] | None
) -> dict[str, Any]:
    more: dict[str, Any] = dict(config or {})
    if top_p is not None:
        more["top_p"] = top_p
    if stop:
        more["stop"] = list(stop)
    return more
