"""Why a message was refused: every mistake with its path, none with a word of the message.

Slow and careful, off the fast path. pydantic names wrong, missing and unknown fields; a plain
JSON reader sees keys that stand twice and the attributes, whose names only the book knows.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, TypeAlias

from pydantic import ValidationError

from features.catalogue import Value
from features.errors import Mistake
from features.fields import attribute_mistakes, is_clean, is_clean_memo
from features.schema import TransactionModel
from features.transaction import Device, Merchant, Payee, Payer
from features.wire import Wire

MAX_MISTAKES: Final = 50
"""A message of a million mistakes must not make a dead letter of a million lines."""

NOT_JSON: Final = Mistake("", "must be one JSON object in UTF-8")

Pairs: TypeAlias = tuple[tuple[str, Any], ...]
"""A JSON object as it was written: in order, with keys that stand twice."""

PARTS: Final[Mapping[str, Collection[str]]] = {
    "payer": Payer.__struct_fields__,
    "payee": Payee.__struct_fields__,
    "merchant": Merchant.__struct_fields__,
    "device": Device.__struct_fields__,
}


def list_mistakes(raw: bytes, declared: Mapping[str, Value]) -> tuple[Mistake, ...]:
    """All mistakes of a message that was refused; at least one."""
    pairs = _read(raw)
    if pairs is None:
        return (NOT_JSON,)
    found = [*_model_mistakes(raw), *_repeated(pairs, declared)]
    attributes = dict(pairs).get("attributes")
    if isinstance(attributes, tuple):
        found += attribute_mistakes(dict(attributes), declared)
    distinct = list(dict.fromkeys(found)) or [NOT_JSON]
    if len(distinct) > MAX_MISTAKES:
        rest = Mistake("", f"and {len(distinct) - MAX_MISTAKES} more mistakes")
        return (*distinct[:MAX_MISTAKES], rest)
    return tuple(distinct)


def list_subtle_mistakes(raw: bytes, declared: Mapping[str, Value]) -> tuple[Mistake, ...]:
    """List what the decoder cannot see in a message that it took; often nothing."""
    pairs = _read(raw) or ()
    return (*_repeated(pairs, declared), *_unclean(pairs, declared))


def _read(raw: bytes) -> Pairs | None:
    try:
        value = json.loads(raw.decode(), object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, tuple) else None


def _model_mistakes(raw: bytes) -> Iterator[Mistake]:
    try:
        TransactionModel.model_validate_json(raw)
    except ValidationError as refused:
        errors = refused.errors(include_url=False, include_context=False, include_input=False)
        for error in errors:
            names = [str(name) for name in error["loc"]]
            if error["type"] == "extra_forbidden":
                yield Mistake(".".join(names[:-1]), "holds an unknown field")
            elif error["type"] == "json_invalid":
                yield NOT_JSON
            else:
                yield Mistake(".".join(names), error["msg"].removeprefix("Value error, "))


def _repeated(pairs: Pairs, declared: Mapping[str, Value]) -> Iterator[Mistake]:
    for path, known, fields in _objects(pairs, declared):
        for name, count in Counter(name for name, _ in fields).items():
            if count > 1 and name in known:
                yield Mistake(path + name, "must not stand twice")


def _unclean(pairs: Pairs, declared: Mapping[str, Value]) -> Iterator[Mistake]:
    for path, known, fields in _objects(pairs, declared):
        for name, value in fields:
            check = is_clean_memo if (path, name) == ("", "memo") else is_clean
            if name in known and isinstance(value, str) and not check(value):
                yield Mistake(path + name, "must not hold control characters")


def _objects(
    pairs: Pairs, declared: Mapping[str, Value]
) -> Iterator[tuple[str, Collection[str], Pairs]]:
    """Each object of a payment: the path of its fields, the names that it may have, itself."""
    yield "", Wire.__struct_fields__, pairs
    parts = {**PARTS, "attributes": declared}
    for name, value in pairs:
        if name in parts and isinstance(value, tuple):
            yield f"{name}.", parts[name], value
