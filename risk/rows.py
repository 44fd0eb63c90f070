"""Rows of a table -> messages, as upstream would have sent them.

The cells change their form and nothing else: what is no payment afterwards is refused by the
parser with all its mistakes, as it would be on the stream.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final, TypeAlias

import msgspec

from features.catalogue import Value
from risk.files import Row
from risk.mapping import ROW, BadMap, ColumnMap, Time, suggest, zone_of

Convert: TypeAlias = Callable[[Any], Any]
"""A cell that holds something -> what the message says. What does not fit stays as it is."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_encode: Final = msgspec.json.Encoder().encode


class _Step(msgspec.Struct, frozen=True):
    """One field: the column it is read from, and where it goes in the message."""

    column: int
    group: str
    name: str
    convert: Convert


class MessageMaker:
    """Make the message of each row. Raises `BadMap` if the mapping does not fit the columns."""

    def __init__(
        self, column_map: ColumnMap, columns: Sequence[str], attributes: Mapping[str, Value]
    ) -> None:
        _check(column_map, columns)
        self._columns = columns
        self._width = len(columns)
        self._steps = [
            _Step(
                columns.index(column) if column != ROW else self._width,
                *_place(path),
                _conversion(path, column_map, attributes),
            )
            for path, column in column_map.fields.items()
        ]
        self._constants = [(*_place(path), text) for path, text in column_map.constants.items()]

    def make(self, row: Row) -> bytes | None:
        """Make the message; None if the row has not as many cells as the table has columns."""
        content = row.content
        if isinstance(content, bytes):
            found = _cells(content, self._columns)
            if found is None:
                return content
            content = found
        if len(content) != self._width:
            return None
        cells = (*content, row.number)
        message: dict[str, Any] = {}
        for group, name, text in self._constants:
            _put(message, group, name, text)
        for step in self._steps:
            cell = cells[step.column]
            if isinstance(cell, str):
                cell = cell.strip()
            if not (
                cell is None or cell == "" or cell != cell
            ):  # NaN is a cell without a value
                _put(message, step.group, step.name, step.convert(cell))
        return _bytes(message)


def _check(column_map: ColumnMap, columns: Sequence[str]) -> None:
    missing = [name for name in column_map.fields.values() if name not in {*columns, ROW}]
    mistakes = [f"there is no column {name}{suggest(name, columns)}" for name in missing]
    mistakes += [
        f"the column {name} stands twice"
        for name in dict.fromkeys(column_map.fields.values())
        if columns.count(name) > 1
    ]
    if mistakes:
        raise BadMap("; ".join(mistakes) + f"; the columns are {', '.join(columns)}")


def _cells(line: bytes, columns: Sequence[str]) -> list[Any] | None:
    """Read a JSON object as a row: what stands under each name, or inside (`card.number`)."""
    try:
        found = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return [_reach(found, name) for name in columns] if isinstance(found, dict) else None


def _reach(found: Any, name: str) -> Any:
    if not isinstance(found, dict) or name in found:
        return found.get(name) if isinstance(found, dict) else None
    head, _, rest = name.partition(".")
    return _reach(found.get(head), rest) if rest else None


def _place(path: str) -> tuple[str, str]:
    group, _, name = path.rpartition(".")
    return group, name


def _put(message: dict[str, Any], group: str, name: str, value: Any) -> None:
    if group:
        message.setdefault(group, {})[name] = value
    else:
        message[name] = value


def _bytes(message: dict[str, Any]) -> bytes:
    try:
        return _encode(message)
    except (UnicodeEncodeError, TypeError):
        # Bytes of the file that are no text go on as they are, for the parser to refuse.
        return json.dumps(message, ensure_ascii=False, default=str).encode(
            "utf-8", "surrogateescape"
        )


def _conversion(path: str, column_map: ColumnMap, attributes: Mapping[str, Value]) -> Convert:
    declared = attributes.get(path.removeprefix("attributes."))
    if path == "time":
        convert = _times(column_map.time)
    elif path == "amount" and column_map.amount.round is not None:
        convert = partial(_rounded, unit=Decimal(1).scaleb(-column_map.amount.round))
    elif path == "amount_minor" or (declared is not None and declared.type == "number"):
        convert = _number
    elif declared is not None and declared.type == "flag":
        convert = _flag
    elif path in {"payer", "payee", "merchant", "device", "attributes"}:
        convert = _group
    else:
        convert = _text
    meanings = column_map.values.get(path)
    if meanings is None:
        return convert
    return lambda cell: meanings.get(_text(cell), convert(cell))


def _text(cell: Any) -> str:
    """Write identifiers that a table keeps as numbers as they look: 1263, not 1263.0."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell if isinstance(cell, str) else str(cell)


def _rounded(cell: Any, unit: Decimal) -> str:
    text = _text(cell)
    try:
        return str(Decimal(text).quantize(unit))
    except InvalidOperation:
        return text


def _group(cell: Any) -> Any:
    """A party as a nested column: what is null in it is not known."""
    if not isinstance(cell, dict):
        return cell
    return {name: value for name, value in cell.items() if value is not None}


def _number(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    for read in (int, float):
        try:
            return read(cell)
        except ValueError:
            continue
    return cell


def _flag(cell: Any) -> Any:
    if isinstance(cell, bool):
        return cell
    return {"true": True, "1": True, "false": False, "0": False}.get(_text(cell).lower(), cell)


def _times(how: Time) -> Convert:
    zone = zone_of(how.zone) if how.zone else None
    read: Callable[[Any], datetime]
    if how.format == "epoch_s":
        read = partial(_since_epoch, factor=1_000_000)
    elif how.format == "epoch_ms":
        read = partial(_since_epoch, factor=1000)
    elif how.format == "iso":
        read = _iso
    else:
        read = partial(_by_pattern, pattern=how.format)
    return partial(_time, read=read, zone=zone)


def _time(cell: Any, read: Callable[[Any], datetime], zone: tzinfo | None) -> str:
    try:
        found = read(cell)
    except (ValueError, TypeError, InvalidOperation, OverflowError):
        return _text(cell)
    if found.tzinfo is None and zone is not None:
        found = found.replace(tzinfo=zone)  # an hour that a clock shows twice is the first one
    return found.isoformat()


def _iso(cell: Any) -> datetime:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    return datetime.fromisoformat(cell)


def _since_epoch(cell: Any, factor: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(Decimal(_text(cell)) * factor))


def _by_pattern(cell: Any, pattern: str) -> datetime:
    return datetime.strptime(_text(cell), pattern)  # noqa: DTZ007  the zone is added after
