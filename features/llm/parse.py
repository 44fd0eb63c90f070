"""From what a model said to typed claims: one parser for every way of asking.

Each item stands alone, and within an item each field: what is missing, of the wrong type or out
of its set is left out and counted, never guessed, and never costs the neighbours theirs.
"""

import json
from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any, Final, NoReturn

import msgspec

from features.catalogue import LANGUAGES
from features.llm.errors import Unusable
from features.llm.prompt import KINDS
from features.text.schema import FLAGS, PURPOSES, EntityKind, Flag, Purpose

_MOST: Final = 32  # entities or flags of one item that are looked at
_LONGEST_QUOTE: Final = 1000


class Claim(msgspec.Struct, frozen=True):
    """What a model says of one text, not yet held against it.

    Quotes are words that the text is said to hold. `dropped` counts what made no sense.
    """

    sentiment: float = 0.0
    urgency: float = 0.0
    purpose: Purpose = "other"
    language: str = "und"
    entities: tuple[tuple[EntityKind, str], ...] = ()
    flags: tuple[tuple[Flag, str], ...] = ()
    dropped: int = 0


def parse(content: str, ids: Collection[str]) -> dict[str, Claim]:
    """The claims by item id; ids that were not asked for are left out.

    Raises `Unusable` if there is no JSON object, or none of the items in it.
    """
    said = _first_object(content)
    items = said.get("items", said)
    if not isinstance(items, dict):
        raise Unusable("no items")
    claims = {id_: _claim(items[id_]) for id_ in ids if isinstance(items.get(id_), dict)}
    if not claims:
        raise Unusable("no item that was asked for")
    return claims


def _first_object(content: str) -> dict[str, Any]:
    """The first JSON object in a text: models wrap it in fences, thoughts and courtesies."""
    start = content.find("{")
    if start < 0:
        raise Unusable("no object")
    try:
        said: dict[str, Any] = _DECODER.raw_decode(content, start)[0]
    except (ValueError, RecursionError):
        raise Unusable("broken object") from None
    return said


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)  # NaN and Infinity are no JSON


def _claim(item: Mapping[str, Any]) -> Claim:
    dropped = 0
    sentiment, urgency = _number(item.get("s"), -1, 1), _number(item.get("u"), 0, 1)
    purpose = _member(item.get("p"), PURPOSES)
    language = _member(item.get("l"), LANGUAGES)
    entities = _quotes(item.get("e"), "k", KINDS)
    flags = _quotes(item.get("f"), "f", FLAGS)
    dropped += sum(value is None for value in (sentiment, urgency, purpose, language))
    dropped += entities[1] + flags[1]
    return Claim(
        sentiment=sentiment or 0.0,
        urgency=urgency or 0.0,
        purpose=purpose or "other",
        language=language or "und",
        entities=entities[0],
        flags=flags[0],
        dropped=dropped,
    )


def _number(value: object, low: float, high: float) -> float | None:
    """A number within its range; anything beyond is not believed to the nearest end."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if low <= value <= high and isfinite(value) else None


def _member(value: object, allowed: Collection[str]) -> Any:
    return value if isinstance(value, str) and value in allowed else None


def _quotes(value: object, name: str, allowed: Collection[str]) -> tuple[tuple[Any, ...], int]:
    """(member, quote) pairs, and how many made no sense."""
    if not isinstance(value, list):
        return (), 1
    found = tuple(
        (row[name], row["t"])
        for row in value[:_MOST]
        if isinstance(row, dict)
        and _member(row.get(name), allowed)
        and isinstance(row.get("t"), str)
        and len(row["t"]) <= _LONGEST_QUOTE
    )
    return found, len(value) - len(found)
