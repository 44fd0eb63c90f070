"""The record of one decision: what Kafka, files and tests all carry.

It is self-contained: the outcome, why, every value that was used with its source, and the
versions of what judged it. One schema everywhere; a decision read back equals the one written.
"""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

Scalar: TypeAlias = str | float | int | bool
Outcome: TypeAlias = Literal["approve", "review", "reject"]
Flag: TypeAlias = Literal["key_mismatch", "id_reused"]


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why: a stable code for machines, a sentence with the values in it for people."""

    code: str
    text: str


class Contribution(msgspec.Struct, frozen=True, gc=False):
    """Points that one value added to the score (may be negative)."""

    value: str
    points: int


class Hit(msgspec.Struct, frozen=True, gc=False):
    """A rule that fired, and the tier in which it speaks."""

    rule: str
    tier: str


class Version(msgspec.Struct, frozen=True, gc=False):
    """What judged: its name, its author's version, and a hash of its content."""

    name: str
    version: str
    hash: str


class Source(msgspec.Struct, frozen=True, gc=False):
    """Where the payment stands in the log. `epoch` changes when a topic is recreated."""

    topic: str
    epoch: str
    partition: int
    offset: int


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to one input offset.

    `score` is 0-100, None for a message that is no payment. `values` holds the known values by
    source; `unknowns` names those that were not known. `duplicate_of` is the id of the first
    decision about the same payment. `timings_us` is wall time by step, in microseconds.
    """

    schema: Literal[1] = 1
    id: str
    source: Source
    transaction_id: str | None
    payer_id: str | None
    event_time: datetime | None
    amount_minor: int | None
    currency: str | None
    outcome: Outcome
    tier: str | None
    score: int | None
    contributions: tuple[Contribution, ...] = ()
    reasons: tuple[Reason, ...] = ()
    hits: tuple[Hit, ...] = ()
    shadow: tuple[Hit, ...] = ()
    shadow_outcome: Outcome | None = None
    unknown_rules: tuple[str, ...] = ()
    values: dict[str, dict[str, Scalar]] = {}
    unknowns: tuple[str, ...] = ()
    book: Version
    scorer: Version
    duplicate_of: str | None = None
    flags: tuple[Flag, ...] = ()
    timings_us: dict[str, int] = {}


encode = msgspec.json.Encoder().encode
"""Decision -> JSON bytes."""

decode = msgspec.json.Decoder(Decision).decode
"""JSON bytes -> Decision; raises `msgspec.MsgspecError` on anything else."""
