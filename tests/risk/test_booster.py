"""A trained scorer: trees, card, points, and what the points are made of."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes.trees import FEATURES, card_of, model_text, provided, saved
from hypothesis import given
from hypothesis import strategies as st

from risk.score.booster import TELLING, Booster, load_booster
from risk.score.model_card import BadScorer, digest, read_card
from risk.score.points import TextPoints, points_of, share_out
from risk.score.scorer import Score, Scorer
from risk.score.trees import NoTrees, Trees, open_library
from rules.bounds import EITHER

VALUES = st.dictionaries(
    st.sampled_from(FEATURES),
    st.floats(-5, 5) | st.integers(-5, 5) | st.booleans(),
)
"""Known values of a payment; what is not in it is unknown."""


def booster(**changes: Any) -> Booster:
    text = model_text()
    return Booster(card_of(text, **changes), text, "hash")


BOOSTER = booster()
TALKING = booster(text=TextPoints(9, {"text.urgent": 6, "text.link": 5}))


@given(VALUES)
def test_paths_and_the_base_add_up_to_the_raw_score(values: dict[str, Any]) -> None:
    """Path contributions explain all of a score: with the base they are its raw output."""
    added = sum(share for _, share in BOOSTER.paths(values))
    assert BOOSTER.raw(values) == pytest.approx(BOOSTER.base + added, abs=1e-9)


@given(VALUES)
def test_treeshap_and_the_base_add_up_to_the_raw_score(values: dict[str, Any]) -> None:
    """Exact contributions stand on the same base as path contributions."""
    added = sum(share for _, share in BOOSTER.why(values))
    assert BOOSTER.raw(values) == pytest.approx(BOOSTER.base + added, abs=1e-9)


@given(VALUES)
def test_points_add_up_to_the_score_where_they_are_told(values: dict[str, Any]) -> None:
    """A score well above the average one is the average one and its contributions."""
    score = BOOSTER.score(values)
    base = points_of(BOOSTER.base, BOOSTER.card.cuts)
    added = sum(points for _, points in score.contributions)
    assert score.points == (base + added if score.contributions else score.points)
    assert bool(score.contributions) == (score.points >= base + TELLING)


@given(st.lists(VALUES, max_size=9))
def test_a_batch_is_scored_as_its_payments_are_one_by_one(rows: list[dict[str, Any]]) -> None:
    """`score_many` changes nothing."""
    assert [TALKING.score(row) for row in rows] == TALKING.score_many(rows)


@given(VALUES, VALUES)
def test_the_score_is_monotone_in_the_raw_output(one: Any, other: Any) -> None:
    """Calibration never turns two payments round."""
    low, high = sorted([one, other], key=BOOSTER.raw)
    assert BOOSTER.score(low).points <= BOOSTER.score(high).points


@given(VALUES, st.dictionaries(st.sampled_from(["text.urgent", "text.link"]), st.booleans()))
def test_no_text_leaves_the_interval(values: Any, text: dict[str, bool]) -> None:
    """Whatever the text says, the score lies between the two ends told without it."""
    low, high = TALKING.interval(values)
    assert low <= TALKING.score(values | text).points <= high
    assert low == TALKING.score(values).points


def test_points_from_text_stop_at_their_most() -> None:
    """The flag that reaches the bound adds only what is left of it."""
    said = TALKING.score({"text.urgent": True, "text.link": True}).contributions
    assert (("text.urgent", 6), ("text.link", 3)) == said[-2:]


def test_both_ends_of_the_interval_are_reached() -> None:
    """The bound is no wider than the readings make it."""
    _, high = TALKING.interval({})
    assert high == TALKING.score({"text.urgent": True, "text.link": True}).points


def test_a_number_a_flag_and_its_number_score_alike() -> None:
    """True is 1, false is 0, 3 is 3.0; what is absent is NaN to the trees."""
    assert BOOSTER.raw({"a": True, "b": 3}) == BOOSTER.raw({"a": 1.0, "b": 3.0})
    assert BOOSTER.raw({}) == BOOSTER.raw(dict.fromkeys(FEATURES, float("nan")))


def test_a_booster_is_a_scorer_that_names_what_it_reads() -> None:
    """Decisions list the values that were unknown: features and flags of the text."""
    scorer: Scorer = TALKING
    assert (*FEATURES, "text.urgent", "text.link") == scorer.names
    assert ("test-trees", "1", "hash") == (scorer.name, scorer.version, scorer.hash)
    assert Score(BOOSTER.score({}).points) == BOOSTER.score({})


@given(st.integers(-100, 100), st.lists(st.floats(-3, 3), min_size=1, max_size=8))
def test_parts_of_points_add_up_and_lie_within_one_of_their_share(
    points: int, weights: list[float]
) -> None:
    """Rounding neither loses nor makes points."""
    total = sum(weights)
    parts = share_out(points, weights)
    if not total:
        assert [0] * len(weights) == parts
    elif abs(total) > 1e-3:
        assert points == sum(parts)
        assert all(
            abs(part - points * weight / total) <= 1
            for part, weight in zip(parts, weights, strict=True)
        )


def test_a_saved_scorer_is_read_back_as_it_was(tmp_path: Path) -> None:
    """Card and trees on disk give the same answers; the hash covers both files."""
    path = saved(tmp_path)
    read = load_booster(path, provided())
    assert BOOSTER.score({"a": 4.0}) == read.score({"a": 4.0})
    assert digest(path.read_bytes() + path.with_suffix(".txt").read_bytes()) == read.hash


def test_a_scorer_is_refused_with_every_value_that_the_book_lacks(tmp_path: Path) -> None:
    """Values that are not provided, or mean something else now, are named, all at once."""
    path = saved(tmp_path, text=TextPoints(5, {"text.odd": 5}))
    with pytest.raises(BadScorer) as caught:
        load_booster(path, {"a": "1", "b": "2"})
    lines = str(caught.value).splitlines()
    assert 3 == len(lines)
    assert "b has another meaning" in lines[0]
    assert "c is not provided" in lines[1]
    assert "text.odd is not provided" in lines[2]


@pytest.mark.parametrize(
    ("card", "cause"),
    [
        ("{", "is no card"),
        ('{"kind": "pickle"}', "is no card"),
        ("\xff", "is no card"),
    ],
)
def test_a_file_that_is_no_card_is_refused(tmp_path: Path, card: str, cause: str) -> None:
    """Whatever stands in the file, the answer is a sentence that names it."""
    path = tmp_path / "odd.json"
    path.write_bytes(card.encode("latin-1"))
    with pytest.raises(BadScorer, match=cause):
        read_card(path)


def test_trees_that_were_changed_are_refused(tmp_path: Path) -> None:
    """The card vouches for its trees by their hash."""
    path = saved(tmp_path)
    trees = path.with_suffix(".txt")
    trees.write_text(trees.read_text() + " ", encoding="utf-8")
    with pytest.raises(BadScorer, match="not the file"):
        read_card(path)


def test_missing_trees_are_named(tmp_path: Path) -> None:
    """The file that is not there is the one in the message."""
    path = saved(tmp_path)
    path.with_suffix(".txt").unlink()
    with pytest.raises(BadScorer, match=r"test\.txt: No such file"):
        read_card(path)


@pytest.mark.parametrize("trees", ["../m.txt", "/m.txt", "a/m.txt"])
def test_trees_lie_beside_their_card(tmp_path: Path, trees: str) -> None:
    """A card cannot point out of its folder."""
    path = saved(tmp_path)
    card = json.loads(path.read_bytes()) | {"trees": trees}
    path.write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(BadScorer, match="is no card"):
        read_card(path)


def test_cuts_that_do_not_ascend_are_refused(tmp_path: Path) -> None:
    """A score that could fall as the raw score rises is no score."""
    with pytest.raises(BadScorer, match="ascend"):
        read_card(saved(tmp_path, cuts=(1.0, 0.0)))


def test_trees_of_another_width_are_refused(tmp_path: Path) -> None:
    """The card must name every value that the trees read, in order."""
    path = saved(tmp_path, features=card_of(model_text()).features[:2])
    with pytest.raises(BadScorer, match="reads 3 values, the card names 2"):
        load_booster(path, provided())


def test_a_text_that_is_no_model_is_refused(tmp_path: Path) -> None:
    """What LightGBM says of it is passed on."""
    with pytest.raises(NoTrees):
        Trees("tree\nversion=v4\nnonsense")
    path = saved(tmp_path, trees_text="nonsense")
    with pytest.raises(BadScorer, match="LightGBM"):
        load_booster(path, provided())


def test_without_the_library_there_are_no_trees(tmp_path: Path) -> None:
    """What is missing is said; nothing else stands in for it."""
    with pytest.raises(NoTrees, match="LightGBM is not installed"):
        open_library([str(tmp_path)])


def test_a_tree_of_one_leaf_adds_to_the_base_only() -> None:
    """Training that found no split gives every payment the same raw score."""
    text = model_text(rows=np.zeros((30, 3)))
    alone = Booster(card_of(text), text, "hash")
    assert alone.base == pytest.approx(alone.raw({"a": 1.0}))
    assert [("a", 0.0), ("b", 0.0), ("c", 0.0)] == alone.paths({"a": 1.0})


@pytest.mark.parametrize("said", [(), ("text.urgent",), ("text.urgent", "text.link")])
def test_trees_reach_what_the_card_lets_text_add(said: tuple[str, ...]) -> None:
    """From what is said to what any flag still down could add, never over the card's most."""
    row = {"a": 0.2, **dict.fromkeys(said, True)}
    score = TALKING.score(row)
    bounds = {name: EITHER for name in ("text.urgent", "text.link") if name not in said}
    reach = TALKING.reach(score, bounds)
    assert (score.points, TALKING.score({**row, **dict.fromkeys(bounds, True)}).points) == (
        reach.low,
        reach.high,
    )
    assert TALKING.without(frozenset()) is TALKING
