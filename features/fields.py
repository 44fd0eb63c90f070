"""What a field may hold, beyond its type: the checks that both readers of a message share."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from itertools import product
from string import ascii_uppercase
from typing import Final

from features.catalogue import Value
from features.errors import Mistake

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
END: Final = 4_102_444_800_000_000
"""2100-01-01 UTC: event time is from 1970 up to here, in microseconds."""

MAX_NUMBER: Final = 2**53
"""Whole numbers above this are not exact as floats, in JSON or in a rule."""

COUNTRIES: Final[frozenset[str | None]] = frozenset(
    [None, *(first + second for first, second in product(ascii_uppercase, repeat=2))]
)
"""Two capital letters, or unknown. ISO 3166 itself changes, and banks use codes outside it."""

_IPV4: Final = re.compile(
    r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!$)|$)){4}", re.ASCII
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_MEMO: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def microseconds(time: datetime) -> int:
    """Turn an instant with a zone into microseconds since 1970 UTC, exactly."""
    past = time - EPOCH
    return (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds


def instant(at: int) -> datetime:
    """Turn microseconds since 1970 UTC into the instant."""
    return EPOCH + timedelta(microseconds=at)


def is_category(text: str | None) -> bool:
    """Tell whether it is four digits (ISO 18245), or unknown."""
    return text is None or (len(text) == 4 and text.isascii() and text.isdigit())


def is_ip(text: str | None) -> bool:
    """Tell whether it is an IPv4 or IPv6 address without a zone, or unknown."""
    return text is None or bool(_IPV4.fullmatch(text)) or _is_ipv6(text)


@lru_cache(maxsize=65_536)  # 12 us in the standard library; devices come again
def _is_ipv6(text: str) -> bool:
    try:
        return IPv6Address(text).scope_id is None
    except AddressValueError:
        return False


def is_clean(text: str | None) -> bool:
    """Tell whether it is free of control characters (C0, DEL, C1)."""
    return text is None or not _CONTROL.search(text)


def is_clean_memo(text: str | None) -> bool:
    """Tell the same of a memo, which may have tabs and line ends."""
    return text is None or not _CONTROL_IN_MEMO.search(text)


def attribute_mistakes(
    attributes: Mapping[str, object], declared: Mapping[str, Value]
) -> list[Mistake]:
    """Hold the attributes of a message against those that the book declares."""
    found = []
    for number, (name, value) in enumerate(attributes.items(), 1):
        if name not in declared:
            found.append(Mistake("attributes", f"field {number} is not declared by the book"))
        elif value is not None and (expected := _expected(value, declared[name])):
            found.append(Mistake(f"attributes.{name}", expected))
    return found


def _expected(value: object, declared: Value) -> str | None:
    """Say what the value should have been; None if it is well."""
    if declared.type == "flag":
        return None if isinstance(value, bool) else "must be true or false"
    if declared.type == "text":
        good = isinstance(value, str) and len(value) <= 256 and is_clean(value)
        return None if good else "must be text of at most 256 characters, no control characters"
    low = -MAX_NUMBER if declared.low is None else declared.low
    high = MAX_NUMBER if declared.high is None else declared.high
    if type(value) in (int, float) and low <= value <= high:  # type: ignore[operator]
        return None  # a bool is an int to isinstance, hence type()
    return f"must be a number from {low} to {high}"
