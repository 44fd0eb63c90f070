"""When a velocity is warm: from which event time on it can be told."""

from collections.abc import Iterable, Mapping
from typing import Final

from features.velocity import Velocity

TOLD_AT_ONCE: Final = frozenset({"last", "since_last", "is_new"})
"""What was last stays so however much of the past is missing. New is told as far as the log
reaches: who waits half a year to call a device new misses every takeover of that time."""


def warm_times(velocities: Iterable[Velocity], since: Mapping[str, int]) -> dict[str, int]:
    """Name -> event time, of those that are not told at once.

    `since` says from which event time on the log is complete for each. Every payment in the
    window (and delay) must have been asked by known values: what a condition reads is warm
    before. A velocity that asks itself does not wait for itself.
    """
    waiting = {v.name: v for v in velocities if v.fn not in TOLD_AT_ONCE}

    def warm_at(name: str, found: dict[str, int]) -> int:
        if name not in found:
            found[name] = since[name]  # what it is for those that it asks, if they ask it
            read = sorted([other for other in waiting[name].reads if other in waiting])
            begun = max([since[name], *[warm_at(other, found) for other in read]])
            found[name] = begun + waiting[name].reach
        return found[name]

    return {name: warm_at(name, {}) for name in waiting}
