"""The worker's side of its scribe: orders go out, replies come back, no disk is waited for."""

import asyncio
import sys
from collections import deque
from pathlib import Path
from typing import Protocol

import msgspec

from risk.state.scribe import LENGTH, Order, Reply, frame
from risk.state.stamp import Unusable
from risk.state.store import Reading, StoreFailed, set_aside

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Reply).decode


class Keeper(Protocol):
    """Where checkpoints are kept."""

    async def tell(self, order: Order) -> Reply | None:
        """Have an order carried out; returns its reply, or None for one without a reply."""
        ...

    def read(self, name: str) -> Reading:
        """Open the file of a partition that was opened; raises `Unusable`."""
        ...

    def read_shared(self, name: str) -> Reading:
        """Open what others left of a partition in the shared folder; raises `Unusable`."""
        ...


class ScribeGone(Exception):
    """The process that writes checkpoints ended by itself."""


async def done(keeper: Keeper, order: Order) -> None:
    """Have an order carried out; raises `StoreFailed`, or `Unusable` if another holds it."""
    reply = await keeper.tell(order)
    if reply is not None and reply.error:
        raise StoreFailed(reply.error)
    if reply is not None and reply.is_busy:
        raise Unusable("busy", "another process holds it")


class ScribeKeeper:
    """A scribe in a process of its own, started with the first order."""

    def __init__(self, folder: Path, shared: Path | None, share_seconds: float) -> None:
        self._folder = folder
        self._shared = shared
        self._share_seconds = share_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._listener: asyncio.Task[None] | None = None
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._starting = asyncio.Lock()

    async def tell(self, order: Order) -> Reply | None:
        """Send an order; waits for its reply if it has one, else only for room in the pipe."""
        async with self._starting:
            if self._process is None:
                await self._start()
        if self._process is None or self._process.stdin is None:
            raise ScribeGone
        answer: asyncio.Future[Reply] | None = None
        if order.verb != "stage":
            answer = asyncio.get_running_loop().create_future()
            self._waiting.append(answer)
        self._process.stdin.write(frame(_encode(order)))
        try:
            await self._process.stdin.drain()
        except ConnectionError:
            raise ScribeGone("the process that writes checkpoints ended") from None
        return None if answer is None else await answer

    def read(self, name: str) -> Reading:
        """The file as it is now; a damaged one is set aside before it is spoken of."""
        return Reading(self._folder / name, set_aside)

    def read_shared(self, name: str) -> Reading:
        """What others left."""
        if self._shared is None:
            raise Unusable("missing", "no folder is shared")
        return Reading(self._shared / name)

    async def stop(self) -> None:
        """Let the scribe end what it was told, and end."""
        if self._process is not None and self._process.stdin is not None:
            if self._listener is not None:
                self._listener.cancel()
            self._process.stdin.close()
            await self._process.wait()

    async def _start(self) -> None:
        # Of its own session: Ctrl-C at a terminal is for the worker, which then tells it.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "risk.state.scribe",
            str(self._folder),
            str(self._shared or "-"),
            str(self._share_seconds),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        self._listener = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        if self._process is None or self._process.stdout is None:
            return
        source = self._process.stdout
        try:
            while True:
                head = await source.readexactly(LENGTH.size)
                content = await source.readexactly(LENGTH.unpack(head)[0])
                answer = self._waiting.popleft()
                if not answer.done():
                    answer.set_result(_decode(content))
        except asyncio.IncompleteReadError:
            for answer in self._waiting:
                if not answer.done():
                    answer.set_exception(
                        ScribeGone("the process that writes checkpoints ended")
                    )
