"""The record of one decision: what Kafka, files and tests all carry.

It is self-contained: the outcome, why, every value that was used with its source, and the
versions of what judged it. One schema everywhere; a decision read back equals the one written.
"""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from features.source import Mark
from features.transaction import Scalar

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


class Challenge(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a book or scorer on trial answered beside the one that decides.

    Its outcome is null, and the rest empty, if it failed on this payment.
    """

    book: Version
    scorer: Version
    outcome: Outcome | None = None
    score: int | None = None
    codes: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()


class Source(msgspec.Struct, frozen=True, gc=False):
    """Where the payment stands in the log. `epoch` changes when a topic is recreated."""

    topic: str
    epoch: str
    partition: int
    offset: int


Status: TypeAlias = Literal[
    "not_needed",
    "cached",
    "answered",
    "late",
    "timeout",
    "budget",
    "open",
    "invalid",
    "none",
]
"""What came of asking a model about the memo. `not_needed`: no answer could change the outcome;
`cached`, `answered`: it was read in time; `late`: read after the deadline, in a revision only;
`timeout`, `budget`, `open` (breaker), `invalid` (answer): it was not; `none`: no memo."""


def _says(description: str) -> Meta:
    return Meta(description=description)


class Llm(msgspec.Struct, frozen=True, gc=False):
    """What a model had to do with a decision. The outcome is the most severe of three."""

    status: Status
    without_text: Annotated[Outcome, _says("what it would be without the memo")]
    local: Annotated[Outcome, _says("what it would be by the local reading alone")]
    tokens: Annotated[int, _says("taken by the call about this memo")] = 0
    cost: Annotated[int, _says("of these tokens, in nano-USD")] = 0
    reader: Annotated[Version | None, _says("model, prompt version and prompt hash")] = None


class Decision(msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """The answer to one input offset; fields of the payment are null if it was none."""

    schema: Annotated[Literal[1], _says("version of this format")] = 1
    id: Annotated[str, _says("32 hex digits made of `source`: one per input offset")]
    source: Source
    transaction_id: Annotated[str | None, _says("null: the message is no payment")]
    payer_id: str | None
    event_time: Annotated[datetime | None, _says("when the payment happened, UTC")]
    amount_minor: Annotated[int | None, _says("in minor units of `currency`")]
    currency: Annotated[str | None, _says("ISO 4217")]
    outcome: Outcome
    tier: Annotated[str | None, _says("tier of the rules that made the outcome")]
    score: Annotated[int | None, _says("0 to 100; null: the message was not judged")]
    contributions: Annotated[tuple[Contribution, ...], _says("what the score is made of")] = ()
    reasons: tuple[Reason, ...] = ()
    hits: Annotated[tuple[Hit, ...], _says("live rules that fired")] = ()
    shadow: Annotated[tuple[Hit, ...], _says("rules on trial that fired, without effect")] = ()
    shadow_outcome: Annotated[
        Outcome | None, _says("what the outcome would be with the rules on trial")
    ] = None
    unknown_rules: Annotated[
        tuple[str, ...], _says("rules that an unknown value left undecided")
    ] = ()
    values: Annotated[
        dict[str, dict[str, Scalar]],
        _says(
            "every known value by its source: payment, history, local (the text reader), llm"
        ),
    ] = {}
    unknowns: Annotated[
        tuple[str, ...], _says("values that the book or the scorer reads and nobody knew")
    ] = ()
    llm: Annotated[
        Llm | None, _says("null: no model is configured, or the book never asks one")
    ] = None
    book: Version
    scorer: Version
    duplicate_of: Annotated[
        str | None, _says("id of the first decision about the same payment, repeated here")
    ] = None
    flags: Annotated[tuple[Flag, ...], _says("what was odd about the message")] = ()
    labels: Annotated[
        int | None,
        _says("next offset of the labels when it was decided; null: the book reads no labels"),
    ] = None
    marks: Annotated[
        dict[Mark, tuple[str, ...]],
        _says(
            "values that are not exact: partial (of one partition of several), approximate,"
            " saturated (the window holds more than is kept)"
        ),
    ] = {}
    challenger: Annotated[
        Challenge | None,
        _says("what the challenger beside would have answered; it decides nothing"),
    ] = None
    timings_us: Annotated[
        dict[str, int], _says("wall time by step in microseconds; no part of the decision")
    ] = {}


encode = msgspec.json.Encoder().encode
"""Decision -> JSON bytes."""

decode = msgspec.json.Decoder(Decision).decode
"""JSON bytes -> Decision; raises `msgspec.MsgspecError` on anything else."""
