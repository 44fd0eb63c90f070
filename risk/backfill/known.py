"""What a stored history knows: from when, up to when, and what belongs beside it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from features.fields import microseconds
from features.history import CLOCK, Origin
from features.plan import Plan
from features.warmth import warm_times
from risk.state.store import Reading, Row
from rules.watch import KIND


def cold_values(plan: Plan, origin: Origin, clock: int) -> dict[str, int]:
    """Velocities that are not known yet, and from which event time on they will be."""
    since = {v.name: origin.since.get(v.digest, clock) for v in plan.velocities}
    warm = warm_times(plan.velocities, since)
    return {name: warm_at for name, warm_at in warm.items() if clock < warm_at}


def clock_of(reading: Reading) -> int:
    """The greatest event time of a stored history, 0 if it has seen none."""
    stored = reading.load(*CLOCK)
    return max(0, msgspec.msgpack.decode(stored, type=int)) if stored else 0


def sequences_of(carried: Reading, built: Reading) -> Iterator[Row]:
    """Open sequences: those that are there, and of whom nothing is there, those built."""
    yield from carried.states([KIND])
    for kind, key, stored in built.states([KIND]):
        if carried.load(kind, key) is None:
            yield kind, key, stored


class _Timed(msgspec.Struct):
    time: datetime


_decode: Final = msgspec.json.Decoder(_Timed).decode


def time_of(message: bytes | None) -> int | None:
    """The event time of a message, None if it has none."""
    try:
        time = _decode(message or b"").time
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return None if time.tzinfo is None else microseconds(time)
