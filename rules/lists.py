"""Lists of a book: inline in book.yaml, or text and CSV files in lists/.

A text file holds one entry a line (`#` starts a comment line). A CSV file has a header with
`value` and any of `expires` (RFC 3339 with a zone), `reason`, `added_by`. An entry of an allow
list needs all of expiry and reason: a permission that nobody renews ends by itself.
"""

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any, Final

from rules.calendar import micros, no_moment
from rules.errors import Mistake, did_you_mean
from rules.model import FOREVER, Listing, ListKind
from rules.wording import fold

COLUMNS: Final = ("value", "expires", "reason", "added_by")
MAX_ENTRY: Final = 200
MAX_MISTAKES: Final = 100
MAX_BYTES: Final = 1 << 28


class ListMaker:
    """Collects the entries of one list and the mistakes in them, the first `MAX_MISTAKES`.

    `quote` gives a line of the file, for the mistakes.
    """

    def __init__(
        self, name: str, kind: ListKind, file: str, quote: Callable[[int], str]
    ) -> None:
        self._quote = quote
        self.mistakes: list[Mistake] = []
        self._name = name
        self._is_allow = kind == "allow"
        self._kind = kind
        self._file = file
        self._ends: dict[str, int] = {}
        self._notes: dict[str, tuple[str, str]] = {}
        self._moments: dict[str, int] = {"": FOREVER}
        self._pool: dict[tuple[str, str], tuple[str, str]] = {}

    def listing(self, file: str | None = None) -> Listing:
        """Give what was collected; `file` says where it stands, None: in book.yaml."""
        return Listing(self._name, self._kind, self._ends, self._notes, file)

    def add(
        self, line: int, value: str, expires: str = "", reason: str = "", added_by: str = ""
    ) -> None:
        """Take one entry."""
        value = value.strip()
        if not 0 < len(value) <= MAX_ENTRY:
            self.wrong(line, f"an entry has 1 to {MAX_ENTRY} characters")
            return
        if self._is_allow and not (expires and reason):
            self.wrong(line, "an entry of an allow list needs expires and reason")
            return
        entry = value if self._is_allow else fold(value)
        if entry in self._ends:
            self.wrong(line, f"entry {value[:60]!r} stands in the list twice")
        end = self._moments.get(expires)
        self._ends[entry] = self._end(line, expires) if end is None else end
        if reason or added_by:
            note = (reason, added_by)
            self._notes[entry] = self._pool.setdefault(note, note)

    def _end(self, line: int, expires: str) -> int:
        try:
            end = micros(expires)
        except ValueError:
            cause, hint = no_moment(expires, "2026-12-31T00:00:00Z")
            self.wrong(line, f"expires {cause}", hint)
            return FOREVER
        self._moments[expires] = end
        return end

    def wrong(self, line: int, cause: str, hint: str = "") -> None:
        """Note a mistake."""
        if len(self.mistakes) < MAX_MISTAKES:
            place = Mistake(self._file, line, 1, cause, hint, self._quote(line))
            self.mistakes.append(place)


def read_list(
    name: str, kind: ListKind, file: str, raw: bytes
) -> tuple[Listing, list[Mistake]]:
    """Read a list file (CSV if its name says so): the list and the mistakes in it."""
    lines: list[str] = []

    def quote(line: int) -> str:
        return lines[line - 1] if line <= len(lines) else ""

    maker = ListMaker(name, kind, file, quote)
    if len(raw) > MAX_BYTES:
        maker.wrong(1, f"longer than {MAX_BYTES} bytes")
        return maker.listing(file), maker.mistakes
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        maker.wrong(1, f"no UTF-8 text (byte {error.start})")
        return maker.listing(file), maker.mistakes
    lines = text.splitlines()
    if file.endswith(".csv"):
        _read_csv(maker, text)
    else:
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.lstrip().startswith("#"):
                maker.add(number, line)
    return maker.listing(file), maker.mistakes


def _read_csv(maker: ListMaker, text: str) -> None:
    rows = csv.reader(StringIO(text), strict=True)
    try:
        header = [column.strip() for column in next(rows, [])]
        unknown = [column for column in header if column not in COLUMNS]
        if "value" not in header or unknown or len(set(header)) < len(header):
            known = f"known are {', '.join(COLUMNS)}"
            hint = did_you_mean(unknown[0], COLUMNS) or known if unknown else known
            cause = "the header needs value and known columns only"
            maker.wrong(1, cause, hint)
            return
        _read_rows(maker, rows, header)
    except csv.Error as error:
        maker.wrong(rows.line_num, f"no CSV: {error}")


def _read_rows(maker: ListMaker, rows: Any, header: list[str]) -> None:
    """Hand on each row with its columns in the order of `COLUMNS`."""
    places = [header.index(column) if column in header else None for column in COLUMNS]
    width = len(header)
    for row in rows:
        if len(row) != width:
            if row:
                maker.wrong(rows.line_num, f"{len(row)} columns; the header has {width}")
            continue
        maker.add(rows.line_num, *["" if place is None else row[place] for place in places])
