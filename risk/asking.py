"""When a payment may be decided without asking the model: the law of asking.

Text can only add risk, so the outcome of a payment is the most severe of three: without text,
with the local reading, with the answer. Before anybody is asked, each text value is known to
lie between its local value and the worst that an answer can make of it, and the score between
the points of the local reading and the most that text may add. A book is evaluated over these
bounds to what it *surely* and what it *possibly* says. If nothing that is possible is more
severe than what stands already, the answer cannot change the outcome: decide now.

Bounds only over-approximate, so a payment that is decided at once has the outcome that every
answer would have given. Not being exact costs a needless question, never a wrong decision.
"""

from collections.abc import Collection, Mapping
from typing import Final

from features.catalogue import TEXT, Value
from features.transaction import Scalar
from risk.decision import Outcome
from rules.bounds import EITHER, Bound, Choice, Range, Reach
from rules.model import TIERS, Thresholds, Tier

SEVERITY: Final[Mapping[Outcome, int]] = {"approve": 0, "review": 1, "reject": 2}


class TextBounds:
    """What an answer may make of each text value that a book or its scorer reads."""

    def __init__(self, names: Collection[str], words: Collection[Value] = TEXT) -> None:
        self._words = tuple(word for word in words if word.name in names)

    def of(self, local: Mapping[str, Scalar]) -> dict[str, Bound]:
        """The bounds of the values that an answer may move; the others stay as they are.

        `local` are all values of the local reading. Empty if there is nothing to ask about: no
        memo, or no value that could get worse.
        """
        if not local.get("text.length"):
            return {}
        bounds: dict[str, Bound] = {}
        for word in self._words:
            if word.name in local and (bound := _bound(word, local[word.name])) is not None:
                bounds[word.name] = bound
        return bounds


def _bound(word: Value, local: Scalar) -> Bound | None:
    if word.type == "flag":
        return EITHER if word.worse == "up" and local is False else None
    if word.type == "text":
        return Choice(word.choices)
    if word.worse is None or word.low is None or word.high is None:
        return None
    number = float(local)
    bound = Range(number, word.high) if word.worse == "up" else Range(word.low, number)
    return bound if bound.low < bound.high else None


def reach_score(thresholds: Thresholds, score: Range) -> Reach:
    """In which tiers the score alone surely and possibly speaks."""
    return Reach(_reached(thresholds, score.low), _reached(thresholds, score.high))


def _reached(thresholds: Thresholds, points: float) -> frozenset[Tier]:
    # Reaching `reject` shadows `review` in the verdict; both may stay, the more severe counts.
    limits: tuple[tuple[Tier, int | None], ...] = (
        ("reject", thresholds.reject),
        ("review", thresholds.review),
    )
    return frozenset([tier for tier, least in limits if least is not None and points >= least])


def worst(reach: Reach, outcomes: Mapping[Tier, Outcome], default: Outcome) -> Outcome:
    """The most severe outcome that is possible.

    Tiers are walked in the order in which they decide; the first that surely speaks ends the
    walk, since nothing behind it is heard. If none is sure, the book's default is possible too.
    """
    reachable: list[Outcome] = []
    for tier in TIERS:
        if tier in reach.possible or tier in reach.sure:
            reachable.append(outcomes[tier])
        if tier in reach.sure:
            break
    else:
        reachable.append(default)
    return severest(*reachable)


def severest(*outcomes: Outcome) -> Outcome:
    """The most severe of one or more outcomes."""
    return max(outcomes, key=SEVERITY.__getitem__)


def may_change(worst_possible: Outcome, standing: Outcome) -> bool:
    """Whether an answer could still make the outcome stricter, so that it is worth asking for.

    `standing` is the more severe of the outcomes without text and with the local reading.
    """
    return SEVERITY[worst_possible] > SEVERITY[standing]


def settle(without_text: Outcome, local: Outcome, answered: Outcome | None) -> Outcome:
    """The outcome of a payment; `answered` is None without an answer.

    No answer, early or late, ever makes it milder.
    """
    standing = severest(without_text, local)
    return standing if answered is None else severest(standing, answered)


def join(one: Reach, other: Reach) -> Reach:
    """What two parts of a book say together."""
    return Reach(one.sure | other.sure, one.possible | other.possible)


def ask(
    reach: Reach,
    score: Range,
    thresholds: Thresholds,
    outcomes: Mapping[Tier, Outcome],
    default: Outcome,
    standing: Outcome,
) -> bool:
    """Whether to ask before deciding.

    `reach` is what the rules say over the bounds, `score` where the score can lie: the book is
    given by its thresholds, what its tiers mean, and its default.
    """
    whole = join(reach, reach_score(thresholds, score))
    return may_change(worst(whole, outcomes, default), standing)
