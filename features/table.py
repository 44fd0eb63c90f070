"""The entities of one kind: in memory, loaded when they are needed, saved when they changed."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import TypeAlias

from features.buckets import Buckets
from features.codec import Codec
from features.layout import Layout, State

Loader: TypeAlias = Callable[[str, str], bytes | None]
"""Kind and key -> the stored state, None (or no bytes) if there is none."""


class Table:
    """States by key; `changed` are the keys of those that changed, `frozen` of those to write.

    Both sets and the states stay the same objects: a driver holds them. `loader` gives the
    stored state of an entity that is not in memory.
    """

    def __init__(
        self, layout: Layout, complete: Callable[[Buckets], None], loader: Loader | None
    ) -> None:
        self.kind = layout.kind
        self.states: dict[str, State] = {}
        self.codec = Codec(layout, complete)
        self.layout = layout
        self._columns = layout.fresh()[:-1]
        self._loader = loader
        self.changed: set[str] = set()
        self.frozen: set[str] = set()
        self._early: list[tuple[str, bytes]] = []

    def open(self, key: str) -> State:
        """The state of an entity that is about to change."""
        if key in self.frozen:
            self.frozen.discard(key)
            self._early.append((key, self.codec.encode(self.states[key])))
        self.changed.add(key)
        state = self.states.get(key)
        if state is None:
            state = self.states[key] = self.look(key)
        return state

    def look(self, key: str) -> State:
        """The state of an entity; a fresh one if it was never seen."""
        state = self.states.get(key)
        if state is None and self._loader is not None:
            stored = self._loader(self.kind, key)
            state = self.codec.decode(stored) if stored else None
        # A copy of what `fresh` gives takes a third of its time.
        return [*[column[:] for column in self._columns], None] if state is None else state

    def before(self, key: str, at: int) -> State:
        """A copy of a state, without the newest payment of just this time in its columns."""
        state = deepcopy(self.look(key))
        layout = self.layout
        for times, columns in (
            ("times", list(layout.uses)),
            ("label_times", [name for name in layout.places if name.startswith("label")]),
        ):
            if times in layout.places:
                _withdraw(state, layout.places[times], [layout.places[c] for c in columns], at)
        return state

    def freeze(self) -> None:
        """From here on `written` tells of the states as they are now."""
        self.frozen |= self.changed
        self.changed.clear()

    def written(self) -> Iterator[tuple[str, bytes]]:
        """What changed between the last two calls of `freeze`, each as it was at the last one.

        Payments may be taken in between two items: an entity is written before it changes.
        """
        while self._early or self.frozen:
            if self._early:
                yield self._early.pop()
            else:
                key = self.frozen.pop()
                yield key, self.codec.encode(self.states[key])

    def forget(self, key: str) -> bool:
        """Let an entity go from memory; False if it changed and was not written."""
        if key in self.changed or key in self.frozen:
            return False
        self.states.pop(key, None)
        return True

    def load(self, key: str, stored: bytes) -> bool:
        """Take a stored state; False if another plan wrote it."""
        state = self.codec.decode(stored)
        if state is None:
            return False
        self.states[key] = state
        return True


def _withdraw(state: State, times: int, columns: Sequence[int], at: int) -> None:
    place = bisect_right(state[times], at) - 1
    if place < 0 or state[times][place] != at:
        return
    newer = len(state[times]) - 1 - place
    for column in columns:
        if newer < len(state[column]):
            del state[column][len(state[column]) - 1 - newer]
