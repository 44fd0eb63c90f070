"""The state of one entity as bytes: a header of lengths, then the columns as they are.

The first eight bytes stand for the shape: which columns, in what order. A state of an older
shape is read by that shape and its columns are carried over, so that a velocity that joins a
book takes nothing from the others. Columns are little-endian, as on every machine this runs on.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from struct import Struct
from typing import Any, Final

import msgspec

from features.buckets import Buckets
from features.layout import TYPES, Layout, State


class Shape(msgspec.Struct, frozen=True):
    """What bytes hold: key and form of each slot, the groups of points, the notes."""

    slots: tuple[tuple[str, str], ...]
    points: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def version(self) -> bytes:
        """Eight bytes that change with anything in it."""
        return blake2b(msgspec.json.encode(self), digest_size=8).digest()


def shape_of(layout: Layout) -> Shape:
    """The shape in which states of this layout are written."""
    slots = tuple([(slot.key, str(slot.form)) for slot in layout.slots])
    return Shape(slots, layout.points, layout.notes)


class Tail(msgspec.Struct, array_like=True):
    """What is no column: the notes, and the buckets of a hot key."""

    notes: list[Any] | None
    buckets: Buckets | None


def newest_of(shape: Shape, stored: bytes) -> int:
    """The time of an entity's newest payment: the first number of its first column."""
    start = 8 + 4 * sum([form not in LOOSE for _, form in shape.slots])
    return int.from_bytes(stored[start : start + 8], "little", signed=True)


LOOSE: Final = frozenset({"notes", "buckets"})
NO_TAIL: Final = Tail(None, None)
_pack = msgspec.json.Encoder().encode
_unpack = msgspec.json.Decoder(Tail).decode
"""JSON, for sums of a hot key may be longer than 64 bits."""


class Codec:
    """Writes the states of one kind of entity, and reads those of any shape it was told of.

    `complete` adds to buckets of another plan what this one reads.
    """

    def __init__(self, layout: Layout, complete: Callable[[Buckets], None]) -> None:
        self._layout = layout
        self._complete = complete
        self.shape = shape_of(layout)
        self._version = self.shape.version
        forms = [form for _, form in self.shape.slots]
        self._columns = [place for place, form in enumerate(forms) if form not in LOOSE]
        self._notes = layout.places.get("notes")
        self._head = Struct(f"<8s{len(self._columns)}I")
        self._shapes = {self._version: self.shape}

    @property
    def shapes(self) -> list[Shape]:
        """All shapes that can be read."""
        return list(self._shapes.values())

    def tell(self, shape: Shape) -> None:
        """Make states of another shape readable."""
        self._shapes.setdefault(shape.version, shape)

    def encode(self, state: State) -> bytes:
        """State -> bytes."""
        columns = [state[place] for place in self._columns]
        sizes = [_size(column) for column in columns]
        tail = b""
        if state[-1] is not None or self._notes is not None:
            tail = _pack(Tail(None if self._notes is None else state[self._notes], state[-1]))
        return b"".join([self._head.pack(self._version, *sizes), *columns, tail])

    def decode(self, stored: bytes) -> State | None:
        """Bytes -> state; None if their shape is not known."""
        shape = self._shapes.get(stored[:8])
        if shape is None:
            return None
        found = _read(shape, stored)
        if shape is self.shape:
            return [found[key] for key, _ in shape.slots]
        return self._carry(shape, found)

    def _carry(self, shape: Shape, found: Mapping[str, Any]) -> State:
        """Take over what the other shape had; what is new starts empty."""
        state = self._layout.fresh()
        for place, (key, form) in enumerate(self.shape.slots):
            if form not in ("points", "notes") and (key, form) in shape.slots:
                state[place] = found[key]
            elif key.startswith("label_mask:") and "labels" in found:
                state[place] = bytearray(len(found["labels"]))
        state[0][:1] = found["points"][:1]
        _copy_pairs(shape.points, found["points"], self.shape.points, state[0], skip=1)
        if self._notes is not None:
            notes = self._layout.fresh()[self._notes]
            _copy_pairs(shape.notes, found.get("notes") or (), self.shape.notes, notes)
            state[self._notes] = notes
        if state[-1] is not None:
            self._complete(state[-1])
        return state


def _copy_pairs(
    names: Sequence[str], values: Sequence[Any], into: Sequence[str], state: Any, skip: int = 0
) -> None:
    """Copy the two values that belong to each name from one order into another."""
    for old, name in enumerate(names):
        if name in into:
            new = into.index(name)
            for offset in (skip, skip + 1):
                state[2 * new + offset] = values[2 * old + offset]


def _read(shape: Shape, stored: bytes) -> dict[str, Any]:
    columns = [(key, form) for key, form in shape.slots if form not in LOOSE]
    head = Struct(f"<8s{len(columns)}I")
    _, *sizes = head.unpack_from(stored)
    start, view, found = head.size, memoryview(stored), dict[str, Any]()
    for (key, form), size in zip(columns, sizes, strict=True):
        part = view[start : start + (size >> 1)]
        start += size >> 1
        if form in ("mask", "label"):
            found[key] = bytearray(part)
        else:
            found[key] = array("q" if size & 1 else TYPES[form])
            found[key].frombytes(part)
    tail = _unpack(view[start:]) if start < len(stored) else NO_TAIL
    return found | {"notes": tail.notes, "buckets": tail.buckets}


def _size(column: "array[Any] | bytearray") -> int:
    """Twice the bytes, plus 1 for a column of wide integers."""
    if isinstance(column, bytearray):
        return 2 * len(column)
    return 2 * len(column) * column.itemsize + (column.typecode == "q")
