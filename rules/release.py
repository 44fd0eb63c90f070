"""May a book go live? Its own tests are run on every evaluator given."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from rules.engine import ENGINES, Evaluator
from rules.errors import Mistake
from rules.examples import Failure, failures, untested
from rules.model import Book

Make: TypeAlias = Callable[[Book], Evaluator]


def object_to(book: Book, evaluators: Mapping[str, Make] = ENGINES) -> Iterator[Mistake]:
    """Yield what keeps a book from going live, although it can be read."""
    for name, make in evaluators.items():
        for failure in failures(book, make):
            yield _failed(name, failure)
    for rule, truth in untested(book):
        cause = f"{rule.id} is live and has no test that is a {truth}"
        yield Mistake(rule.place.file, rule.place.line, 1, cause)


def _failed(evaluator: str, failure: Failure) -> Mistake:
    example = failure.example
    told = ", ".join(
        f"{key} is {failure.actual[key]}, expected {failure.expected[key]}"
        for key in failure.expected
    )
    about = f" of {example.rule}" if example.rule else ""
    cause = f"test {example.name!r}{about} fails on {evaluator}: {told}"
    return Mistake(example.place.file, example.place.line, 1, cause)
