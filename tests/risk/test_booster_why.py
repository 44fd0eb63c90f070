"""`risk show --why`: exact parts of a score, from what the decision recorded."""

from pathlib import Path

import msgspec
import pytest
from fakes.payments import arrival, make_pipeline, payment
from fakes.trees import saved

from risk.commands.why import OtherScorer, odds, why
from risk.decision import Decision, Version
from risk.score.model_card import read_card
from risk.score.points import TextPoints


def decided(path: Path) -> Decision:
    """A decision as the scorer at `path` would have recorded it."""
    decision = make_pipeline().take([arrival(payment())])[0].decision
    _, _, hash_ = read_card(path)
    values = {"history": {"a": 4.5, "b": 2.0}, "local": {"text.urgent": True}}
    scorer = Version("test-trees", "1", hash_)
    return msgspec.structs.replace(decision, values=values, scorer=scorer, score=93)


def test_every_value_says_what_it_did_to_the_odds(tmp_path: Path) -> None:
    """The base, each value with what it was, and the points for text."""
    path = saved(tmp_path, text=TextPoints(5, {"text.urgent": 4}))
    lines = [text for text, _ in why(decided(path), path)]
    assert "why 93 points: what each value did to the odds of fraud" == lines[1]
    assert lines[2].endswith("on the average")
    assert {"a = 4.5", "b = 2.0", "c = unknown"} == {
        line.split("  ")[-1] for line in lines[3:6]
    }
    assert "+4  points for text.urgent" == lines[6].strip()


def test_another_scorer_than_the_one_that_decided_explains_nothing(tmp_path: Path) -> None:
    """An explanation by other trees would be a lie."""
    path = saved(tmp_path)
    decision = decided(path)
    saved(tmp_path, version="2")
    with pytest.raises(OtherScorer, match="this decision was made by test-trees 1"):
        list(why(decision, path))


@pytest.mark.parametrize(
    ("added", "text"), [(0.0, "x     1.0"), (2.302585, "x    10.0"), (-0.693147, "/     2.0")]
)
def test_log_odds_are_said_as_a_factor(added: float, text: str) -> None:
    """Twice the odds, half the odds; no logarithms for people."""
    assert text == odds(added)
