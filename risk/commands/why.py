"""Why a trained scorer scored a decision as it did: exact TreeSHAP from the recorded values."""

from collections.abc import Iterator
from math import exp
from pathlib import Path
from typing import Final

from risk.commands.screen import harmless
from risk.commands.view import Line
from risk.decision import Decision
from risk.score.booster import Booster, load_booster
from risk.score.model_card import read_card

LISTED: Final = 10
"""Values that are shown; the others together are one line."""


class OtherScorer(Exception):
    """The decision was made by another scorer than the one at hand."""


def why(decision: Decision, path: Path) -> Iterator[Line]:
    """What each value did to the odds of fraud, line by line, the largest first.

    The scorer's file must be the very one that made the decision. Raises `BadScorer`,
    `OtherScorer`.
    """
    scorer = _scorer_of(decision, path)
    values = {name: one for part in decision.values.values() for name, one in part.items()}
    parts = scorer.why(values)
    yield "", ""
    yield f"why {decision.score} points: what each value did to the odds of fraud", "bold"
    yield f"  {odds(scorer.base)}  on the average", ""
    for name, added in parts[:LISTED]:
        known = harmless(str(values[name])) if name in values else "unknown"
        yield f"  {odds(added)}  {name} = {known}", ""
    if rest := parts[LISTED:]:
        yield f"  {odds(sum(added for _, added in rest))}  {len(rest)} other values", ""
    for name, points in scorer.card.text.of(values):
        yield f"  {points:+9d}  points for {name}", ""


def odds(added: float) -> str:
    """Log odds as a factor: `x 12.5`, `/ 3.0`, nine characters wide."""
    return f"{'x' if added >= 0 else '/'} {exp(min(abs(added), 20)):7,.1f}"


def _scorer_of(decision: Decision, path: Path) -> Booster:
    card, _, hash_ = read_card(path)
    if hash_ != decision.scorer.hash:
        made = f"{decision.scorer.name} {decision.scorer.version} ({decision.scorer.hash})"
        raise OtherScorer(f"{path}: this decision was made by {harmless(made)}, not by {hash_}")
    return load_booster(
        path,
        {feature.name: feature.version for feature in card.features}
        | dict.fromkeys(card.text.points, "1"),
    )
