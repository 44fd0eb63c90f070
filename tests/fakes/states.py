"""All that is kept of a partition, as values that can be compared."""

from pathlib import Path
from typing import Any

from risk.ledger import Line
from risk.shard import Shard
from risk.state.stamp import Unusable
from risk.state.store import Reading

Kept = tuple[dict[tuple[str, str], bytes], dict[int, Line]]
"""States by kind and key, lines of the ledger by place."""


def kept(shard: Shard, stored: Path | None = None) -> Kept:
    """What is stored, overlaid by what changed since: ends the shard's use for checkpoints."""
    states: dict[tuple[str, str], bytes] = {}
    lines: dict[int, Line] = {}
    if stored is not None:
        states, lines = read_all(stored)
    changes = shard.changes()
    for kind, key, content in changes.states:
        states[kind, key] = content
        if not content:
            del states[kind, key]
    lines |= {line.place: line for line in changes.lines}
    return states, {at: line for at, line in lines.items() if at >= changes.ledger_first}


def read_all(path: Path) -> Kept:
    """What a checkpoint holds; nothing if it is not usable."""
    try:
        reading = Reading(path)
        stamp = reading.stamp()
    except Unusable:
        return {}, {}
    kinds: Any = [kind for kind, _, _ in reading.sizes()]
    states = {(kind, key): content for kind, key, content in reading.states(kinds)}
    lines = {line.place: line for line in reading.lines(stamp)}
    reading.close()
    return states, lines
