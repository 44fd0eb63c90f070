"""One sequence of steps: the events of each key that may still become one of its steps."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import chain
from typing import Final, TypeAlias

import msgspec

from rules.condition import lists, names
from rules.logic import Compiler
from rules.model import ALWAYS, Book, Rule, Sequence, Truth, flag_of
from rules.vocabulary import Scalar

Values: TypeAlias = Mapping[str, Scalar]
Kept: TypeAlias = tuple[str, str, bytes]
"""Kind, key and content of what is stored; no bytes for what is gone."""

KIND: Final = "sequence"
encode = msgspec.json.Encoder().encode


class _Event(msgspec.Struct, frozen=True):
    """What is kept of an event: bit i of `surely` and `possibly` stands for step i."""

    at: int
    surely: int
    possibly: int
    values: dict[str, Scalar]


class _Group(msgspec.Struct, frozen=True):
    """Events of one key in the order of the log; times of the latest one, and dropped one.

    `turn` counts the changes of the watch: the group with the least one was quiet for longest.
    """

    events: tuple[_Event, ...] = ()
    latest: int = ALWAYS
    dropped_at: int = ALWAYS
    turn: int = 0


_NOTHING: Final = _Group()
_read_group = msgspec.json.Decoder(_Group).decode
_read_head = msgspec.json.Decoder(tuple[int, int]).decode
_read_key = msgspec.json.Decoder(Scalar).decode


class Watch:
    """One sequence."""

    def __init__(
        self,
        rule: Rule,
        sequence: Sequence,
        book: Book,
        bounds: tuple[int, int],
        forgotten_at: int,
    ) -> None:
        self.dropped = 0
        self.kept = 0
        self._flag = flag_of(rule.id)
        self._sequence = sequence
        self._per_key, self._in_all = bounds
        self._forgotten_at = forgotten_at
        params = {name: param.value for name, param in rule.params.items()}
        compiler = Compiler(params, book.lists)
        self._tests = [compiler.test(step.condition) for step in sequence.steps]
        earlier = tuple([f"{step.name}." for step in sequence.steps])
        read = frozenset[str]().union(*[names(step.condition) for step in sequence.steps])
        shown = {name.removeprefix(f"{self._flag}.") for name in rule.shows}
        self._names = sorted(
            name.split(".", 1)[1] if name.startswith(earlier) else name for name in read | shown
        )
        self._alone = [
            not any(name.startswith(earlier) for name in names(step.condition))
            for step in sequence.steps
        ]
        self._groups: OrderedDict[Scalar, _Group] = OrderedDict()
        asked = frozenset[str]().union(*[lists(step.condition) for step in sequence.steps])
        self.meaning = (
            sequence,
            params,
            self._names,
            {name: book.lists[name] for name in sorted(asked)},
        )
        # Values of conditions hold no sets, so their text is the same in every process.
        text = repr((rule.id, self.meaning)).encode()
        self._digest = blake2b(text, digest_size=8).hexdigest()
        self._turn = 0
        self._changed: set[Scalar] = set()

    def look(self, values: Values, at: int, *, again: bool) -> dict[str, Scalar]:
        """Tell whether an event completes the sequence; not with itself, if seen `again`."""
        key = values.get(self._sequence.by)
        if key is None:
            return {}
        if self._tests[-1](values, at) is False:
            return {self._flag: False}
        group = self._groups.get(key, _NOTHING)
        within = self._sequence.within
        horizon = max(at, group.latest) - within
        if at < horizon:
            return {self._flag: False}
        live = [event for event in group.events if event.at >= horizon]
        if again:
            own = self._own(values)
            live = [event for event in live if (event.at, event.values) != (at, own)]
        # a key that was forgotten may have had an event as late as any that was forgotten
        begin = max(horizon, self._forgotten_at - within)
        certain = [event for event in live if event.at >= begin] if at >= begin else []
        for bound in self._completed(certain, values, at, sure=True):
            told = {f"{self._flag}.{name}": value for name, value in bound.items()}
            return {self._flag: True, **told}
        dropped_at = max(self._forgotten_at, group.dropped_at)
        unsure = any(True for _ in self._completed(live, values, at, sure=False))
        return {} if unsure or dropped_at >= horizon else {self._flag: False}

    def _completed(
        self, events: list[_Event], values: Values, at: int, *, sure: bool
    ) -> Iterator[dict[str, Scalar]]:
        """Yield the values of the earlier steps, for each way to complete the sequence."""

        def holds(truth: Truth) -> bool:
            return truth is True if sure else truth is not False

        def from_step(step: int, begin: int, bound: Values) -> Iterator[dict[str, Scalar]]:
            if step == len(self._tests) - 1:
                if holds(self._tests[step]({**values, **bound}, at)):
                    yield dict(bound)
                return
            for place in range(begin, len(events)):
                event = events[place]
                may = event.surely if sure and self._alone[step] else event.possibly
                if may >> step & 1 and (
                    self._alone[step]
                    or holds(self._tests[step]({**event.values, **bound}, event.at))
                ):
                    name = self._sequence.steps[step].name
                    own = {f"{name}.{key}": value for key, value in event.values.items()}
                    yield from from_step(step + 1, place + 1, {**bound, **own})

        return from_step(0, 0, {})

    def keep(self, values: Values, at: int) -> None:
        """Make an event one of the past, if it can be a step before the last."""
        key = values.get(self._sequence.by)
        truths = [test(values, at) for test in self._tests[:-1]]
        possibly = sum([1 << step for step, truth in enumerate(truths) if truth is not False])
        if key is None or not possibly:
            return
        surely = sum([1 << step for step, truth in enumerate(truths) if truth])
        group = self._groups.get(key, _NOTHING)
        before = len(group.events)
        latest, dropped_at = max(group.latest, at), group.dropped_at
        horizon = latest - self._sequence.within
        events = (*group.events, _Event(at, surely, possibly, self._own(values)))
        events = tuple([event for event in events if event.at >= horizon])
        if len(events) > self._per_key:
            dropped_at = max(dropped_at, events[0].at)
            events = events[1:]
            self.dropped += 1
        self.kept += len(events) - before
        self._turn += 1
        self._groups[key] = _Group(events, latest, dropped_at, self._turn)
        self._groups.move_to_end(key)
        self._changed.add(key)
        while self.kept > self._in_all:
            self._forget()

    def changed(self) -> Iterator[Kept]:
        """What changed since the last call, as it is now."""
        changed, self._changed = self._changed, set()
        groups = [(key, self._groups.get(key)) for key in changed]
        head = (KIND, self._digest, encode((self._forgotten_at, self._turn)))
        return chain([head], (self._row(key, group) for key, group in groups))

    def load(self, stored: dict[str, bytes], latest: int) -> None:
        """Take out what is this watch's own; without it all before `latest` is unknown."""
        head = stored.pop(self._digest, None)
        if head is None:
            self._forgotten_at = latest
            return
        self._forgotten_at, self._turn = _read_head(head)
        own = [name for name in stored if name.startswith(f"{self._digest}:")]
        groups = [(name.split(":", 1)[1], _read_group(stored.pop(name))) for name in own]
        for name, group in sorted(groups, key=lambda found: found[1].turn):
            self._groups[_read_key(name)] = group
            self.kept += len(group.events)

    def _row(self, key: Scalar, group: _Group | None) -> Kept:
        name = f"{self._digest}:{encode(key).decode()}"
        return KIND, name, b"" if group is None else encode(group)

    def _own(self, values: Values) -> dict[str, Scalar]:
        return {name: values[name] for name in self._names if name in values}

    def _forget(self) -> None:
        """Drop the key that was quiet for longest."""
        key, group = self._groups.popitem(last=False)
        self._changed.add(key)
        self.kept -= len(group.events)
        self.dropped += len(group.events)
        self._forgotten_at = max(self._forgotten_at, group.latest)
