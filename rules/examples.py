"""Run the tests that stand in a book, and say which rules lack one."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from rules.engine import Evaluator
from rules.model import Book, Dossier, Example
from rules.points import point_book
from rules.ruling import rule_on
from rules.tree import Tree

TRUTHS: Final = {True: "hit", False: "miss", None: "unknown"}


class Failure(msgspec.Struct, frozen=True):
    """What a test expected and what came, by key; only the keys that differ."""

    example: Example
    expected: Mapping[str, str]
    actual: Mapping[str, str]


def failures(book: Book, evaluator: Callable[[Book], Evaluator] = Tree) -> Iterator[Failure]:
    """Yield the tests of a book that do not hold, in the order of the files."""
    whole, points = evaluator(book), evaluator(point_book(book))
    each = evaluator(awake(book))
    for example in book.examples:
        if example.rule is not None:
            expected, actual = _of_rule(example, each)
        else:
            expected, actual = _of_book(example, book, whole, points)
        if expected != actual:
            yield Failure(example, expected, actual)


def failures_on(
    book: Book, evaluators: Mapping[str, Callable[[Book], Evaluator]]
) -> list[tuple[Failure, tuple[str, ...]]]:
    """What fails on any evaluator, in the order of the files, with all that fail alike."""
    found: list[tuple[Failure, tuple[str, ...]]] = []
    for name, make in evaluators.items():
        told = list(failures(book, make))
        found = [(one, (*names, name) if one in told else names) for one, names in found]
        known = [one for one, _ in found]
        found += [(one, (name,)) for one in told if one not in known]
    return sorted(found, key=lambda one: (one[0].example.place.file, one[0].example.place.line))


def untested(book: Book) -> Iterator[tuple[Dossier, str]]:
    """Live rules without a test that hits, and without one that misses."""
    asked = {(example.rule, example.truth) for example in book.examples}
    for rule in book.dossiers.values():
        for truth in (True, False):
            if rule.mode == "live" and (rule.id, truth) not in asked:
                yield rule, TRUTHS[truth]


def awake(book: Book) -> Book:
    """All rules of a book as rules that can be asked, also those that are off."""
    rules = {
        name: msgspec.structs.replace(rule, mode="live") if rule.mode == "off" else rule
        for name, rule in book.dossiers.items()
    }
    return msgspec.structs.replace(book, rules=rules)


def _of_rule(example: Example, evaluator: Evaluator) -> tuple[dict[str, str], dict[str, str]]:
    matches = evaluator.match(example.given, example.at)
    truth = "hit" if example.rule in matches.hits else "miss"
    if example.rule in matches.unknown:
        truth = "unknown"
    return {"rule": TRUTHS[example.truth]}, {"rule": truth}


def _of_book(
    example: Example, book: Book, evaluator: Evaluator, points: Evaluator
) -> tuple[dict[str, str], dict[str, str]]:
    values = {name: value for name, value in example.given.items() if name != "score"}
    scored = int(example.given.get("score", 0))
    ruling = rule_on(book, evaluator, points, values, example.at, scored)
    verdict = ruling.verdict
    came = {
        "outcome": verdict.outcome,
        "tier": verdict.tier,
        "score": ruling.score,
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
