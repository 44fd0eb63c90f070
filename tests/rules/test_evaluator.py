"""A book names its engine; one that is missing or fails stops no payment."""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from fakes.bare_books import book_of, one_rule
from fakes.books import FRAME, causes, load, rule_text

from rules.condition import Compare, Constant, Named
from rules.durable import EngineFailed, EngineMissing
from rules.errors import BookError
from rules.evaluator import Backed, evaluator_of
from rules.facts import Inexact
from rules.model import Book, Engine
from rules.tree import Matches
from rules.vocabulary import Scalar

LIMIT = one_rule("LIMIT", Compare(">", Named("x", "number"), Constant(5), "number"))


def naming(engine: Engine) -> Book:
    """A book of one rule for this engine."""
    return msgspec.structs.replace(book_of([LIMIT]), engine=engine)


class Failing:
    """An engine that has broken down."""

    def match(self, values: Mapping[str, Scalar], at: int) -> Matches:
        raise EngineFailed("durable-rules: code 3")


@pytest.mark.parametrize("engine", get_args(Engine))
def test_every_engine_that_a_book_may_name_gives_the_same(engine: Engine) -> None:
    """Above the limit, at it, and unknown."""
    if engine == "durable":
        pytest.importorskip("durable_rules_engine", reason="durable-rules is optional")
    evaluator = evaluator_of(naming(engine))
    expected = [Matches(("LIMIT",)), Matches(), Matches((), ("LIMIT",))]
    assert expected == [evaluator.match(values, 0) for values in ({"x": 6}, {"x": 5}, {})]


def test_what_the_engine_refuses_another_one_judges() -> None:
    """The payment is judged, and the failure is told once for each payment."""
    told: list[str] = []
    quiet = evaluator_of(naming("durable"), lambda _: Failing())
    assert Matches(("LIMIT",)) == quiet.match({"x": 6}, 0)
    assert isinstance(quiet, Backed)
    assert Matches(("LIMIT",)) == quiet.telling(lambda: told.append("failed")).match(
        {"x": 6}, 0
    )
    assert ["failed"] == told


@pytest.mark.parametrize(
    "error", [EngineMissing("durable-rules is not installed"), Inexact("2**53 is passed")]
)
def test_an_engine_that_cannot_be_had_is_a_mistake_in_the_book(error: Exception) -> None:
    """Said at load by file and key, with what to do about it."""

    def refuse(book: Book) -> Failing:
        raise error

    with pytest.raises(BookError) as caught:
        evaluator_of(naming("durable"), refuse)
    [mistake] = caught.value.mistakes
    assert ("book.yaml", f"engine: durable, but {error}") == (mistake.file, mistake.cause)
    assert "engine: native" in mistake.hint


def test_a_book_says_its_engine_in_its_frame(tmp_path: Path) -> None:
    """One line; a name that is no engine is told with its place."""
    rule, named = rule_text("amount > 5"), {"book.yaml": FRAME + "engine: tree\n"}
    assert "native" == load(tmp_path, rule).engine
    assert "tree" == load(tmp_path, rule, files=named).engine
    [cause] = causes(tmp_path, rule, files={"book.yaml": FRAME + "engine: drools\n"})
    assert f"book.yaml:{FRAME.count(chr(10)) + 1}:9: engine cannot be 'drools'" == cause
