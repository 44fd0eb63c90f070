"""Lists of a book: inline in book.yaml, or text and CSV files in lists/.

A text file holds one entry a line (`#` starts a comment line). A CSV file has a header with
`value` and any of `expires` (RFC 3339 with a zone), `reason`, `added_by`. An entry of an allow
list needs all of expiry and reason: a permission that nobody renews ends by itself.
"""

import csv
from collections.abc import Mapping
from io import StringIO
from typing import Final

from rules.calendar import micros
from rules.errors import Mistake, did_you_mean
from rules.model import FOREVER, Listing, ListKind
from rules.wording import fold

COLUMNS: Final = ("value", "expires", "reason", "added_by")
MAX_ENTRY: Final = 200
MAX_BYTES: Final = 1 << 28


class ListMaker:
    """Collects the entries of one list and the mistakes in them."""

    def __init__(self, name: str, kind: ListKind, file: str) -> None:
        self.mistakes: list[Mistake] = []
        self._name = name
        self._kind = kind
        self._file = file
        self._ends: dict[str, int] = {}
        self._notes: dict[str, tuple[str, str]] = {}

    def listing(self) -> Listing:
        """Give what was collected."""
        return Listing(self._name, self._kind, self._ends, self._notes)

    def add(self, line: int, row: Mapping[str, str]) -> None:
        """Take one entry with the columns of `COLUMNS` (absent ones are empty)."""
        value = row.get("value", "").strip()
        expires, reason = row.get("expires", ""), row.get("reason", "")
        if not 0 < len(value) <= MAX_ENTRY:
            self.wrong(line, f"an entry has 1 to {MAX_ENTRY} characters")
            return
        if self._kind == "allow" and not (expires and reason):
            self.wrong(line, "an entry of an allow list needs expires and reason", "", value)
            return
        entry = value if self._kind == "allow" else fold(value)
        if entry in self._ends:
            self.wrong(line, f"entry {value[:60]!r} stands in the list twice", "", value)
        self._ends[entry] = self._end(line, expires) if expires else FOREVER
        if reason or row.get("added_by"):
            self._notes[entry] = (reason, row.get("added_by", ""))

    def _end(self, line: int, expires: str) -> int:
        try:
            return micros(expires)
        except ValueError:
            hint = "like 2026-12-31T00:00:00Z"
            self.wrong(line, "expires must be a date and time with a zone", hint, expires)
            return FOREVER

    def wrong(self, line: int, cause: str, hint: str = "", source: str = "") -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(self._file, line, 1, cause, hint, source))


def read_list(
    name: str, kind: ListKind, file: str, raw: bytes
) -> tuple[Listing, list[Mistake]]:
    """Read a list file (CSV if its name says so): the list and every mistake in it."""
    maker = ListMaker(name, kind, file)
    if len(raw) > MAX_BYTES:
        maker.wrong(1, f"longer than {MAX_BYTES} bytes")
        return maker.listing(), maker.mistakes
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        maker.wrong(1, f"no UTF-8 text (byte {error.start})")
        return maker.listing(), maker.mistakes
    if file.endswith(".csv"):
        _read_csv(maker, text)
    else:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.lstrip().startswith("#"):
                maker.add(number, {"value": line})
    return maker.listing(), maker.mistakes


def _read_csv(maker: ListMaker, text: str) -> None:
    rows = csv.reader(StringIO(text), strict=True)
    try:
        header = [column.strip() for column in next(rows, [])]
        unknown = [column for column in header if column not in COLUMNS]
        if "value" not in header or unknown:
            known = f"known are {', '.join(COLUMNS)}"
            hint = did_you_mean(unknown[0], COLUMNS) or known if unknown else known
            maker.wrong(
                1, "the header needs value and known columns only", hint, ",".join(header)
            )
            return
        for row in rows:
            if len(row) != len(header):
                maker.wrong(rows.line_num, f"{len(row)} columns; the header has {len(header)}")
            else:
                maker.add(rows.line_num, dict(zip(header, row, strict=True)))
    except csv.Error as error:
        maker.wrong(rows.line_num, f"no CSV: {error}")
