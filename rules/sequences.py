"""Rules over several events: which sequences an event completes.

A fold over the log: events are looked at in its order, whatever their times are; times only
say whether all steps lie within the window, counted back from the latest one that is kept of
the same key. What is kept is bounded for each key and in all, the oldest goes first. Where
something within the window had to go, "no" becomes unknown: a bound never hides a sequence.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from rules.condition import lists, names
from rules.logic import Compiler
from rules.model import ALWAYS, Book, Rule, Sequence, Truth, flag_of
from rules.vocabulary import Scalar

PER_KEY: Final = 20
"""Events kept of one key: with three steps at most 190 pairs are looked at."""

IN_ALL: Final = 50_000
"""Events kept of one rule."""

Values = Mapping[str, Scalar]


class Sequences:
    """The sequences of a book's rules that are not off, over one partition of the log.

    `before` are those of the book that was used until now: what it kept for an equal sequence
    is taken over, and whether another one is completed is unknown until its window has passed.
    """

    def __init__(
        self,
        book: Book,
        per_key: int = PER_KEY,
        in_all: int = IN_ALL,
        before: "Sequences | None" = None,
    ) -> None:
        self._latest: int = ALWAYS if before is None else before._latest
        self._watches: dict[str, _Watch] = {}
        for rule in book.rules.values():
            if rule.sequence is not None and rule.mode != "off":
                watch = _Watch(rule, rule.sequence, book, (per_key, in_all), self._latest)
                old = None if before is None else before._watches.get(rule.id)
                same = old is not None and old.meaning == watch.meaning
                self._watches[rule.id] = old if old is not None and same else watch

    def __bool__(self) -> bool:
        """Whether there is anything to watch."""
        return bool(self._watches)

    @property
    def dropped(self) -> int:
        """How many events had to go while they were within their window."""
        return sum([watch.dropped for watch in self._watches.values()])

    @property
    def kept(self) -> int:
        """How many events are kept."""
        return sum([watch.kept for watch in self._watches.values()])

    def observe(self, values: Values, at: int) -> dict[str, Scalar]:
        """Take the next event of the log, and tell what it completes.

        That is `sequence.ID`, and if it is true the values of the earlier steps. The flag is
        absent (unknown) if the event has no key, if only unknown values stand between it and a
        sequence, and if what was dropped could complete one.
        """
        found = self._look(values, at)
        self._latest = max(self._latest, at)
        for watch in self._watches.values():
            watch.keep(values, at)
        return found

    def recall(self, values: Values, at: int) -> dict[str, Scalar]:
        """Tell once more what an event completes that was observed before."""
        return self._look(values, at, again=True)

    def _look(self, values: Values, at: int, *, again: bool = False) -> dict[str, Scalar]:
        found: dict[str, Scalar] = {}
        for watch in self._watches.values():
            found |= watch.look(values, at, again=again)
        return found


class _Event(msgspec.Struct, frozen=True):
    """What is kept of an event: bit i of `surely` and `possibly` stands for step i."""

    at: int
    surely: int
    possibly: int
    values: dict[str, Scalar]


class _Group(msgspec.Struct):
    """Events of one key in the order of the log; times of the latest one, and dropped one."""

    events: list[_Event]
    latest: int = ALWAYS
    dropped_at: int = ALWAYS


class _Watch:
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
            {name: book.lists[name] for name in asked},
        )

    def look(self, values: Values, at: int, *, again: bool) -> dict[str, Scalar]:
        """Tell whether an event completes the sequence; not with itself, if seen `again`."""
        key = values.get(self._sequence.by)
        if key is None:
            return {}
        if self._tests[-1](values, at) is False:
            return {self._flag: False}
        group = self._groups.get(key, _Group([]))
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
        group = self._groups.setdefault(key, _Group([]))
        before = len(group.events)
        group.events.append(_Event(at, surely, possibly, self._own(values)))
        group.latest = max(group.latest, at)
        horizon = group.latest - self._sequence.within
        group.events = [event for event in group.events if event.at >= horizon]
        if len(group.events) > self._per_key:
            group.dropped_at = max(group.dropped_at, group.events.pop(0).at)
            self.dropped += 1
        self.kept += len(group.events) - before
        self._groups.move_to_end(key)
        while self.kept > self._in_all:
            self._forget()

    def _own(self, values: Values) -> dict[str, Scalar]:
        return {name: values[name] for name in self._names if name in values}

    def _forget(self) -> None:
        """Drop the key that was quiet for longest."""
        _, group = self._groups.popitem(last=False)
        self.kept -= len(group.events)
        self.dropped += len(group.events)
        self._forgotten_at = max(self._forgotten_at, group.latest)
