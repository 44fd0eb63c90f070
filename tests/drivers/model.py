"""The scripted model of `tests/llm` in a thread of its own, for tests that start workers."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from llm.server import Answer, Script, Server, serving


@contextmanager
def served(script: Script | Answer) -> Iterator[Server]:
    """A server on loopback until the block ends; its script may be changed meanwhile."""
    ready, over = threading.Event(), threading.Event()
    found: list[Server] = []

    async def serve() -> None:
        async with serving(script) as server:
            found.append(server)
            ready.set()
            while not over.is_set():  # noqa: ASYNC110 # set by another thread
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    ready.wait(10)
    try:
        yield found[0]
    finally:
        over.set()
        thread.join()
