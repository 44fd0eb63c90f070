"""The one way out: HTTP by httpx2.

httpx 0.28 loses a pool slot for ever when a call is cancelled while its connection is made;
httpx2 gives it back. Whole calls are bounded in bytes here and in time by `features.llm.chat`,
since a server that keeps the line alive with blank lines never lets a read time out.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import httpx2
import msgspec

from features.llm.errors import Unavailable, Unusable

MAX_REPLY: Final = 1 << 20
"""Bytes of an answer that are read; a reading needs a few thousand."""


class Reply(msgspec.Struct, frozen=True):
    """An answer, read whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Door:
    """A pool of connections to one server. Belongs to the event loop that first uses it.

    A server in the house may want no key: an empty one is not sent.
    """

    def __init__(
        self, endpoint: str, api_key: str, *, connections: int = 64, read_timeout: float = 30.0
    ) -> None:
        self._client = httpx2.AsyncClient(
            base_url=endpoint.rstrip("/") + "/",
            headers={
                **({"authorization": f"Bearer {api_key}"} if api_key else {}),
                "content-type": "application/json",
                "accept-encoding": "identity",  # a small zipped reply could unpack to gigabytes
                "user-agent": "riskstream",
            },
            limits=httpx2.Limits(
                max_connections=connections, max_keepalive_connections=connections
            ),
            timeout=httpx2.Timeout(connect=5.0, read=read_timeout, write=10.0, pool=10.0),
            trust_env=False,
        )

    async def post(self, path: str, body: bytes) -> Reply:
        """Send and read whole; raises `Unavailable` or `Unusable` (too many bytes)."""
        async with self.open(path, body) as (head, chunks):
            data = bytearray()
            async for chunk in chunks:
                data += chunk
            return msgspec.structs.replace(head, body=bytes(data))

    @asynccontextmanager
    async def open(
        self, path: str, body: bytes
    ) -> AsyncIterator[tuple[Reply, AsyncIterator[bytes]]]:
        """Send; gives the head of the answer and its bytes as they come, bounded."""
        try:
            async with self._client.stream("POST", path, content=body) as response:
                head = Reply(response.status_code, dict(response.headers), b"")
                yield head, _bounded(response.aiter_bytes())
        except httpx2.HTTPError as error:
            # The kind of failure only: messages may hold addresses and payload.
            raise Unavailable(type(error).__name__) from None

    async def close(self) -> None:
        """Give all connections back."""
        await self._client.aclose()


async def _bounded(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    total = 0
    async for chunk in chunks:
        total += len(chunk)
        if total > MAX_REPLY:
            raise Unusable("oversized")
        yield chunk
