"""Velocities of a book -> what history compiles: the one place that knows both."""

from collections.abc import Mapping
from typing import Final

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
    return (*STANDARD, *[_compiled(declared) for declared in book.velocities.values()])


def _compiled(declared: Declared) -> Velocity:
    given = {name: getattr(declared, name) for name in SAME}
    return Velocity(**given, where=_where(declared))


def _where(declared: Declared) -> Condition | None:
    if declared.where is None:
        return None
    test = Compiler({}, {}).test(declared.where)

    def holds(values: Mapping[str, Scalar]) -> bool | None:
        return test(values, 0)  # no part of it asks for the time

    return Condition(declared.where_text, names(declared.where), holds)
