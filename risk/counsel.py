"""What a book and a scorer have to do with text: what they say without it, whether to ask.

Made with every bench and compiled when it is first needed: where no model is configured, it
never is.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Final

import msgspec

from features.catalogue import TEXT
from features.text.schema import Reading
from features.transaction import Scalar
from risk.asking import TextBounds, ask, may_change, reach_score
from risk.decision import Outcome
from risk.score.scorer import Score, Scorer
from rules.bounds import Bounds, Range
from rules.condition import names
from rules.engine import Evaluator
from rules.model import Book, Dossier, conditions
from rules.native import Native
from rules.points import point_book
from rules.reaching import BookReach
from rules.ruling import Ruling, rule_on

SCORE: Final = "score"
"""Stands among causes for the thresholds of the score."""

TEXT_NAMES: Final = frozenset([value.name for value in TEXT])


NO_READING: Final = {**Reading(source="none").values(), "text.length": 1}


class Silent(msgspec.Struct, frozen=True):
    """A book and a scorer without anything that reads text."""

    book: Book
    evaluator: Evaluator
    points: Evaluator
    scorer: Scorer


class Counsel:
    """Answers for one book and one scorer; keeps nothing of a payment."""

    def __init__(self, book: Book, scorer: Scorer) -> None:
        self._book = book
        self._scorer = scorer

    def heard(self, score: Score, ruling: Ruling) -> bool:
        """Whether text had any part in what was judged."""
        verdict = ruling.verdict
        return (
            any([hit.rule in self._readers for hit in verdict.hits])
            or any([rule in self._readers for rule in verdict.unknown_rules])
            or any([name in TEXT_NAMES for name, _ in score.contributions])
        )

    def without_text(self, values: Mapping[str, Scalar], at: int) -> tuple[Score, Ruling]:
        """Judge by the rules that read no text, on the score without points from text.

        `values` hold none from text.
        """
        silent = self._silent
        score = silent.scorer.score(values)
        return score, rule_on(
            silent.book, silent.evaluator, silent.points, values, at, score.points
        )

    def may_change(
        self,
        values: Mapping[str, Scalar],
        reading: Mapping[str, Scalar],
        at: int,
        judged: tuple[Score, Ruling],
        standing: Outcome,
    ) -> bool:
        """Whether an answer about the memo could still make the outcome stricter.

        `values` hold the local `reading`; `judged` is what scorer and book say of them.
        """
        if standing == "reject":
            return False
        bounds = self._bounds.of(reading)
        if not bounds:
            return False
        book, score = self._book, self._score(values, bounds, at, judged)
        bounds["score"] = score
        reach = self._reach.reach(values, bounds, at, judged[1].verdict)
        return ask(reach, score, book.thresholds, book.outcomes, book.default, standing)

    def causes(
        self,
        values: Mapping[str, Scalar],
        reading: Mapping[str, Scalar],
        at: int,
        judged: tuple[Score, Ruling],
        standing: Outcome,
    ) -> frozenset[str]:
        """Why a payment waits: rules, and `SCORE`, that an answer could make speak above it."""
        bounds = self._bounds.of(reading)
        bounds["score"] = score = self._score(values, bounds, at, judged)
        above = {
            tier for tier, said in self._book.outcomes.items() if may_change(said, standing)
        }
        speakers = self._reach.speakers(values, bounds, at)
        found = {rule for rule, tiers in speakers if tiers & above}
        if reach_score(self._book.thresholds, score).possible & above:
            found.add(SCORE)
        return frozenset(found)

    def _score(
        self,
        values: Mapping[str, Scalar],
        bounds: Bounds,
        at: int,
        judged: tuple[Score, Ruling],
    ) -> Range:
        """Where the score can lie, points of rules included."""
        score, ruling = judged
        as_they_are = ruling.bound + sum([added.points for added in ruling.added])
        scored = self._scorer.reach(score, bounds)
        added = self._reach.points(values, bounds, at, as_they_are)
        return Range(_clip(scored.low + added.low), _clip(scored.high + added.high))

    def prepare(self) -> None:
        """Compile all of it now: the first call must not fall on a payment."""
        score, ruling = self.without_text({}, 0)
        self.may_change({}, NO_READING, 0, (score, ruling), "approve")

    @cached_property
    def _readers(self) -> frozenset[str]:
        return frozenset([rule.id for rule in self._book.dossiers.values() if reads_text(rule)])

    @cached_property
    def _bounds(self) -> TextBounds:
        rules = self._book.dossiers.values()
        by = [rule.rollout.by for rule in rules if rule.rollout is not None]
        return TextBounds({*self._book.names, *self._scorer.names, *by})

    @cached_property
    def _reach(self) -> BookReach:
        return BookReach(self._book)

    @cached_property
    def _silent(self) -> Silent:
        book = msgspec.structs.replace(
            self._book,
            rules={n: r for n, r in self._book.rules.items() if n not in self._readers},
            point_rules={
                n: r for n, r in self._book.point_rules.items() if n not in self._readers
            },
        )
        return Silent(
            book, Native(book), Native(point_book(book)), self._scorer.without(TEXT_NAMES)
        )


def reads_text(rule: Dossier) -> bool:
    """Whether a memo has a say in a rule. Steps name values of earlier ones `step.value`."""
    read = [name for node in conditions(rule) for name in names(node)]
    if rule.rollout is not None:
        read.append(rule.rollout.by)
    return any([name in TEXT_NAMES or name.partition(".")[2] in TEXT_NAMES for name in read])


def _clip(points: float) -> float:
    return max(0, min(100, points))
