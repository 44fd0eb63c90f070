"""The state of one entity as bytes: a header of lengths, then the columns as they are.

The first eight bytes stand for the layout: a state that another plan wrote is not read as this
one's. Columns are little-endian, as on every machine that this runs on.
"""

from array import array
from hashlib import blake2b
from struct import Struct
from typing import Any, Final

import msgspec

from features.layout import TYPES, Layout, State

LOOSE: Final = frozenset({"notes", "buckets"})
"""Slots that hold no column."""


class Codec:
    """Writes and reads the states of one kind of entity."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._columns = [
            place for place, slot in enumerate(layout.slots) if slot.form not in LOOSE
        ]
        self._loose = [place for place, slot in enumerate(layout.slots) if slot.form in LOOSE]
        self._head = Struct(f"<8s{len(self._columns)}I")
        self.version = blake2b(layout.version.encode(), digest_size=8).digest()

    def encode(self, state: State) -> bytes:
        """State -> bytes."""
        columns = [state[place] for place in self._columns]
        sizes = [_size(column) for column in columns]
        loose = [state[place] for place in self._loose]
        tail = b"" if loose == [None] else _pack(loose)
        return b"".join([self._head.pack(self.version, *sizes), *columns, tail])

    def decode(self, stored: bytes) -> State | None:
        """Bytes -> state, None if another layout wrote them or they are not whole."""
        head = self._head
        if len(stored) < head.size or stored[:8] != self.version:
            return None
        _, *sizes = head.unpack_from(stored)
        end = head.size + sum([size >> 1 for size in sizes])
        if end > len(stored):
            return None
        state, start, view = self._layout.fresh(), head.size, memoryview(stored)
        for place, size in zip(self._columns, sizes, strict=True):
            stop = start + (size >> 1)
            state[place] = self._column(place, view[start:stop], is_wide=bool(size & 1))
            start = stop
        if end < len(stored):
            for place, value in zip(self._loose, _unpack(view[end:]), strict=True):
                state[place] = value
        return state

    def _column(self, place: int, part: memoryview, *, is_wide: bool) -> Any:
        form = self._layout.slots[place].form
        if form in ("mask", "label"):
            return bytearray(part)
        column = array("q" if is_wide else TYPES[form])
        column.frombytes(part)
        return column


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[Any]).decode


def _size(column: "array[Any] | bytearray") -> int:
    """Twice the bytes, plus 1 for a column of wide integers."""
    if isinstance(column, bytearray):
        return 2 * len(column)
    return 2 * len(column) * column.itemsize + (column.typecode == "q")
