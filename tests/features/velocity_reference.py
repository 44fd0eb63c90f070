"""Velocities by definition: every payment ever seen is kept, and every window looked through.

The yardstick of the laws and of the benchmark; it shares no code with what it measures, but for
the declarations.
"""

from collections.abc import Iterator, Mapping
from math import fsum, isclose
from statistics import pstdev
from typing import Any

from features.velocity import UNITS, Velocity


class Entry:
    """One payment as it passed: `values` are its own and those that were computed for it."""

    def __init__(self, subject: Any, values: Mapping[str, Any], order: int) -> None:
        self.id, self.at, self.minor, self.order = (
            subject.id,
            subject.at,
            subject.amount_minor,
            order,
        )
        self.values = values
        self.is_fraud = False

    def of(self, v: Velocity) -> Any:
        """The looked-at value: money in minor units, None if unknown."""
        if v.of == ("amount",) and v.fn not in ("first", "last", "distinct", "is_new"):
            return self.minor
        for name in v.of:
            if self.values.get(name) is not None:
                return (name, self.values[name]) if len(v.of) > 1 else self.values[name]
        return None


class Passing(Mapping[str, Any]):
    """The values of the payment at hand, each computed when it is asked for."""

    def __init__(self, reference: "Reference", subject: Any, own: Mapping[str, Any]) -> None:
        self.reference, self.subject, self.own = reference, subject, own
        self.found: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name in self.own:
            return self.own[name]
        if name not in self.reference.velocities:
            raise KeyError(name)
        if name not in self.found:
            v = self.reference.velocities[name]
            self.found[name] = self.reference.value(v, self.subject, self)
        if self.found[name] is None:
            raise KeyError(name)
        return self.found[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in {**self.own, **self.reference.velocities} if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Reference:
    """The same calls as `features.history.History`."""

    def __init__(self, velocities: Any, exponent: int = 2, since: int | None = None) -> None:
        self.velocities = {v.name: v for v in velocities}
        self.scale = 10**exponent
        self.since = since
        self.log: list[tuple[Any, Entry]] = []

    def observe(self, subject: Any, own: Mapping[str, Any]) -> dict[str, Any]:
        """Take a payment in and give its values."""
        if self.since is None:
            self.since = subject.at
        passing = Passing(self, subject, own)
        out = {name: passing.get(name) for name in self.velocities}
        out = {name: value for name, value in out.items() if value is not None}
        entry = Entry(subject, {**own, **out}, len(self.log))
        self.log.append((subject, entry))
        return out

    def label(self, payment: str, *, is_fraud: bool) -> None:
        """Set the label of a payment."""
        for _, entry in self.log:
            if entry.id == payment:
                entry.is_fraud = is_fraud

    def value(self, v: Velocity, subject: Any, passing: Passing) -> Any:
        """One velocity of the payment at hand, None if unknown."""
        key = [getattr(subject, by) for by in v.by]
        assert self.since is not None
        if None in key:
            return None
        value = self.found(v, subject, passing, key)
        is_cold = subject.at - self.since < self.warm_up(v, ())
        return None if is_cold and v.fn not in ("last", "since_last", "is_new") else value

    def warm_up(self, v: Velocity, path: tuple[str, ...]) -> int:
        """How long it takes until everything that it asks is known of its whole window."""
        if v.fn in ("last", "since_last", "is_new") or v.name in path:
            return 0
        read = [self.velocities[name] for name in v.reads if name in self.velocities]
        before = max([self.warm_up(other, (*path, v.name)) for other in read], default=0)
        return int(before + v.window + (v.delay or 0))

    def found(self, v: Velocity, subject: Any, passing: Passing, key: list[str]) -> Any:
        """The value, however much of the past is known."""
        past = [e for s, e in self.log if [getattr(s, by) for by in v.by] == key]
        current = Entry(subject, passing, len(self.log))
        clock = max([subject.at, *[e.at for e in past]])
        if v.fn in ("first", "last", "since_first", "since_last") and v.delay is None:
            return self.point(v, past, current, clock)
        if v.fn == "is_new":
            return self.newness(v, past, current, clock)
        entries = [*past, current] if v.includes else past
        end = clock - (v.delay or 0)
        entries = sorted(
            [e for e in entries if end - v.window < e.at <= end], key=lambda e: (e.at, e.order)
        )
        if v.newest is not None:
            entries = entries[-v.newest :]
        if v.fn in ("run_length", "run_age") and v.delay is None:
            return self.run(v, [bool(v.where.holds(e.values)) for e in entries], entries, clock)
        if v.where is not None:
            entries = [e for e in entries if v.where.holds(e.values)]
        if v.delay is not None:
            return self.labelled(v, entries, clock)
        return self.over(v, entries, current)

    def over(self, v: Velocity, entries: list[Entry], current: Entry) -> Any:
        """A function over the payments inside a window."""
        if v.fn == "count":
            return len(entries)
        known = [e.of(v) for e in entries if e.of(v) is not None]
        if v.fn == "distinct":
            return len(set(map(str, known)))
        scale = self.scale if v.of == ("amount",) else 1
        if v.fn == "sum":
            return None if len(known) < len(entries) else fsum(known) / scale
        own = current.values.get(v.of[0])
        if len(known) < v.at_least or (
            v.fn in ("ratio_to", "z_mean", "z_median") and own is None
        ):
            return None
        ordered, n = sorted(known), len(known)
        mean = fsum(known) / n / scale
        middle = ordered[n // 2] / scale
        spread = (ordered[3 * n // 4] - ordered[n // 4]) / scale
        sd = pstdev(known) / scale

        def ratio(value: float, base: float) -> float | None:
            return value / (base + v.plus) if base + v.plus else None

        return {
            "mean": lambda: mean,
            "min": lambda: ordered[0] / scale,
            "max": lambda: ordered[-1] / scale,
            "stddev": lambda: sd,
            "median": lambda: middle,
            "percentile": lambda: ordered[min(int(n * v.q), n - 1)] / scale,
            "ratio_to": lambda: ratio(own, mean if v.to == "mean" else middle),
            "z_mean": lambda: ratio(own - mean, sd),
            "z_median": lambda: ratio(own - middle, spread),
        }[v.fn]()

    def run(self, v: Velocity, flags: list[bool], entries: list[Entry], clock: int) -> Any:
        """The run of true flags that ends at the newest."""
        length = 0
        while length < len(flags) and flags[-1 - length]:
            length += 1
        if v.fn == "run_length":
            return length
        return (clock - entries[-length].at) / UNITS[v.unit] if length else None

    def labelled(self, v: Velocity, entries: list[Entry], clock: int) -> Any:
        """A function over labelled payments."""
        wanted = v.label != "genuine"
        flags = [e.is_fraud == wanted for e in entries]
        if v.fn == "label_count" or (v.fn == "count" and v.label):
            return sum(flags)
        if v.fn == "count":
            return len(flags)
        if v.fn == "since_last":
            times = [
                e.at for e, flag in zip(entries, flags, strict=True) if flag or not v.label
            ]
            return (clock - times[-1]) / UNITS[v.unit] if times else None
        if not flags:
            return None
        if v.fn == "label_rate":
            return sum(flags) / len(flags)
        return self.run(v, flags, entries, clock)

    def point(self, v: Velocity, past: list[Entry], current: Entry, clock: int) -> Any:
        """First and last of the present life, told in the order of the log."""
        first, last = self.life(v, [*past, current] if v.includes else past)
        if first is None or last is None:
            return None
        if v.fn == "since_last":
            is_after = current.at >= last.at > current.at - v.window
            return (current.at - last.at) / UNITS[v.unit] if is_after else None
        if last.at <= clock - v.window:
            return None
        if v.fn == "since_first":
            return (clock - first.at) / UNITS[v.unit]
        found = first if v.fn == "first" else last
        return next((found.values[n] for n in v.of if found.values.get(n) is not None), None)

    def life(self, v: Velocity, log: list[Entry]) -> tuple[Entry | None, Entry | None]:
        """The first and the last payment of the present life of a key."""
        first = last = None
        now = -(2**62)
        for e in log:
            now = max(now, e.at)
            if e.at <= now - v.window or not (v.where is None or v.where.holds(e.values)):
                continue
            if last is None or first is None or last.at <= e.at - v.window or e.at < first.at:
                first = e
            if last is None or e.at >= last.at:
                last = e
        return first, last

    def newness(self, v: Velocity, past: list[Entry], current: Entry, clock: int) -> Any:
        """Whether the value was not among earlier ones."""
        if current.of(v) is None:
            return None
        met = [
            str(e.of(v))
            for e in past
            if e.of(v) is not None
            and e.at > clock - v.window
            and (v.where is None or v.where.holds(e.values))
        ]
        return str(current.of(v)) not in met if met else None


def same(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """The values that differ, but for late digits of floats: they are computed another way."""
    return [
        (name, expected.get(name), actual.get(name))
        for name in sorted({*expected, *actual})
        if not _equal(expected.get(name), actual.get(name))
    ]


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float | int):
        return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other and (one is None) == (other is None))
