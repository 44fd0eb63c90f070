"""The `where` of a velocity: what it may read, and that nothing reads itself.

A payment is looked at by the values that it had when it passed: its own fields, the past of
its payer and the like, other velocities. What is made later (the memo's reading, the score,
sequences) is not there yet.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from rules.condition import AgeDays, Clock, Node, names, walk
from rules.condition_page import Scope, read_condition
from rules.document import Node as YamlNode
from rules.page import Page
from rules.velocity import Velocity
from rules.vocabulary import Vocabulary

MAX_DEPTH: Final = 8
"""Velocities that may stand behind one in a chain: each is a step more for every payment."""

LATER: Final = (
    ("text.", "what a memo says is read after the past"),
    ("sequence.", "sequences are looked for after the past is known"),
)


def read_where(page: Page, node: YamlNode, words: Vocabulary) -> Node:
    """Read it against the words of payments and of the past; mistakes go to the page."""
    known = {
        name: word
        for name, word in words.items()
        if word.from_payment or not (word.from_text or name == "score")
    }
    condition = read_condition(page, node, Scope(known, {}, {}, _against))
    if any(isinstance(part, Clock | AgeDays) for part in walk(condition)):
        cause = "where has no at: it is asked once, when the payment passes"
        page.wrong(node, cause, "write hour or weekday without (at)")
    return condition


def _against(name: str) -> str:
    if name == "score":
        return "where cannot read score: it is made after the velocities"
    reasons = [reason for begin, reason in LATER if name.startswith(begin)]
    return f"where cannot read {name[:60]}: {reasons[0]}" if reasons else ""


def circles(velocities: Mapping[str, Velocity]) -> Iterator[tuple[str, ...]]:
    """Find each ring of velocities that wait for one another, as names in their order.

    One that looks at earlier payments only waits for nothing: it is known before the payment
    is looked at, and may even ask itself.
    """
    waits = {
        velocity.name: sorted(_awaited(velocity, velocities))
        for velocity in velocities.values()
        if velocity.includes
    }
    done: set[str] = set()

    def follow(name: str, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if name in path:
            yield path[path.index(name) :]
        elif name not in done:
            for other in waits[name]:
                yield from follow(other, (*path, name))
            done.add(name)

    for name in waits:
        yield from follow(name, ())


def depth(name: str, velocities: Mapping[str, Velocity], found: dict[str, int]) -> int:
    """Count the velocities that stand behind one, along the longest chain."""
    if name not in found:
        found[name] = 0
        where = velocities[name].where
        read = sorted(() if where is None else names(where) & velocities.keys())
        found[name] = max([1 + depth(other, velocities, found) for other in read], default=0)
    return found[name]


def _awaited(velocity: Velocity, velocities: Mapping[str, Velocity]) -> Iterator[str]:
    read = frozenset() if velocity.where is None else names(velocity.where)
    return (name for name in read if name in velocities and velocities[name].includes)
