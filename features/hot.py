"""The steps of a hot key: a short exact part in columns, buckets for the rest.

A key is hot when its columns hold more than `HOT` payments; it stays hot. Then

- windows up to an hour stay exact, up to `RAW` payments; beyond that only the newest `RAW` are
  counted and the value is marked `saturated`;
- counts, sums and what follows from them come from buckets for longer windows, and are marked
  `approximate`; so is a number of different values once it is an estimate;
- order statistics and runs look at the newest `HOT` payments of a longer window, and are marked
  `approximate`; those declared over so few are exact;
- points, tables of those that were met, and labels are what they were.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from features.buckets import Buckets, Measure, Number, Ring, Sample, over, width_of
from features.layout import (
    Layout,
    Slot,
    State,
    column_key,
    form_of,
    is_windowed,
    text_of,
    uses_of,
)
from features.source import Mark, Step
from features.steps import fold_step, past_step
from features.transaction import Scalar
from features.velocity import HOUR, Velocity
from features.windows import NO_ID, NONE, identity

HOT: Final = 512
RAW: Final = 2048
EXACT: Final = HOUR
BUCKETED: Final = frozenset({"count", "sum", "mean", "min", "max", "stddev", "z_mean"})


def is_long(v: Velocity) -> bool:
    """Whether a window is too long for the columns of a hot key."""
    return is_windowed(v) and v.window > EXACT and (v.newest is None or v.newest > HOT)


def is_bucketed(v: Velocity) -> bool:
    """Whether a velocity of a hot key is read from buckets."""
    is_sum = v.fn in BUCKETED or (v.fn == "ratio_to" and v.to == "mean")
    return is_long(v) and v.newest is None and is_sum


def is_sampled(v: Velocity) -> bool:
    """Whether a velocity of a hot key is read from a sample."""
    return is_long(v) and v.fn == "distinct" and v.newest is None


class Series(msgspec.Struct, frozen=True):
    """What a measure or a sample is of: a column, or none, under a condition, or none."""

    column: str | None
    where: str

    @property
    def name(self) -> str:
        """Both in one."""
        return f"{self.column or ''}?{self.where}"


def series_of(v: Velocity) -> Series:
    """What a velocity is read from."""
    return Series(column_key(v) if v.of else None, text_of(v.where))


class Heat:
    """What is kept of hot keys of one kind, and the steps that keep it."""

    def __init__(
        self, layout: Layout, velocities: Sequence[Velocity], scale: int, hot: int
    ) -> None:
        self._scale = scale
        self._hot = hot
        self._slots = {slot.key: slot for slot in layout.slots}
        self._places = layout.places
        self._wheres = {v.where.text: v.where for v in velocities if v.where}
        self._reach: dict[tuple[int, Series], int] = {}
        for v in velocities:
            if is_bucketed(v) or is_sampled(v):
                key = (width_of(v.window) if is_bucketed(v) else 0, series_of(v))
                self._reach[key] = max(self._reach.get(key, 0), v.window)
        self.series = list(dict.fromkeys(series for _, series in self._reach))
        uses = uses_of(self._in_columns(velocities))
        self._emptied = [layout.places[key] for key in layout.uses if key not in uses]
        self._layout = msgspec.structs.replace(layout, uses=uses)

    def _in_columns(self, velocities: Sequence[Velocity]) -> list[Velocity]:
        """The velocities that columns still serve, as far as they do."""
        return [
            self._shortened(v) if is_windowed(v) else v
            for v in velocities
            if not (is_bucketed(v) or is_sampled(v))
        ]

    def _shortened(self, v: Velocity) -> Velocity:
        most = self._hot if v.window > EXACT else RAW
        return msgspec.structs.replace(v, newest=min(v.newest or most, most))

    def keys_of(self, series: Series) -> list[str]:
        """The slots that must be filled before a series takes a payment."""
        column = [series.column] if series.column else []
        return ["times", *column, *([f"mask:{series.where}"] if series.where else [])]

    def grow(self, state: State) -> None:
        """Make a key hot: put what its columns hold into buckets."""
        buckets = state[-1] = Buckets({}, {})
        self.complete(buckets)
        for series in self.series:
            for at, value in self._entries(series, state):
                self._add(buckets, series, at, state[0][0], value)
        for place in self._emptied:
            del state[place][:]

    def complete(self, buckets: Buckets) -> None:
        """Add what is missing, for a fresh key or one that an older plan wrote."""
        for (width, series), reach in self._reach.items():
            if not width:
                buckets.samples.setdefault(series.name, Sample(reach)).reach = reach
                continue
            ring = buckets.rings.setdefault(width, Ring(width, 0))
            ring.reach = max(ring.reach, reach)
            if series.name not in ring.measures:
                ring.measures[series.name] = Measure.of_buckets(len(ring.starts))

    def _entries(self, series: Series, state: State) -> Iterator[tuple[int, Number | None]]:
        """Time and value (None if unknown) of the payments in the columns, oldest first."""
        columns = [state[self._places[key]] for key in self.keys_of(series)]
        blank = NO_ID if (series.column or "").startswith("identity") else NONE
        for back in range(min([len(column) for column in columns]), 0, -1):
            if series.where and not columns[-1][-back]:
                continue
            value = columns[1][-back] if series.column else None
            is_known = value == value and value not in (NONE, blank)
            yield columns[0][-back], value if is_known else None

    def _add(
        self, buckets: Buckets, series: Series, at: int, now: int, value: Number | None
    ) -> None:
        is_blank = series.column is not None and value is None
        for ring in buckets.rings.values():
            if series.name in ring.measures and at > now - ring.reach:
                place = ring.open(at, now)
                ring.measures[series.name].add(place, value, is_blank=is_blank)
        sample = buckets.samples.get(series.name)
        if sample is not None and value is not None and at > now - sample.reach:
            sample.add(int(value), at, now)

    def past(self, velocities: Sequence[Velocity]) -> Step:
        """The step of a hot key that reads what came before."""
        raw = past_step(self._layout, self._in_columns(velocities), self._scale)

        def step(
            state: State, known: Any, at: int, minor: int, out: Any, back: int, marks: Any
        ) -> int:
            raw(state, known, at, minor, out, back, marks)
            self._read(velocities, state, max(state[0][0], at), known, out, marks)
            return back

        return step

    def fold(
        self,
        velocities: Sequence[Velocity],
        slots: Sequence[Slot],
        points: Sequence[Velocity],
        series: Sequence[Series],
    ) -> Step:
        """The step of a hot key that takes a payment in, into these series too."""
        raw = fold_step(self._layout, self._in_columns(velocities), slots, points, self._scale)

        def step(
            state: State, known: Any, at: int, minor: int, out: Any, back: int, marks: Any
        ) -> int:
            back = raw(state, known, at, minor, out, back, marks)
            now = state[0][0]
            for one in series:
                where = self._wheres.get(one.where)
                if where is None or where.holds(known):
                    slot = self._slots[one.column] if one.column else None
                    value = None if slot is None else entry(slot, known, minor)
                    self._add(state[-1], one, at, now, value)
            self._read(velocities, state, now, known, out, marks)
            return back

        return step

    def _read(
        self,
        velocities: Sequence[Velocity],
        state: State,
        now: int,
        known: Mapping[str, Scalar],
        out: dict[str, Scalar],
        marks: dict[str, Mark],
    ) -> None:
        """Read what columns do not serve, and mark what is not exact."""
        buckets: Buckets = state[-1]
        for v in velocities:
            if is_bucketed(v):
                value = self._sum(v, buckets.rings[width_of(v.window)], now, known)
                if value is not None:
                    out[v.name], marks[v.name] = value, "approximate"
            elif is_sampled(v):
                sample = buckets.samples[series_of(v).name]
                out[v.name] = sample.count(now - v.window)
                if sample.is_estimate:
                    marks[v.name] = "approximate"
            elif is_windowed(v):
                mark = self._mark_of(v, state, now)
                if mark is not None:
                    marks[v.name] = mark

    def _sum(
        self, v: Velocity, ring: Ring, now: int, known: Mapping[str, Scalar]
    ) -> Number | None:
        own: Any = known.get(v.of[0]) if v.of else None
        is_money = bool(v.of) and form_of(v) == "money"
        measure = ring.measures[series_of(v).name]
        return over(v, ring, measure, now, own, self._scale if is_money else 0)

    def _mark_of(self, v: Velocity, state: State, now: int) -> Mark | None:
        if v.window > EXACT:
            return "approximate" if v.newest is None or v.newest > self._hot else None
        times = state[self._places["times"]]
        return "saturated" if len(times) - bisect_right(times, now - v.window) >= RAW else None


def entry(slot: Slot, known: Mapping[str, Scalar], minor: int) -> Any:
    """The value of a payment in a column, None if unknown."""
    if slot.form == "money":
        return None if minor == NONE else minor
    name = next((name for name in slot.of if known.get(name) is not None), None)
    if name is None or slot.form == "number":
        return None if name is None else known[name]
    return identity(known[name] if len(slot.of) == 1 else f"{name}:{known[name]}")
