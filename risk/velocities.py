"""Velocities of a book -> what history compiles: the one place that knows both."""

from collections.abc import Mapping
from typing import Final

import msgspec

from features.standard import STANDARD
from features.transaction import Scalar
from features.velocity import Condition, Velocity
from rules.condition import names
from rules.logic import Compiler
from rules.model import Book
from rules.velocity import Velocity as Declared

SAME: Final = tuple(
    name
    for name in Velocity.__struct_fields__
    if name in Declared.__struct_fields__ and name != "where"
)


def velocities(book: Book) -> tuple[Velocity, ...]:
    """Give the velocities that every book has, and those that this one declares."""
    return (*STANDARD, *[_compiled(one, book.velocities) for one in book.velocities.values()])


def _compiled(declared: Declared, others: Mapping[str, Declared]) -> Velocity:
    given = {name: getattr(declared, name) for name in SAME}
    where = _where(declared)
    if where is not None:
        where = msgspec.structs.replace(where, basis=_basis(where, others))
    return Velocity(**given, where=where)


def _basis(where: Condition, others: Mapping[str, Declared]) -> str:
    """Say what the declared velocities are that a condition reads, and those behind them."""
    met: dict[str, str] = {}
    waiting = list(where.reads)
    while waiting:
        name = waiting.pop()
        if name in others and name not in met:
            other = others[name]
            met[name] = str(msgspec.structs.replace(other, where=None, meaning="", line=0))
            waiting += [] if other.where is None else names(other.where)
    return "".join([met[name] for name in sorted(met)])


def _where(declared: Declared) -> Condition | None:
    if declared.where is None:
        return None
    test = Compiler({}, {}).test(declared.where)

    def holds(values: Mapping[str, Scalar]) -> bool | None:
        return test(values, 0)  # no part of it asks for the time

    return Condition(declared.where_text, names(declared.where), holds)
