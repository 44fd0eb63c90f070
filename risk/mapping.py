"""Which column is which field of a payment, so that anybody's table can be tried.

A mapping is a small TOML file::

    [fields]                          # field of a payment = column of the table
    id = "TRANSACTION_ID"             # "#row" is the number of the row
    time = "TX_DATETIME"
    amount = "TX_AMOUNT"              # major units; amount_minor for minor units
    payer.id = "CUSTOMER_ID"
    merchant.id = "TERMINAL_ID"

    [constants]                       # field = the same text for every row
    currency = "EUR"
    kind = "card"

    [values.status]                   # what a cell says = what the field then is (optional)
    DECLINED = "declined"

    [time]
    format = "iso"                    # or epoch_s, epoch_ms, or a strptime pattern
    zone = "Europe/Brussels"          # of times that have none of their own

    [amount]
    round = 2                         # for tables of floats, which hold 183.70000000000002

    [csv]
    delimiter = ";"                   # a comma if it is not stated

Without a mapping the columns must bear the names of the fields. Cells only change their form
here; whether they make a payment is for the parser to say, row by row.
"""

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from features.transaction import Device, Merchant, Payee, Payer
from features.wire import Wire

_PARTIES: Final[dict[str, type[msgspec.Struct]]] = {
    "payer": Payer,
    "payee": Payee,
    "merchant": Merchant,
    "device": Device,
}

FIELDS: Final = (
    *(f.name for f in msgspec.structs.fields(Wire) if f.name not in {*_PARTIES, "attributes"}),
    *(
        f"{party}.{f.name}"
        for party, struct in _PARTIES.items()
        for f in msgspec.structs.fields(struct)
    ),
)
"""Every field of a payment by its path, except the attributes, which the book declares."""

REQUIRED: Final = ("id", "time", "kind", "currency", "payer.id")
ROW: Final = "#row"
FORMATS: Final = ("iso", "epoch_s", "epoch_ms")


class BadMap(Exception):
    """A mapping that cannot be used, or does not fit the table; `str()` lists every mistake."""


class Csv(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the CSV file is written."""

    delimiter: str = ","


class Time(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How times are written, and the zone of those that do not say it."""

    format: str = "iso"
    zone: str | None = None


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To how many decimals amounts are rounded, half to even; None leaves them as they are."""

    round: Annotated[int, msgspec.Meta(ge=0, le=4)] | None = None


class ColumnMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping as its file says it, field paths flat."""

    fields: dict[str, str]
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    time: Time = Time()
    amount: Amount = Amount()
    csv: Csv = Csv()


def load_map(path: Path, attributes: Iterable[str] = ()) -> ColumnMap:
    """Read a mapping; `attributes` are those that the book declares. Raises `BadMap`."""
    try:
        found = msgspec.convert(_read(path), ColumnMap)
    except OSError as error:
        raise BadMap(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadMap(f"{path}: not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise BadMap(f"{path}: {error}") from None
    mistakes = _mistakes(found, _known(attributes))
    if mistakes:
        raise BadMap("\n".join(f"{path}: {mistake}" for mistake in mistakes))
    return found


def _read(path: Path) -> dict[str, Any]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    for name in ("fields", "constants"):
        if isinstance(document.get(name), dict):
            document[name] = _flat(document[name])
    return document


def same_names(columns: Iterable[str], attributes: Iterable[str] = ()) -> ColumnMap:
    """Map a table whose columns bear the names of the fields, or of their groups (`payer`).

    Raises `BadMap` if they do not.
    """
    found = ColumnMap(fields={name: name for name in columns})
    known = {*_known(attributes), *_PARTIES, "attributes"}
    given = {"payer.id" if name == "payer" else name for name in found.fields}
    mistakes = _name_mistakes(found, known) + _gaps(given)
    if mistakes:
        raise BadMap("; ".join(mistakes) + "; --map tells which column is which field")
    return found


def _known(attributes: Iterable[str]) -> set[str]:
    return {*FIELDS, *(f"attributes.{name}" for name in attributes)}


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """`payer.id = ...` is a table in TOML; here it is a name."""
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _mistakes(found: ColumnMap, known: set[str]) -> list[str]:
    mistakes = _name_mistakes(found, known) + _gaps({*found.fields, *found.constants})
    if len(found.csv.delimiter) != 1:
        mistakes.append("csv.delimiter must be one character")
    return mistakes + _time_mistakes(found.time)


def _name_mistakes(found: ColumnMap, known: set[str]) -> list[str]:
    names = dict.fromkeys((*found.fields, *found.constants, *found.values))
    mistakes = [
        f"{name} is no field of a payment{suggest(name, known)}"
        for name in names
        if name not in known
    ]
    both = [name for name in found.fields if name in found.constants]
    return mistakes + [f"{name} is both a field and a constant" for name in both]


def _gaps(given: set[str]) -> list[str]:
    mistakes = [f"{name} is not mapped" for name in REQUIRED if name not in given]
    if ("amount" in given) == ("amount_minor" in given):
        mistakes.append("one of amount and amount_minor must be mapped")
    return mistakes


def _time_mistakes(time: Time) -> list[str]:
    mistakes = []
    if time.format not in FORMATS and "%" not in time.format:
        mistakes.append(f"time.format must be {', '.join(FORMATS)} or a strptime pattern")
    if time.zone is not None and zone_of(time.zone) is None:
        mistakes.append("time.zone is not known; it is a name as Europe/Brussels or UTC")
    return mistakes


def zone_of(name: str) -> ZoneInfo | None:
    """Find a time zone by its name."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return None


def suggest(name: str, known: Iterable[str]) -> str:
    """` (did you mean X?)`, or nothing."""
    close = get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
