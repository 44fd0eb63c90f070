"""The entities of one kind: in memory, loaded when they are needed, saved when they changed."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from features.buckets import Buckets
from features.codec import Codec
from features.layout import Layout, State

Loader: TypeAlias = Callable[[str, str], bytes | None]
"""Kind and key -> the stored state, None (or no bytes) if there is none."""


class Table:
    """States by key. `loader` gives the stored state of an entity that is not in memory."""

    def __init__(
        self, layout: Layout, complete: Callable[[Buckets], None], loader: Loader | None
    ) -> None:
        self.kind = layout.kind
        self.states: dict[str, State] = {}
        self.codec = Codec(layout, complete)
        self.layout = layout
        self._loader = loader
        self._changed: set[str] = set()
        self._frozen: set[str] = set()
        self._early: list[tuple[str, bytes]] = []

    def open(self, key: str) -> State:
        """The state of an entity that is about to change."""
        if key in self._frozen:
            self._frozen.discard(key)
            self._early.append((key, self.codec.encode(self.states[key])))
        self._changed.add(key)
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
        return self.layout.fresh() if state is None else state

    def freeze(self) -> None:
        """From here on `changed` tells of the states as they are now."""
        self._frozen |= self._changed
        self._changed = set()

    def changed(self) -> Iterator[tuple[str, bytes]]:
        """What changed between the last two calls of `freeze`, each as it was at the last one.

        Payments may be taken in between two items: an entity is written before it changes.
        """
        while self._early or self._frozen:
            if self._early:
                yield self._early.pop()
            else:
                key = self._frozen.pop()
                yield key, self.codec.encode(self.states[key])

    def forget(self, key: str) -> bool:
        """Let an entity go from memory; False if it changed and was not written."""
        if key in self._changed or key in self._frozen:
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
