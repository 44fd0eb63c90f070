"""Rules over bounds: whatever the values are, what they give was said to be possible."""

from collections.abc import Mapping, Sequence
from random import Random

import msgspec
import pytest
from fakes.bare_books import LISTS, WORDS, book_of, one_rule
from fakes.conditions import books, trees
from fakes.values import NUMBERS, TEXTS, payments
from hypothesis import given
from hypothesis import strategies as st

from rules.bounds import AND, EITHER, NOT, OR, SAME, Bound, Choice, Range, mask_of
from rules.bounds import Reach as Tiers
from rules.condition import And, Compare, Constant, Named, Node
from rules.model import Book, PointRule, Rollout, Rule, Thresholds, Tier
from rules.points import add_points, point_book
from rules.possible import Possible
from rules.reach import Found, ReachTree
from rules.reaching import BookReach
from rules.spans import ANYTHING, Span, calculated
from rules.tree import Tree
from rules.verdict import judge
from rules.vocabulary import Scalar, Word

MOVING = frozenset(WORDS)
BY_MASK = {1: True, 2: False, 4: None}


def draw_bounds(dice: Random, words: Mapping[str, Word] = WORDS) -> dict[str, Bound]:
    """Bounds of some of the words, each fitting its type."""
    found: dict[str, Bound] = {}
    finite = [number for number in NUMBERS if abs(number) < 1e300]
    for name, word in words.items():
        if dice.random() < 0.5:
            continue
        if word.type == "number":
            found[name] = Range(*sorted(dice.choices(finite, k=2)))
        elif word.type == "flag":
            found[name] = dice.choice([EITHER, Choice((True,))])
        else:
            found[name] = Choice(tuple(dice.sample(TEXTS, dice.randint(1, 3))))
    return found


def pick(dice: Random, bounds: Mapping[str, Bound]) -> dict[str, Scalar]:
    """Values within bounds, ends often among them."""
    return {
        name: dice.choice([bound.low, bound.high, dice.uniform(bound.low, bound.high)])
        if isinstance(bound, Range)
        else dice.choice(bound.members)
        for name, bound in bounds.items()
    }


def masks_of(found: Found) -> dict[str, int]:
    """Masks by the names of the rules."""
    return {rule.id: mask for rule, mask in found}


@given(trees, st.integers(0, 2**32))
def test_what_a_condition_is_within_its_bounds_is_in_its_mask(tree: Node, seed: int) -> None:
    """Random conditions, values, bounds; values drawn within; the oracle of values judges."""
    dice = Random(seed)
    rule = one_rule("R-1", tree)
    evaluator = Tree(book_of([rule]))
    reach = ReachTree([rule], LISTS, MOVING)
    for values, at in payments(seed, 4):
        bounds = draw_bounds(dice)
        mask = masks_of(reach.possible(values, bounds, at)).get("R-1", 2)
        for _ in range(8):
            matches = evaluator.match({**values, **pick(dice, bounds)}, at)
            truth = None if matches.unknown else bool(matches.hits)
            assert mask & mask_of(truth), (mask, truth, values, bounds)


@given(books(), st.integers(0, 2**32))
def test_without_bounds_a_mask_is_the_one_truth_that_the_oracle_knows(
    book: Book, seed: int
) -> None:
    """Nothing moves, so nothing is over-approximated."""
    live = [rule for rule in book.rules.values() if rule.mode != "off"]
    reach = ReachTree(live, book.lists, MOVING)
    evaluator = Tree(book)
    for values, at in payments(seed, 5):
        matches = evaluator.match(values, at)
        expected = {**dict.fromkeys(matches.hits, 1), **dict.fromkeys(matches.unknown, 4)}
        assert expected == masks_of(reach.possible(values, {}, at))


@given(books(max_rules=8), st.sets(st.sampled_from(sorted(WORDS))), st.integers(0, 2**32))
def test_the_generated_twin_gives_the_same_masks(
    book: Book, moving: set[str], seed: int
) -> None:
    """The function for the hot path and the interpreter, on whatever may move."""
    dice = Random(seed)
    rules = list(book.rules.values())
    names = frozenset(moving)
    oracle = ReachTree(rules, book.lists, names)
    twin = Possible(rules, book.lists, names)
    words = {name: word for name, word in WORDS.items() if name in names}
    for values, at in payments(seed, 6):
        bounds = draw_bounds(dice, words)
        expected = masks_of(oracle.possible(values, bounds, at))
        assert expected == masks_of(twin.possible(values, bounds, at))


def test_the_tables_are_kleene_s_connectives_on_every_pair_of_sets() -> None:
    """Single truths join as they do for exact values."""
    for one, a in BY_MASK.items():
        assert mask_of(None if a is None else not a) == NOT[one]
        for other, b in BY_MASK.items():
            known = a is not None and b is not None
            assert AND[one][other] == mask_of(
                False if False in (a, b) else (True if known else None)
            )
            assert OR[one][other] == mask_of(
                True if True in (a, b) else (False if known else None)
            )
            assert SAME[one][other] == mask_of(a is b if known else None)
    assert (3, 6) == (AND[3][1], OR[2][6])


X = Named("x", "number")
OVER_5 = Compare(">", X, Constant(5), "number")
LOOSE = {**WORDS, "x": Word(type="number", from_text=True)}


def loose(rules: Sequence[Rule], points: Sequence[PointRule] = ()) -> Book:
    """A book in which x comes from a memo."""
    return msgspec.structs.replace(
        book_of(rules),
        words=LOOSE,
        point_rules={rule.id: rule for rule in points},
        thresholds=Thresholds(rules=10),
        outcomes={
            "block": "reject",
            "allow": "approve",
            "reject": "reject",
            "review": "review",
        },
    )


def reached(book: Book, values: Mapping[str, Scalar], bounds: Mapping[str, Bound]) -> Tiers:
    """The reach of a book, by the verdict on the values as they are."""
    verdict = judge(book, Tree(book).match(values, 0), values, 0)
    return BookReach(book).reach(values, bounds, 0, verdict)


def both(tier: Tier) -> Tiers:
    """A tier that is sure, and so possible."""
    return Tiers(frozenset({tier}), frozenset({tier}))


def test_a_tier_is_sure_if_its_rule_can_say_nothing_else() -> None:
    """Tier, `on_missing` and silence are the three things that a rule can say."""
    bounds = {"x": Range(6, 9)}
    sure = loose([one_rule("R-1", OVER_5, tier="block")])
    assert both("block") == reached(sure, {}, bounds)
    assert Tiers(frozenset(), frozenset({"block"})) == reached(sure, {}, {"x": Range(1, 9)})
    unknown = And((OVER_5, Named("f", "flag")))
    either = loose([one_rule("R-1", unknown, tier="reject", on_missing="review")])
    assert both("review") == reached(either, {}, bounds)
    assert Tiers() == reached(loose([one_rule("R-1", unknown)]), {}, bounds)


def test_what_does_not_move_is_taken_from_the_verdict() -> None:
    """Rules that hold, and those that are unknown and say so, where their rollout covers."""
    holds = one_rule("R-1", Named("f", "flag"), tier="block")
    gap = one_rule("R-2", Named("g", "flag"), on_missing="reject")
    far = one_rule("R-3", Named("g", "flag"), on_missing="allow", rollout=Rollout(0, "s"))
    still = loose([holds, gap, far])
    assert Tiers() == reached(still, {"f": False, "g": False}, {})
    assert both("block") == reached(still, {"f": True, "g": False}, {})
    assert both("reject") == reached(still, {"f": False}, {})


def test_a_rollout_decides_whether_a_rule_speaks() -> None:
    """Outside it a rule says nothing; if it goes by a value that moves, that is open."""
    book = loose([one_rule("R-1", OVER_5, rollout=Rollout(100, "s"))])
    bounds: dict[str, Bound] = {"x": Range(6, 9)}
    assert Tiers() == reached(book, {}, bounds)
    assert both("review") == reached(book, {"s": "a"}, bounds)
    open_ = reached(book, {"s": "a"}, {**bounds, "s": Choice(("a", "b"))})
    assert Tiers(frozenset(), frozenset({"review"})) == open_


def test_only_rules_that_move_make_points_a_range() -> None:
    """Otherwise the points are what they are."""
    still = _with_points(one_rule("R-1", Named("f", "flag")), 7)
    moving = _with_points(one_rule("R-2", OVER_5), 5)
    bounds = {"x": Range(1, 9)}
    assert Range(7, 7) == BookReach(loose([], [still])).points({"f": True}, bounds, 0, 7)
    both_ = BookReach(loose([], [still, moving]))
    assert Range(7, 10) == both_.points({"f": True}, bounds, 0, 7)


@given(books(max_rules=8), st.integers(0, 2**32))
def test_no_verdict_within_bounds_leaves_the_reach_of_the_book(book: Book, seed: int) -> None:
    """Every tier that speaks was possible, every sure one speaks; points lie in their range."""
    dice = Random(seed)
    rules = [
        msgspec.structs.replace(
            rule,
            tier=dice.choice(["block", "reject", "review", "allow"]),
            on_missing=dice.choice([None, "review", "block"]),
            rollout=dice.choice([None, None, Rollout(50, "s")]),
        )
        for rule in book.rules.values()
    ]
    points = [_with_points(rule, dice.choice([-7, 4, 9])) for rule in rules]
    moved = msgspec.structs.replace(
        loose(rules, points),
        words={name: Word(type=w.type, from_text=True) for name, w in WORDS.items()},
    )
    evaluator, adder, reach = Tree(moved), Tree(point_book(moved)), BookReach(moved)
    for values, at in payments(seed, 4):
        bounds = draw_bounds(dice)
        now = judge(moved, evaluator.match(values, at), values, 0)
        tiers = reach.reach(values, bounds, at, now)
        as_they_are = add_points(moved, adder.match(values, at), values).total
        most = reach.points(values, bounds, at, as_they_are)
        told = dict(reach.speakers(values, bounds, at))
        assert {*told} <= {rule.id for rule, _ in reach.possible(values, bounds, at)}
        for _ in range(4):
            drawn = {**values, **pick(dice, bounds)}
            verdict = judge(moved, evaluator.match(drawn, at), drawn, 0)
            spoken = {hit.tier for hit in verdict.hits} | ({verdict.tier} - {None})
            assert spoken <= tiers.possible | tiers.sure
            assert all(hit.tier in told[hit.rule] for hit in verdict.hits if hit.rule in told)
            if tiers.sure:
                assert verdict.tier is not None
            added = add_points(moved, adder.match(drawn, at), drawn)
            assert most.low <= added.total <= most.high


def _with_points(rule: Rule, points: int) -> PointRule:
    shared = {
        name: getattr(rule, name) for name in PointRule.__struct_fields__ if name != "points"
    }
    return PointRule(**shared, points=points)


@pytest.mark.parametrize(
    ("sign", "left", "right", "expected"),
    [
        ("+", (1, 2, False), (3, 5, True), (4.0, 7.0, True)),
        ("-", (1, 2, False), (3, 5, False), (-4.0, -1.0, False)),
        ("*", (-1, 2, False), (3, 5, False), (-5.0, 10.0, False)),
        ("/", (1, 2, False), (2, 4, False), (0.25, 1.0, False)),
        ("/", (1, 2, False), (-1, 1, False), ANYTHING),
        ("/", (1, 2, False), (0, 0, False), None),
        ("*", (1e308, 1e308, False), (10, 10, False), None),
        ("*", (1, 1e308, False), (10, 10, False), ANYTHING),
        ("+", (10**400, 10**400, False), (1, 1, False), None),
        ("+", None, (1, 1, False), None),
    ],
)
def test_arithmetic_keeps_ends_and_says_what_may_have_no_result(
    sign: str, left: Span, right: Span, expected: Span
) -> None:
    """Dividing by what may be nothing, and results that are not finite, may be unknown."""
    assert expected == calculated(sign, left, right)
