"""Which decisions are asked for: a span of event time, or of offsets."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from risk.decision import Source

_OFFSETS: Final = re.compile(r"(\d{1,9}):(\d{1,18})-(\d{1,18})")


class BadSpan(Exception):
    """A span that cannot be read; `str()` says how one is written."""


class Span(msgspec.Struct, frozen=True):
    """Event time from `since` up to but not at `until`; offsets by partition, both ends in."""

    since: datetime | None = None
    until: datetime | None = None
    offsets: Mapping[int, tuple[int, int]] = {}

    def holds(self, source: Source, event_time: datetime | None) -> bool:
        """Tell whether a decision lies in it; what is no payment has no event time."""
        if self.offsets:
            low, high = self.offsets.get(source.partition, (0, -1))
            if not low <= source.offset <= high:
                return False
        if self.since is None and self.until is None:
            return True
        if event_time is None or (self.since is not None and event_time < self.since):
            return False
        return self.until is None or event_time < self.until


EVERYTHING: Final = Span()


def last_days(records: Callable[[], Iterable[list[bytes]]], text: str) -> Span:
    """Read `30d`: the days up to the newest decision; raises `BadSpan`."""
    match = re.fullmatch(r"(\d{1,5})d", text)
    if match is None:
        raise BadSpan("--last is written like 30d")
    times = (_time_of(raw) for batch in records() for raw in batch)
    newest = max((time for time in times if time is not None), default=None)
    return Span() if newest is None else Span(since=newest - timedelta(days=int(match[1])))


def asked(
    records: Callable[[], Iterable[list[bytes]]],
    last: str | None,
    since: str | None,
    until: str | None,
) -> Span:
    """Read the last days, or else a span of time; raises `BadSpan`, also for both."""
    if last is None:
        return read_span(since, until, None)
    if since or until:
        raise BadSpan("give either --last, or --since and --until")
    return last_days(records, last)


class _Timed(msgspec.Struct):
    event_time: datetime | None = None


_decode_time: Final = msgspec.json.Decoder(_Timed).decode


def _time_of(raw: bytes) -> datetime | None:
    try:
        return _decode_time(raw).event_time
    except msgspec.MsgspecError:
        return None


def read_span(since: str | None, until: str | None, offsets: str | None) -> Span:
    """Read `2026-03-01` or RFC 3339 times and `0:100-200,1:0-50`; raises `BadSpan`."""
    found = {}
    for text in offsets.split(",") if offsets else ():
        match = _OFFSETS.fullmatch(text.strip())
        if match is None:
            raise BadSpan("--offsets is written PARTITION:FIRST-LAST, several with commas")
        found[int(match[1])] = (int(match[2]), int(match[3]))
    return Span(_time("--since", since), _time("--until", until), found)


def _time(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise BadSpan(f"{option} is a day or a time, like 2026-03-01T09:30:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
