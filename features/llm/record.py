"""What is written down of every answer: the reading log.

A state fold and a replay use what is recorded here and nothing else, so no call is ever made
twice for one decision. There is no text in a record.
"""

from typing import Literal, TypeAlias

import msgspec

from features.llm.errors import Usage
from features.text.schema import Reading

Ending: TypeAlias = Literal["llm", "timeout", "open", "invalid"]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One text of one call.

    `fingerprint` names the text, `key` the text with prompt, schema and model, as in the cache.
    `reading` is what the model says and the text bears out, before it is merged with the local
    one; None if there was no usable answer. `usage` is the text's share of the call and its
    retries; shares add up to the whole. `at` is in microseconds UTC.
    """

    schema: Literal[1] = 1
    fingerprint: str
    key: str
    at: int
    ending: Ending
    reading: Reading | None
    model: str
    served_by: str
    prompt: str
    prompt_hash: str
    batch: int
    usage: Usage
    duration_us: int


encode = msgspec.json.Encoder().encode
"""Record -> JSON bytes."""

decode = msgspec.json.Decoder(Record).decode
"""JSON bytes -> Record; raises `msgspec.MsgspecError` on anything else."""


def shares(usage: Usage, parts: int) -> list[Usage]:
    """Split a call's usage over its texts; the first ones carry what does not divide."""
    names = Usage.__struct_fields__
    split = [divmod(getattr(usage, name), parts) for name in names]
    return [Usage(*[whole + (part < rest) for whole, rest in split]) for part in range(parts)]
