"""Every value that a rule or a scorer may name: type, unit, range, meaning.

The catalogue is the one list of words. Code that makes a value, a rule that reads it and the
documentation of it all point here; a name that is not here is a mistake, never a silent miss.
"""

from typing import Literal, TypeAlias

import msgspec

Type: TypeAlias = Literal["number", "text", "flag"]
Source: TypeAlias = Literal["payment", "history", "local"]
"""Where a value came from: the payment's own fields, the fold over the log, the local reader."""


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """One word of the vocabulary.

    `low` and `high` bound a number (inclusive; None = unbounded); `unit` is for people.
    """

    name: str
    type: Type
    source: Source
    meaning: str
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    example: str = ""
