"""Values and a score -> the verdict: points first, then the tiers.

Pure and total, as both steps are. Rules on trial that add points are judged a second time, as
if they had counted, to tell the outcome that they would have made.
"""

from collections.abc import Mapping

import msgspec

from rules.engine import Evaluator
from rules.model import Book
from rules.points import Added, Points, add_points
from rules.template import fill
from rules.tree import NOTHING
from rules.verdict import Hit, Reason, Verdict, judge, score_tier
from rules.vocabulary import Scalar


class Ruling(msgspec.Struct, frozen=True):
    """The verdict, the score that the rules read (0-100), and the points that they added.

    `bound` is what the book's limit on such points took away from their sum.
    """

    verdict: Verdict
    score: int
    added: tuple[Added, ...] = ()
    bound: int = 0


def rule_on(
    book: Book,
    evaluator: Evaluator,
    point_evaluator: Evaluator,
    values: Mapping[str, Scalar],
    at: int,
    scored: int,
) -> Ruling:
    """Judge one payment. `values` are all but the score; `scored` is the scorer's, 0-100."""
    found = point_evaluator.match(values, at) if book.point_rules else NOTHING
    points = add_points(book, found, values)
    score = _score(scored, points.total)
    verdict = _judged(book, evaluator, values, at, score)
    if found is NOTHING:
        return Ruling(verdict, score)
    verdict = _with_points(book, verdict, points, values, score)
    if points.trial is not None:
        trial = _judged(book, evaluator, values, at, _score(scored, points.trial))
        outcome = trial.shadow_outcome or trial.outcome
        verdict = msgspec.structs.replace(verdict, shadow_outcome=outcome)
    bound = points.total - sum([added.points for added in points.live])
    return Ruling(verdict, score, points.live, bound)


def _judged(
    book: Book, evaluator: Evaluator, values: Mapping[str, Scalar], at: int, score: int
) -> Verdict:
    known = {**values, "score": score}
    return judge(book, evaluator.match(known, at), known, score)


def _score(scored: int, points: int) -> int:
    return max(0, min(100, scored + points))


def _with_points(
    book: Book, verdict: Verdict, points: Points, values: Mapping[str, Scalar], score: int
) -> Verdict:
    """Record the rules with points; they are reasons where the score decided."""
    reasons = verdict.reasons
    if verdict.tier is not None and verdict.tier == score_tier(book.thresholds, score):
        raised = [book.point_rules[added.rule] for added in points.live if added.points > 0]
        reasons += tuple([Reason(rule.code, fill(rule.text, values)) for rule in raised])
    return msgspec.structs.replace(
        verdict,
        reasons=reasons,
        hits=_sorted(verdict.hits, points.live),
        shadow=_sorted(verdict.shadow, points.shadow),
        unknown_rules=tuple(sorted(verdict.unknown_rules + points.unknown)),
    )


def _sorted(hits: tuple[Hit, ...], added: tuple[Added, ...]) -> tuple[Hit, ...]:
    more = [Hit(point.rule, "points") for point in added]
    return tuple(sorted([*hits, *more], key=lambda hit: hit.rule))
