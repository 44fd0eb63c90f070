"""What was read in a memo: one typed value, whoever read it.

The local reader and the model give the same `Reading`. It holds no text: an entity or a red
flag points at the normalised, redacted memo by a verified span, so a reading may be recorded,
cached and shown without carrying what the payer wrote.
"""

from typing import Annotated, Final, Literal, TypeAlias, get_args

import msgspec

Scalar: TypeAlias = str | float | int | bool

SCHEMA: Final = 1
"""Version of `Reading`; part of every cache key and of every record of an answer."""

MAX_ENTITIES: Final = 32
"""More are dropped: nobody needs them, and an attacker writes the memo."""

Source: TypeAlias = Literal[
    "local", "llm", "cached", "timeout", "budget", "open", "invalid", "none"
]
"""Who read it. `timeout`, `budget`, `open` (breaker) and `invalid` (answer) are local readings
that stand because the model gave none; `none` is a payment without a memo."""

Purpose: TypeAlias = Literal[
    "none",
    "other",
    "goods",
    "services",
    "invoice",
    "rent",
    "salary",
    "utilities",
    "taxes",
    "insurance",
    "loan",
    "savings",
    "investment",
    "gift",
    "family",
    "donation",
    "travel",
    "medical",
    "education",
    "refund",
    "fee",
]

Flag: TypeAlias = Literal[
    "urgent",
    "secrecy",
    "gift_card",
    "crypto",
    "investment",
    "remote_access",
    "impersonation",
    "advance_fee",
    "invoice_change",
    "romance",
    "extortion",
    "sanctions_evasion",
    "instruction",
    "link",
    "obfuscated",
]

EntityKind: TypeAlias = Literal[
    "person", "organisation", "place", "account", "product", "listed"
]
"""`account` is a redacted identifier; `listed` is a hit on a name list of unknown kind."""

Share: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1)]
Tone: TypeAlias = Annotated[float, msgspec.Meta(ge=-1, le=1)]


class Span(msgspec.Struct, frozen=True, gc=False):
    """A place in the normalised, redacted memo: code points `start` <= i < `end`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The words at this place."""
        return text[self.start : self.end]


class ListMatch(msgspec.Struct, frozen=True, gc=False):
    """An entry of a name list, by its key there, and how well it matches (1 = exactly)."""

    list: str
    entry: str
    score: Share


class Entity(msgspec.Struct, frozen=True, gc=False):
    """A name in the memo. Its words are `span.of(text)`, by construction of the span."""

    kind: EntityKind
    span: Span
    confidence: Share
    match: ListMatch | None = None


class RedFlag(msgspec.Struct, frozen=True, gc=False):
    """A sign of fraud and the words that show it."""

    flag: Flag
    span: Span


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a memo says, bounded and typed.

    `language` is an ISO 639-1 code of `features.catalogue.LANGUAGES`; `length` counts the
    normalised memo; `lists` are the name lists that were looked through (none = a match is
    unknown); `dropped` counts what the reader claimed and the memo does not bear out.
    """

    schema: Literal[1] = 1
    source: Source
    sentiment: Tone = 0.0
    urgency: Share = 0.0
    purpose: Purpose = "other"
    language: str = "und"
    entities: tuple[Entity, ...] = ()
    red_flags: tuple[RedFlag, ...] = ()
    length: int = 0
    lists: tuple[str, ...] = ()
    dropped: int = 0

    def values(self) -> dict[str, Scalar]:
        """The known `text.*` values, by their names in the catalogue."""
        values = NO_FLAGS.copy()
        for red in self.red_flags:
            values[VALUE_NAMES[red.flag]] = True
        values["text.length"] = self.length
        values["text.sentiment"] = self.sentiment
        values["text.urgency"] = self.urgency
        values["text.purpose"] = self.purpose
        values["text.language"] = self.language
        values["text.entities"] = len(self.entities)
        if self.lists:
            values["text.list_match"] = max(
                [entity.match.score for entity in self.entities if entity.match], default=0.0
            )
        return values


FLAGS: Final[tuple[Flag, ...]] = get_args(Flag)
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
VALUE_NAMES: Final[dict[Flag, str]] = {flag: f"text.{flag}" for flag in FLAGS}
NO_FLAGS: Final[dict[str, Scalar]] = dict.fromkeys(VALUE_NAMES.values(), False)

NO_MEMO: Final = Reading(source="none", purpose="none", language="none")
"""A payment without a memo. No memo is knowledge, not a gap: no flags, neutral, length 0."""
