"""The windows of an entity in words, one sentence a velocity."""

from collections.abc import Mapping
from typing import Final

import msgspec

from features.catalogue import CATALOGUE
from features.fields import instant
from features.glance import AT, HIGH, ITSELF, LOW, MEAN, MEDIAN, MET, SPREAD, Seen
from features.layout import MONEY
from features.transaction import Scalar
from features.velocity import ANY_VALUE, TIMES, Velocity, duration

UNKNOWN: Final = "unknown"
NUMBERS: Final[Mapping[str, str]] = {
    "count": "payments",
    "label_count": "payments",
    "run_length": "payments in a row",
    "distinct": "different ones",
}
_UNITS: Final = {value.name: value.unit or "" for value in CATALOGUE}


class Tongue(msgspec.Struct, frozen=True):
    """How money is said: the book's currency and its decimals."""

    currency: str
    decimals: int

    def say(self, velocity: Velocity, seen: Seen) -> str:
        """What a velocity holds, in words."""
        said = self._said(velocity, seen.parts)
        return f"{said} ({seen.mark})" if seen.mark and said != UNKNOWN else said

    def _said(self, v: Velocity, parts: Mapping[str, Scalar]) -> str:
        if MET in parts:
            return f"{parts[MET]:,} known in {duration(v.window)}"
        if v.delay is None and v.fn == "since_last":
            return f"the newest one at {_time(parts[AT])}" if AT in parts else UNKNOWN
        if ITSELF in parts:
            return self._value(v, parts[ITSELF]) + self._since(parts)
        return self._norm(v, parts)

    def _norm(self, v: Velocity, parts: Mapping[str, Scalar]) -> str:
        given = {name: self._amount(v, value) for name, value in parts.items() if name != AT}
        if MEDIAN in given and LOW in given and HIGH in given:
            return (
                f"against a median of {given[MEDIAN]}; half are {given[LOW]} to {given[HIGH]}"
            )
        if MEDIAN in given:
            return f"against a median of {given[MEDIAN]}"
        if MEAN in given:
            spread = f", standard deviation {given[SPREAD]}" if SPREAD in given else ""
            return f"against a mean of {given[MEAN]}{spread}"
        return UNKNOWN

    def _since(self, parts: Mapping[str, Scalar]) -> str:
        return f", at {_time(parts[AT])}" if AT in parts else ""

    def _value(self, v: Velocity, value: Scalar) -> str:
        if v.fn in NUMBERS:
            return f"{value:,} {NUMBERS[v.fn]}"
        if v.fn == "label_rate":
            return f"{100 * float(value):.1f} % of them"
        if v.fn in TIMES:
            return f"{float(value):,.1f} {v.unit}"
        if v.fn in ANY_VALUE:
            return str(value)
        return self._amount(v, value)

    def _amount(self, v: Velocity, value: Scalar) -> str:
        if v.of == MONEY:
            return f"{float(value):,.{self.decimals}f} {self.currency}"
        unit = _UNITS.get(v.of[0], "") if v.of else ""
        return f"{float(value):,.6g} {unit}".rstrip()


def _time(at: Scalar) -> str:
    return f"{instant(int(at)):%Y-%m-%d %H:%M:%S} UTC"
