"""The words a book may use, handed in from outside: rules know values by name only."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

Scalar: TypeAlias = str | float | int | bool


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A name with its type, unit and range.

    `from_text`: an `allow` rule may not read it. `from_payment`: a field of the payment itself,
    known before any history, so that a velocity may read it.
    """

    type: Literal["number", "text", "flag"]
    meaning: str = ""
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    from_text: bool = False
    from_payment: bool = False


Vocabulary: TypeAlias = Mapping[str, Word]
