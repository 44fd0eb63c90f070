"""The words of `POST /chat/completions`: bodies to send, answers and streams to read.

Servers differ in what they leave out; only what is used is looked at, and all of it may be
absent or null.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from features.llm.backend import Backend
from features.llm.errors import Unavailable, Unusable, Usage

PATH: Final = "chat/completions"
_MAX_LINE: Final = 1 << 18


class _Cached(msgspec.Struct):
    cached_tokens: int | None = None


class _Reasoned(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_cache_hit_tokens: int | None = None
    prompt_tokens_details: _Cached | None = None
    completion_tokens_details: _Reasoned | None = None


class _Function(msgspec.Struct):
    arguments: str | None = None


class _Tool(msgspec.Struct):
    function: _Function | None = None


class _Message(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_Tool] | None = None


class _Choice(msgspec.Struct):
    message: _Message | None = None
    delta: _Message | None = None
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    model: str | None = None


class Said(msgspec.Struct, frozen=True):
    """What a model answered. `finish` is the server's word for why it ended."""

    content: str
    finish: str
    usage: Usage
    model: str = ""


Message = Mapping[str, Any]
"""A role and a content: text, or parts such as `image_url`."""

_decode = msgspec.json.Decoder(_Completion, strict=False).decode


def body_of(
    backend: Backend,
    messages: Sequence[Message],
    *,
    max_tokens: int,
    temperature: float = 0.0,
    stream: bool = False,
    more: Mapping[str, Any] | None = None,
) -> bytes:
    """A request as bytes; `more` wins over everything else."""
    body: dict[str, Any] = {
        "model": backend.model,
        "messages": list(messages),
        "max_tokens": max_tokens,
        "temperature": temperature,
        "stream": stream,
    }
    if stream:
        body["stream_options"] = {"include_usage": True}
    if backend.thinking_switch:
        body["thinking"] = {"type": "disabled"}
    if backend.user:
        body["user_id"] = backend.user
    return msgspec.json.encode(body | dict(more or {}))


def read_answer(body: bytes) -> Said:
    """A whole answer; raises `Unusable` or `Unavailable`.

    A server under load sends blank lines before the JSON, sometimes nothing else. Servers with
    a reasoning parser leave `content` null and put the text beside it; tools, in arguments.
    """
    text = body.strip()
    if not text:
        raise Unusable("empty body")
    try:
        completion = _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Unusable("no completion") from None
    usage = usage_of(completion)
    if not completion.choices:
        raise Unusable("no choice", usage)
    choice = completion.choices[0]
    finish = choice.finish_reason or ""
    if finish == "insufficient_system_resource":
        raise Unavailable(finish, usage)
    content = _content(choice.message or _Message())
    if not content.strip():
        raise Unusable("blank", usage)
    return Said(content, finish, usage, completion.model or "")


def usage_of(completion: _Completion) -> Usage:
    """The tokens as the server counts them; what it does not say counts as none."""
    usage = completion.usage or _Usage()
    cached = usage.prompt_tokens_details or _Cached()
    reasoned = usage.completion_tokens_details or _Reasoned()
    hit = usage.prompt_cache_hit_tokens
    return Usage(
        prompt=_count(usage.prompt_tokens),
        hit=_count(hit if hit is not None else cached.cached_tokens),
        completion=_count(usage.completion_tokens),
        reasoning=_count(reasoned.reasoning_tokens),
    )


def _count(tokens: int | None) -> int:
    return max(0, tokens or 0)


def _content(message: _Message) -> str:
    for tool in message.tool_calls or ():
        if tool.function and tool.function.arguments:
            return tool.function.arguments
    return message.content or message.reasoning_content or ""


async def read_stream(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str | Said, None]:
    """The pieces of a streamed answer, then the whole as the last one.

    Usage comes on the last chunk or on one without choices: the latest counts. An end without
    `[DONE]` is a broken answer (`Unavailable`): half a sentence must not pass for a whole one.
    """
    whole: list[str] = []
    finish, usage, model = "", Usage(), ""
    async for line in _data_lines(chunks):
        if line == b"[DONE]":
            if finish == "insufficient_system_resource":
                raise Unavailable(finish, usage)
            yield Said("".join(whole), finish, usage, model)
            return
        try:
            completion = _decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise Unusable("no chunk", usage) from None
        usage = usage_of(completion) if completion.usage else usage
        model = completion.model or model
        for choice in (completion.choices or ())[:1]:
            finish = choice.finish_reason or finish
            piece = (choice.delta or _Message()).content
            if piece:
                whole.append(piece)
                yield piece
    raise Unavailable("truncated stream", usage)


async def _data_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The payloads of `data:` lines. Reads may split anywhere, also inside a character."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _MAX_LINE:
            raise Unusable("endless line")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()
