"""The client against a real HTTP server: every fact of the provider, every fault it shows."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from threading import Thread
from typing import Any

import pytest

from features.llm.backend import Backend, Prices, Tariff, deepseek, price
from features.llm.chat import Chat
from features.llm.client import AsyncClient, Client, image, wall
from features.llm.door import Door
from features.llm.errors import (
    Busy,
    Late,
    LLMError,
    Misused,
    TooLong,
    Unauthorised,
    Unavailable,
    Unpaid,
    Unusable,
    Usage,
    classify,
)
from features.llm.retry import RetryBudget, RetryPolicy
from features.llm.wire import Said
from tests.llm.server import (
    HEAD,
    Answer,
    Script,
    Server,
    chunk,
    completion,
    failed,
    http,
    in_turn,
    said,
    serving,
)

KEPT_ALIVE = Answer(
    [
        (0, HEAD),
        (0.02, chunk(b"\n" * 9)),
        (0.02, chunk(completion("late"))),
        (0, chunk(b"")),
    ]
)
ASK = [{"role": "user", "content": "hi"}]
NO_RESOURCE = "insufficient_system_resource"
FAST = {"max_retries": 2, "backoff_factor": 0.001}


def complete(script: Script | Answer, deadline: float = 5.0, **settings: Any) -> Said:
    """One call to a server with this script."""

    async def run() -> Said:
        async with serving(script) as server:
            backend = Backend(endpoint=server.endpoint, model="m", **settings)
            chat = Chat(backend, Door(server.endpoint, "key"), wall)
            try:
                return await chat.complete(ASK, deadline=deadline, max_tokens=9)
            finally:
                await chat.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        (said("hello"), "hello"),
        (KEPT_ALIVE, "late"),
        (said(None, message={"reasoning_content": '{"a":1}'}), '{"a":1}'),
        (said(None, message={"tool_calls": [{"function": {"arguments": "{}"}}]}), "{}"),
        (said("text", message={"tool_calls": [{}, {"function": {"arguments": ""}}]}), "text"),
        (said("hi", usage=None), "hi"),
        (said("hi", finish_reason="length"), "hi"),
    ],
    ids=["plain", "keep-alive lines", "reasoning", "tool", "empty tools", "no usage", "length"],
)
def test_an_answer_is_read_wherever_a_server_puts_it(answer: Answer, content: str) -> None:
    """Blank lines before the JSON, text in `reasoning_content` or in a tool's arguments."""
    assert content == complete(answer).content


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (failed(400), Misused),
        (failed(400, '{"error":{"code":"exceed_context_size_error"}}'), TooLong),
        (failed(422), Misused),
        (failed(404), Misused),
        (failed(301), Misused),
        (failed(401), Unauthorised),
        (failed(403), Unauthorised),
        (failed(402), Unpaid),
        (failed(429), Busy),
        (failed(408), Unavailable),
        (failed(500), Unavailable),
        (failed(503), Unavailable),
        (said(None, finish_reason=NO_RESOURCE), Unavailable),
        (Answer([(0, HEAD + chunk(b"{"))], close=True), Unavailable),
        (Answer([], close=True), Unavailable),
        (said("  \n "), Unusable),
        (said(None), Unusable),
        (Answer([(0, http(200, b""))]), Unusable),
        (Answer([(0, http(200, b" \n\n"))]), Unusable),
        (Answer([(0, http(200, b"not json"))]), Unusable),
        (Answer([(0, http(200, b"[" * 100_000))]), Unusable),
        (Answer([(0, http(200, b'{"choices":[]}'))]), Unusable),
        (Answer([(0, http(200, b'{"choices":7}'))]), Unusable),
        (Answer([(0, http(200, b"x" * (10 << 20)))]), Unusable),
        (Answer([(0, HEAD), *[(0.02, chunk(b"\n"))] * 100]), Late),
        (Answer([(9, b"")]), Late),
    ],
)
def test_each_fault_is_an_error_of_its_own_consequence(
    answer: Answer, error: type[LLMError]
) -> None:
    """Status, blank, broken, oversized, dripping and silent answers: the tree of errors."""
    with pytest.raises(LLMError) as caught:
        complete(answer, deadline=0.4)
    assert error is type(caught.value)


def test_no_error_tells_what_was_sent_or_answered() -> None:
    """Errors end in logs; texts must not."""
    for answer in (failed(400, '{"error":"bad SECRET"}'), said("SECRET" * 2, finish_reason=7)):
        with pytest.raises(LLMError) as caught:
            complete(answer)
        assert "SECRET" not in repr(caught.value) + str(caught.value.__context__)


def test_a_429_names_its_ceiling_and_its_wait_in_both_forms() -> None:
    """DeepSeek's limit moves with the balance and stands in the body only."""
    body = b'{"error":{"message":"concurrency is 40, exceeds your concurrency limit of 39"}}'
    now = 1_000_000_000.0
    for headers, after in (
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Sun, 09 Sep 2001 01:46:45 GMT"}, 5.0),
        ({"retry-after": "Sun, 09 Sep 2001 01:46:45 -0000"}, 5.0),
        ({"retry-after": "soon"}, None),
    ):
        busy = classify(429, headers, body, now)
        assert isinstance(busy, Busy)
        assert (39, after) == (busy.ceiling, busy.after)
    assert None is classify(429, {}, b"slow down", now).ceiling  # type: ignore[attr-defined]


def every(kind: type[LLMError]) -> set[type[LLMError]]:
    """A class of the tree and all below."""
    return {kind}.union(*(every(below) for below in kind.__subclasses__()))


def test_every_error_has_a_consequence() -> None:
    """The tree is complete: each class says whether to retry, to slow down, to open."""
    assert [] == [kind for kind in every(LLMError) - {LLMError} if not hasattr(kind, "action")]
    assert {Busy, Unavailable, Unusable} == {
        kind for kind in every(LLMError) - {LLMError} if kind.action.retry
    }


def test_thinking_is_switched_off_and_the_user_is_a_constant() -> None:
    """What DeepSeek must be told on every request."""

    async def run() -> dict[str, Any]:
        async with serving() as server:
            backend = deepseek(endpoint=server.endpoint)
            chat = Chat(backend, Door(server.endpoint, "k-123"), wall)
            await chat.complete(ASK, deadline=5, max_tokens=9)
            await chat.close()
            assert b"authorization: bearer k-123" in server.requests[0].raw.lower()
            return dict(server.requests[0].json)

    sent = asyncio.run(run())
    assert {"type": "disabled"} == sent["thinking"]
    assert ("riskstream", 0.0, 9) == (sent["user_id"], sent["temperature"], sent["max_tokens"])


def test_a_call_is_priced_by_the_hour_and_by_the_prefix_cache() -> None:
    """Nano-USD: prompt tokens from the cache are cheap, peak hours dear, week-ends not."""
    tariff = deepseek().tariff
    monday = 4 * 86_400.0
    usage = Usage(prompt=700, hit=600, completion=60)
    off, peak = 600 * 3 + 100 * 150 + 60 * 600, 600 * 6 + 100 * 300 + 60 * 1200
    for now, cost in (
        (monday, off),
        (monday + 3600, peak),
        (monday + 4 * 3600, off),
        (monday + 6 * 3600, peak),
        (monday - 86_400 + 3600, off),
        (monday + 4 * 86_400 + 3600, peak),
        (monday + 5 * 86_400 + 3600, off),
    ):
        assert cost == price(usage, tariff.at(now)).cost
    assert Prices() == Tariff().at(monday)
    said_ = complete(said("x"), tariff=Tariff(Prices(hit=1.0, miss=2.0, completion=3.0)))
    assert (760, 980_000) == (said_.usage.tokens, said_.usage.cost)


def test_a_blank_answer_was_paid_all_the_same() -> None:
    """The error carries what it cost."""
    with pytest.raises(Unusable) as caught:
        complete(said(" "), tariff=Tariff(Prices(completion=1.0)))
    assert 60_000 == caught.value.usage.cost


def event(content: str | None, **more: Any) -> bytes:
    """One event of a stream."""
    choice = {"index": 0, "delta": {"content": content}, **more}
    return b"data: " + json.dumps({"choices": [choice]}, ensure_ascii=False).encode() + b"\n\n"


USAGE_ONLY = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'


def streamed(*parts: bytes, close: bool = True) -> Answer:
    """A streamed answer in the given pieces, with pauses."""
    ends = [(0.0, chunk(b""))] if not close else []
    return Answer([(0, HEAD), *[(0.005, chunk(part)) for part in parts], *ends], close=close)


def stream(answer: Answer, timeout: float = 5.0) -> list[str | Said]:
    """Every piece that the client gives."""

    async def run() -> list[str | Said]:
        async with serving(answer) as server, client(server, request_timeout=timeout) as asking:
            return [piece async for piece in asking.stream("hi")]

    return asyncio.run(run())


def client(server: Server, **settings: Any) -> AsyncClient:
    """A client of this server."""
    return AsyncClient(
        api_key="k", endpoint=server.endpoint, model="m", retry_policy=FAST, **settings
    )


def test_a_stream_is_given_piece_by_piece_and_then_whole() -> None:
    """Comments are skipped, reads may split a character, usage may come on its own."""
    data = b": keep-alive\n\n" + event("", finish_reason=None) + event("gün") + event("stig")
    data += event(None, finish_reason="stop") + USAGE_ONLY + b"data: [DONE]\n\n"
    split = data.index("ü".encode()) + 1
    *pieces, whole = stream(streamed(data[:split], data[split:], close=False))
    assert ["gün", "stig"] == pieces
    assert Said("günstig", "stop", Usage(prompt=3, completion=2)) == whole


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (streamed(event("half")), Unavailable),
        (streamed(event("half"), close=False), Unavailable),
        (streamed(b"data: {nonsense\n\n"), Unusable),
        (streamed(b"data: " + b"x" * (1 << 19)), Unusable),
        (streamed(event(None, finish_reason=NO_RESOURCE), b"data: [DONE]\n"), Unavailable),
        (streamed(*[b": keep-alive\n\n"] * 400), Late),
        (Answer([(9, b"")]), Late),
        (failed(402), Unpaid),
    ],
)
def test_a_broken_stream_never_passes_for_a_whole_one(
    answer: Answer, error: type[LLMError]
) -> None:
    """Without `[DONE]` it is truncated; kept alive for ever, it is late."""
    with pytest.raises(LLMError) as caught:
        stream(answer, timeout=0.5)
    assert error is type(caught.value)


def generate(script: Script, act: Callable[[AsyncClient], Coroutine[Any, Any, Any]]) -> Server:
    """Run `act` against a server and give the server."""

    async def run() -> Server:
        async with serving(script) as server, client(server) as asking:
            await act(asking)
            return server

    return asyncio.run(run())


def test_the_public_client_sends_what_it_is_given() -> None:
    """Names of the tutorials' shape, mapped onto the wire."""
    parts = [{"type": "text", "text": "what?"}, image(b"png"), image("https://x.test/a.png")]
    server = generate(
        lambda request: said("ok"),
        lambda asking: asking.generate(
            parts,
            max_tokens=5,
            temperature=0.3,
            top_p=0.9,
            stop_sequences=["END"],
            config={"seed": 7},
        ),
    )
    sent = server.requests[0].json
    assert (5, 0.3, 0.9, ["END"], 7) == tuple(
        sent[name] for name in ("max_tokens", "temperature", "top_p", "stop", "seed")
    )
    assert ["data:image/png;base64,cG5n", "https://x.test/a.png"] == [
        part["image_url"]["url"] for part in sent["messages"][0]["content"][1:]
    ]


def test_the_public_client_retries_what_may_succeed_and_nothing_else() -> None:
    """Twice after 500 and blank; never after 400."""
    server = generate(
        in_turn(failed(500), said(" "), said("ok")), lambda asking: asking.generate("hi")
    )
    assert 3 == len(server.requests)
    with pytest.raises(Misused):
        generate(in_turn(failed(400), said("ok")), lambda asking: asking.generate("hi"))
    with pytest.raises(Unavailable):
        generate(in_turn(failed(500)), lambda asking: asking.generate("hi"))


def test_code_without_asyncio_gets_the_same() -> None:
    """The plain client: generate, and a stream handed to a callback."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    data = event("a") + event("b", finish_reason="stop") + b"data: [DONE]\n\n"
    answers = in_turn(said("plain"), streamed(data, close=False))
    serving_ = serving(answers)
    try:
        server = asyncio.run_coroutine_threadsafe(serving_.__aenter__(), loop).result()
        pieces: list[str] = []
        with Client(api_key="k", endpoint=server.endpoint, retry_policy=FAST) as asking:
            assert "plain" == asking.generate("hi").content
            assert "ab" == asking.generate_stream("hi", pieces.append).content
        assert ["a", "b"] == pieces
        asyncio.run_coroutine_threadsafe(serving_.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_an_unknown_retry_setting_is_refused() -> None:
    """A misspelt policy must not silently be the default."""
    with pytest.raises(ValueError, match="max_tries"):
        AsyncClient(api_key="k", retry_policy={"max_tries": 3})


def test_only_the_provider_itself_is_told_what_only_it_understands() -> None:
    """Its switch for thinking and its prices go with its address, not with the client."""
    assert deepseek("m") == AsyncClient(api_key="k", model="m")._chat.backend
    own = AsyncClient(api_key="k", model="m", endpoint="http://127.0.0.1:1")._chat.backend
    assert Backend(endpoint="http://127.0.0.1:1", model="m", structured="none") == own


def test_waits_double_are_bounded_and_add_what_is_asked() -> None:
    """Full jitter below a doubling bound; Retry-After counts, within reason."""
    policy = RetryPolicy(backoff_factor=0.5, longest=10)
    error = Unavailable("x")
    assert [0.5, 1.0, 2.0, 10.0] == [policy.wait(n, error, 1.0) for n in (0, 1, 2, 9)]
    assert 0.0 == policy.wait(3, error, 0.0)
    assert 60.5 == policy.wait(0, Busy(after=9999.0), 1.0)


def test_retries_are_a_tenth_of_calls_in_the_long_run() -> None:
    """An outage cannot be amplified: after the saved ones, one retry needs ten calls."""
    budget = RetryBudget()
    assert 10 == sum(budget.take() for _ in range(100))
    taken = 0
    for _ in range(1000):
        budget.called()
        taken += budget.take()
    assert 99 <= taken <= 100


def test_a_cancelled_call_gives_its_connection_back() -> None:
    """Deadlines cancel at every point of a connection's life; the pool still works."""

    async def run() -> str:
        async with serving(lambda request: said("ok", after=0.01)) as server:
            backend = Backend(endpoint=server.endpoint, model="m")
            chat = Chat(backend, Door(server.endpoint, "k", connections=5), wall)

            async def churn(seed: int) -> None:
                for turn in range(25):
                    try:
                        wait = ((seed * 31 + turn * 17) % 30) / 1000
                        async with asyncio.timeout(wait):
                            await chat.complete(ASK, deadline=5, max_tokens=1)
                    except TimeoutError:
                        pass

            await asyncio.gather(*[churn(seed) for seed in range(10)])
            answer = await chat.complete(ASK, deadline=2, max_tokens=1)
            await chat.close()
            return answer.content

    assert "ok" == asyncio.run(run())
