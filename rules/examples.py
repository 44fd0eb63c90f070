"""Run the tests that stand in a book, and say which rules lack one."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import msgspec

from rules.model import Book, Example, Rule
from rules.tree import Matches, Tree
from rules.verdict import judge
from rules.vocabulary import Scalar


class Evaluator(Protocol):
    """Which rules hold; see `rules.tree.Tree`."""

    def match(self, values: Mapping[str, Scalar], at: int) -> Matches:
        """Values by name and the event time -> the matches."""
        ...


class Failure(msgspec.Struct, frozen=True):
    """What a test expected and what came, by key; only the keys that differ."""

    example: Example
    expected: Mapping[str, str]
    actual: Mapping[str, str]


def failures(book: Book, evaluator: Callable[[Book], Evaluator] = Tree) -> Iterator[Failure]:
    """Yield the tests of a book that do not hold, in the order of the files."""
    awake = msgspec.structs.replace(
        book, rules={name: _awake(rule) for name, rule in book.rules.items()}
    )
    whole, each = evaluator(book), evaluator(awake)
    for example in book.examples:
        if example.rule is not None:
            expected, actual = _of_rule(example, each)
        else:
            expected, actual = _of_book(example, book, whole)
        if expected != actual:
            yield Failure(example, expected, actual)


def untested(book: Book) -> Iterator[tuple[Rule, str]]:
    """Live rules without a test that hits, and without one that misses."""
    asked = {(example.rule, example.truth) for example in book.examples}
    for rule in book.rules.values():
        for truth, name in ((True, "hit"), (False, "miss")):
            if rule.mode == "live" and (rule.id, truth) not in asked:
                yield rule, name


def _awake(rule: Rule) -> Rule:
    """Let a rule that is off be tested all the same."""
    return msgspec.structs.replace(rule, mode="live") if rule.mode == "off" else rule


def _of_rule(example: Example, evaluator: Evaluator) -> tuple[dict[str, str], dict[str, str]]:
    matches = evaluator.match(example.given, example.at)
    truth = "hit" if example.rule in matches.hits else "miss"
    if example.rule in matches.unknown:
        truth = "unknown"
    wanted = {True: "hit", False: "miss", None: "unknown"}[example.truth]
    return {"rule": wanted}, {"rule": truth}


def _of_book(
    example: Example, book: Book, evaluator: Evaluator
) -> tuple[dict[str, str], dict[str, str]]:
    matches = evaluator.match(example.given, example.at)
    points = example.given.get("score", 0)
    verdict = judge(book, matches, example.given, int(points))
    came = {
        "outcome": verdict.outcome,
        "tier": verdict.tier,
        "rules": tuple(hit.rule for hit in verdict.hits),
        "shadow": tuple(hit.rule for hit in verdict.shadow),
        "unknown": verdict.unknown_rules,
        "reasons": tuple(sorted(reason.code for reason in verdict.reasons)),
    }
    wanted = {key: value for key in came if (value := getattr(example, key)) is not None}
    return (
        {key: _shown(value) for key, value in wanted.items() if value != came[key]},
        {key: _shown(came[key]) for key, value in wanted.items() if value != came[key]},
    )


def _shown(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)
