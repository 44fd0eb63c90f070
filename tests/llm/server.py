"""A scripted OpenAI-compatible server on loopback: real HTTP, every fault on demand.

A script is a function from the request to an `Answer`: bytes with pauses between them. What was
received is kept, byte for byte.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

USAGE = {
    "prompt_tokens": 700,
    "prompt_cache_hit_tokens": 600,
    "prompt_cache_miss_tokens": 100,
    "completion_tokens": 60,
    "completion_tokens_details": {"reasoning_tokens": 0},
}


@dataclass(frozen=True)
class Request:
    """What came in: the raw bytes of head and body, and the body as JSON."""

    raw: bytes
    json: Mapping[str, Any]

    @property
    def items(self) -> Mapping[str, str]:
        """The texts by item id, with the marks taken out again."""
        said = json.loads(self.json["messages"][-1]["content"])
        return {id_: text.replace(said["mark"], " ") for id_, text in said["items"].items()}


@dataclass(frozen=True)
class Answer:
    """Bytes to send, each after a pause in seconds; then keep the line or close it."""

    steps: Sequence[tuple[float, bytes]]
    close: bool = False


Script = Callable[[Request], Answer]


def http(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


HEAD = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
)


def completion(content: str | None, **more: Any) -> bytes:
    """The JSON of an answer; `more` replaces fields of the choice, `usage` the usage."""
    usage = more.pop("usage", USAGE)
    message = {"role": "assistant", "content": content, **more.pop("message", {})}
    choice = {"index": 0, "finish_reason": "stop", "message": message, **more}
    return json.dumps({"id": "x", "model": "m-1", "choices": [choice], "usage": usage}).encode()


def said(content: str | None, *, after: float = 0.0, **more: Any) -> Answer:
    """An ordinary answer after some seconds."""
    return Answer([(after, http(200, completion(content, **more)))])


def failed(status: int, body: str = "{}", headers: Mapping[str, str] | None = None) -> Answer:
    """An HTTP error."""
    return Answer([(0.0, http(status, body.encode(), headers))])


def reading(**claims: Any) -> dict[str, Any]:
    """One item of an answer, as the prompt asks for it."""
    return {"s": 0.0, "u": 0.0, "p": "other", "l": "en", "e": [], "f": [], **claims}


def readings(claim: Callable[[str], dict[str, Any]], *, after: float = 0.0) -> Script:
    """Answers each text by `claim(text)`."""

    def script(request: Request) -> Answer:
        items = {id_: claim(text) for id_, text in request.items.items()}
        return said(json.dumps({"items": items}), after=after)

    return script


def in_turn(*scripts: Script | Answer) -> Script:
    """One script after the other, the last one for ever."""
    left = list(scripts)

    def script(request: Request) -> Answer:
        one = left.pop(0) if len(left) > 1 else left[0]
        return one if isinstance(one, Answer) else one(request)

    return script


@dataclass
class Server:
    """Where it listens and what it received."""

    endpoint: str = ""
    script: Script = field(default=lambda request: said("ok"))
    requests: list[Request] = field(default_factory=list)
    open_calls: int = 0
    most_open: int = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it closes."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                )
                body = await reader.readexactly(size)
                request = Request(head + body, json.loads(body))
                self.requests.append(request)
                if await self._answer(self.script(request), writer):
                    return
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, answer: Answer, writer: asyncio.StreamWriter) -> bool:
        self.open_calls += 1
        self.most_open = max(self.most_open, self.open_calls)
        try:
            for pause, data in answer.steps:
                await asyncio.sleep(pause)
                writer.write(data)
                await writer.drain()
        finally:
            self.open_calls -= 1
        return answer.close


@asynccontextmanager
async def serving(script: Script | Answer | None = None) -> AsyncIterator[Server]:
    """A server that listens on a free port of loopback."""
    server = Server()
    if script is not None:
        server.script = script if callable(script) else (lambda request: script)
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.endpoint = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listener.close()
