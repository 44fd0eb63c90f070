"""The values of asking: how, about what, and what came of it."""

import asyncio

import msgspec

from features.llm.errors import LLMError, Usage
from features.llm.retry import RetryPolicy
from features.text.local import Memo
from features.text.schema import Reading


class Manner(msgspec.Struct, frozen=True):
    """How to ask. Times in seconds.

    `window`: how long a batch may gather; `batch`: texts in one call; `waiting`: texts that may
    be asked about at once, queue and calls together; `calls`: calls at once, from our side;
    `deadline`: for one call; `quick`: a call faster than this makes room for more.
    """

    window: float = 0.02
    batch: int = 8
    waiting: int = 2_000
    calls: int = 64
    deadline: float = 20.0
    quick: float = 2.0
    retry: RetryPolicy = RetryPolicy(max_retries=1)


class Answer(msgspec.Struct, frozen=True):
    """What is known of a memo after asking: the local reading, made worse by what was answered.

    `reading.source` says how it ended. `cost` is the text's share in nano-USD, 0 if cached.
    """

    reading: Reading
    tokens: int = 0
    cost: int = 0


class Asked:
    """A text that is being asked about, and who waits for it (everybody with the same text)."""

    __slots__ = ("alone", "name", "text", "waiters")

    def __init__(
        self,
        name: str,
        text: str,
        alone: bool,
        waiters: "list[tuple[Memo, asyncio.Future[Answer]]]",
    ) -> None:
        self.name = name
        self.text = text
        self.alone = alone
        self.waiters = waiters


class Outcome(msgspec.Struct, frozen=True):
    """How a call ended: readings by the name of the text, or the error; what it all took."""

    readings: dict[str, Reading]
    error: LLMError | None
    usage: Usage
    model: str = ""
    attempts: int = 1
