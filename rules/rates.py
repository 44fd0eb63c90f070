"""The exchange rates of a book: a CSV file with the columns currency, from, rate.

`rate` is what one unit of the currency is worth in the base currency, valid from a moment on.
"""

import csv
import re
from io import StringIO
from typing import Final, TypeAlias

from rules.calendar import micros, no_moment
from rules.errors import Mistake

Row: TypeAlias = tuple[str, int, str]

COLUMNS: Final = ["currency", "from", "rate"]
_RATE: Final = re.compile(r"(?=.*[1-9])[0-9]{1,9}(\.[0-9]{1,12})?")


def read_rates(file: str, raw: bytes) -> tuple[tuple[Row, ...], list[Mistake]]:
    """Bytes -> rows sorted by currency and moment, and every mistake in them."""
    mistakes: list[Mistake] = []
    try:
        rows = list(csv.reader(StringIO(raw.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return (), [Mistake(file, 1, 1, "no CSV in UTF-8")]
    if not rows or rows[0] != COLUMNS:
        return (), [Mistake(file, 1, 1, f"the header must be {','.join(COLUMNS)}")]
    found: dict[tuple[str, int], str] = {}
    for line, row in enumerate(rows[1:], 2):
        try:
            currency, at, rate = _row(row)
        except ValueError as error:
            mistakes.append(Mistake(file, line, 1, str(error), "", ",".join(row)))
            continue
        if (currency, at) in found:
            cause = "this currency has two rates for one moment"
            mistakes.append(Mistake(file, line, 1, cause, "", ",".join(row)))
        found[currency, at] = rate
    return tuple(sorted((*key, rate) for key, rate in found.items())), mistakes


def _row(row: list[str]) -> Row:
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(row)} columns, not {len(COLUMNS)}")
    currency, start, rate = row
    if not re.fullmatch("[A-Z]{3}", currency):
        raise ValueError("currency must be three capitals like USD")
    if not _RATE.fullmatch(rate):
        raise ValueError("rate must be a positive decimal number like 0.92")
    try:
        return currency, micros(start), rate
    except ValueError:
        told = " ".join(no_moment(start, "2026-01-01T00:00:00Z"))
        raise ValueError(f"from {told.strip()}") from None
