"""Do all evaluators say the same? If not: the smallest payment on which they differ."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from importlib.util import find_spec

from fakes.bare_books import WORDS
from fakes.values import Payment

from rules.durable import Durable
from rules.engine import Evaluator
from rules.model import Book
from rules.native import Native
from rules.tree import Matches, Tree
from rules.vector import Vector, tabulate

Engine = Callable[[Sequence[Payment]], list[Matches]]


def one_by_one(evaluator: Evaluator) -> Engine:
    """Ask an evaluator about each payment."""
    return lambda asked: [evaluator.match(*payment) for payment in asked]


def engines(book: Book) -> Iterator[tuple[str, Engine]]:
    """Every evaluator that is installed, but for the oracle; made when it is its turn."""
    yield "native", one_by_one(Native(book))
    vector = Vector(book)
    yield "vector", lambda asked: vector.matches(tabulate(asked, WORDS))
    if find_spec("durable_rules_engine"):
        with closing(Durable(book)) as durable:
            yield "durable", one_by_one(durable)


def disagreement(
    book: Book, payments: Sequence[Payment], engines: Iterable[tuple[str, Engine]]
) -> str:
    """Report the first difference to the oracle ("" if there is none)."""
    tree = Tree(book)
    expected = [tree.match(*payment) for payment in payments]
    for name, engine in engines:
        found = engine(payments)
        if found != expected:
            place = next(n for n, one in enumerate(found) if one != expected[n])
            return _report(book, tree, name, engine, payments[place])
    return ""


def _report(book: Book, tree: Tree, name: str, engine: Engine, payment: Payment) -> str:
    values, at = payment
    for word in sorted(values):
        fewer = {other: value for other, value in values.items() if other != word}
        if engine([(fewer, at)]) != [tree.match(fewer, at)]:
            values = fewer
    rules = [f"{r.id} {r.mode} {r.window} {r.condition}" for r in book.rules.values()]
    return "\n".join(
        [
            f"tree   {tree.match(values, at)}",
            f"{name:6} {engine([(values, at)])[0]}",
            f"values {values}",
            f"at     {at}",
            *rules,
        ]
    )
