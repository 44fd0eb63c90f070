"""A real OpenAI-compatible server, llama.cpp's own, with a model of random weights.

Skipped where its packages are not installed: `xllamacpp` and `gguf` belong to the tests alone.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("xllamacpp")
pytest.importorskip("gguf")

from features.llm.backend import Backend, Structured
from features.llm.cache import Cache
from features.llm.chat import Chat
from features.llm.client import AsyncClient, wall
from features.llm.door import Door
from features.llm.errors import TooLong
from features.llm.extractor import Extractor
from features.llm.inquiry import Manner
from features.llm.prompt import load_prompt
from features.llm.record import Record
from features.text.fingerprint import Fingerprint
from features.text.local import load_reader
from features.text.worse import worsen
from tests.llm import tiny_model
from tests.llm.attacks import own, payment_lines

READER = load_reader()


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server in a process of its own."""
    model = tmp_path_factory.mktemp("model") / "tiny.gguf"
    tiny_model.write(model)
    command = [sys.executable, str(Path(tiny_model.__file__)), str(model), "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().decode().strip() + "/v1"
    finally:
        server.kill()
        server.wait()


def asking(
    endpoint: str,
    act: Callable[[Extractor, list[Record]], Awaitable[Any]],
    *,
    structured: Structured = "json_schema",
    deadline: float = 60.0,
) -> Any:
    """Run `act` with an extractor of this server."""

    async def run() -> Any:
        backend = Backend(endpoint=endpoint, model="tiny", structured=structured)
        records: list[Record] = []
        extractor = Extractor(
            Chat(backend, Door(endpoint, "k"), wall),
            load_prompt(),
            Fingerprint(b"s" * 32),
            cache=Cache(),
            record=records.append,
            wall=wall,
            manner=Manner(window=0.001, batch=4, calls=2, deadline=deadline),
        )
        try:
            return await act(extractor, records)
        finally:
            await extractor.close()

    return asyncio.run(run())


def test_a_real_grammar_gives_every_item_a_reading(endpoint: str) -> None:
    """Ids complete, values in their sets; what random words claim is not in the texts."""
    memos = [READER.look(line) for line in payment_lines()[:4]]

    async def act(extractor: Extractor, records: list[Record]) -> None:
        answers = await asyncio.gather(*[extractor.read(memo, 60) for memo in memos])
        assert ["llm"] * 4 == [answer.reading.source for answer in answers]
        assert all(record.usage.prompt > 0 for record in records)
        for memo, answer in zip(memos, answers, strict=True):
            for found in (*answer.reading.entities, *answer.reading.red_flags):
                assert found.span.of(memo.text)

    asking(endpoint, act)


def test_json_of_the_wrong_shape_leaves_the_local_reading(endpoint: str) -> None:
    """JSON mode promises JSON, not ours."""

    async def act(extractor: Extractor, records: list[Record]) -> None:
        answer = await extractor.read(READER.look("urgent rent"), 60)
        assert ("invalid", 0.6) == (answer.reading.source, answer.reading.urgency)

    asking(endpoint, act, structured="json_object")


def test_whatever_a_real_model_says_of_an_attack_only_adds_risk(endpoint: str) -> None:
    """A few attacks of each kind, in payment lines."""
    attacks = [text for _, text in own()][::24]
    memos = [READER.look(f"rent {text}") for text in attacks]

    async def act(extractor: Extractor, records: list[Record]) -> None:
        for memo in memos:
            answer = await extractor.read(memo, 60)
            merged, local = answer.reading, memo.reading
            assert {red.flag for red in local.red_flags} <= {r.flag for r in merged.red_flags}
            assert merged.urgency >= local.urgency
            assert merged.sentiment <= local.sentiment
            assert worsen(local, merged).values() == merged.values()

    asking(endpoint, act)


def test_a_deadline_frees_the_slot_of_a_real_server(endpoint: str) -> None:
    """Calls that are given up do not block those that follow."""

    async def act(extractor: Extractor, records: list[Record]) -> None:
        memos = [READER.look(f"rent {n}") for n in range(4)]
        answers = await asyncio.gather(*[extractor.read(memo, 30) for memo in memos])
        assert {"timeout"} == {answer.reading.source for answer in answers}

    asking(endpoint, act, deadline=0.05)

    async def again(extractor: Extractor, records: list[Record]) -> None:
        answer = await extractor.read(READER.look("rent again"), 60)
        assert "llm" == answer.reading.source

    asking(endpoint, again)


def test_a_prompt_beyond_the_context_is_told_as_such(endpoint: str) -> None:
    """The server's own 400 is recognised, so that a batch can be split."""

    async def run() -> None:
        chat = Chat(Backend(endpoint=endpoint, model="m"), Door(endpoint, "k"), wall)
        message = {"role": "user", "content": "x" * 20_000}
        with pytest.raises(TooLong):
            await chat.complete([message], deadline=60, max_tokens=9)
        await chat.close()

    asyncio.run(run())


def test_a_real_stream_ends_with_the_whole_and_its_usage(endpoint: str) -> None:
    """Pieces add up to the whole; the last chunk says what it took."""

    async def run() -> None:
        async with AsyncClient(api_key="k", endpoint=endpoint, model="m") as client:
            start = time.monotonic()
            pieces = [piece async for piece in client.stream("hello", max_tokens=12)]
        *texts, whole = pieces
        assert not isinstance(whole, str)
        assert "".join(map(str, texts)) == whole.content
        assert (12, "length") == (whole.usage.completion, whole.finish)
        assert time.monotonic() - start < 60

    asyncio.run(run())
