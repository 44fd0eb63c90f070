# ruff: noqa: E501 # a table is read across
"""Why a rule holds or does not: truths, values, and how far a number is from its limit."""

from pathlib import Path

import pytest
from fakes.books import load, rule_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.explain import deciding, effect, explain_book, lines
from rules.model import Book, Dossier
from rules.trace import blockers, is_near, leaves, trace
from rules.tree import Tree

AT = 1_767_268_800_000_000


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """One condition of each kind in one rule."""
    when = "(amount >= 200 and fresh or not known) and country == 'DE' and hour(at) == 12"
    return load(tmp_path_factory.mktemp("book"), rule_text(f'"{when}"'))


values = st.fixed_dictionaries(
    {},
    optional={
        "amount": st.sampled_from([100, 199.5, 200]),
        "fresh": st.booleans(),
        "known": st.booleans(),
        "country": st.sampled_from(["DE", "FR"]),
    },
)


@given(values, st.sampled_from([AT, AT + 3_600_000_000]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_trace_is_as_true_as_its_rule(book: Book, known: dict[str, object], at: int) -> None:
    """And whoever blocks it is not true; a rule that holds has no blockers."""
    found = trace(book.rules["BIG"], book, known, at)  # type: ignore[arg-type]
    matches = Tree(book).match(known, at)  # type: ignore[arg-type]
    expected = True if matches.hits else None if matches.unknown else False
    assert expected is found.truth
    assert bool(blockers(found)) is not bool(found.truth)
    assert 5 == len(leaves(found))


@pytest.mark.parametrize(
    ("when", "given_", "note"),
    [
        ("amount >= 200", {"amount": 187.6}, "amount = 187.60; 12.40 short of the limit"),
        ("amount > 200", {"amount": 200}, "amount = 200; exactly at the limit, which does not count"),
        ("amount < 200", {"amount": 210}, "amount = 210; 10 over the limit"),
        ("200 <= amount", {"amount": 190}, "amount = 190; 10 short of the limit"),
        ("amount == 200", {"amount": 190}, "amount = 190; 10 away"),
        ("amount != 200", {"amount": 200}, "amount = 200"),
        ("amount > mean", {"amount": 5}, "amount = 5; mean = unknown"),
        ("amount > 3 * mean", {"amount": 5, "mean": 2}, "amount = 5; mean = 2; 1 short of the limit"),
        ("country == 'DE'", {"country": "FR"}, "country = FR"),
        ("hour(at) == 12", {}, ""),
    ],
)  # fmt: skip
def test_a_condition_is_told_with_its_values_and_distance(
    tmp_path: Path, when: str, given_: dict[str, object], note: str
) -> None:
    """As an analyst says it: 12.40 short of the limit."""
    loaded = load(tmp_path, rule_text(f'"{when}"'))
    (line,) = lines(trace(loaded.rules["BIG"], loaded, given_, AT))  # type: ignore[arg-type]
    assert (0, note) == (line.depth, line.note)


@pytest.mark.parametrize(
    ("given_", "near"),
    [
        ({"amount": 160, "fresh": True}, True),
        ({"amount": 140, "fresh": True}, False),
        ({"amount": 160, "fresh": False}, False),
        ({"amount": 300, "fresh": False}, False),
        ({"amount": 300}, True),
        ({"amount": 300, "fresh": True}, False),
    ],
)
def test_nearly_fired_is_one_number_close_to_its_limit_or_one_unknown(
    tmp_path: Path, given_: dict[str, object], near: bool
) -> None:
    """Within a quarter of the limit; a rule that holds is not near."""
    loaded = load(tmp_path, rule_text("amount >= 200 and fresh"))
    assert near is is_near(trace(loaded.rules["BIG"], loaded, given_, AT))  # type: ignore[arg-type]


def test_whole_numbers_are_near_within_one(tmp_path: Path) -> None:
    """Five of six payments is near; a share that is one off is not."""
    loaded = load(tmp_path, rule_text("count >= 2"), rule_text("ratio > 0.5", name="SHARE"))
    given_ = {"count": 1, "ratio": 0.1}
    assert [True, False] == [
        is_near(trace(rule, loaded, given_, AT)) for rule in loaded.rules.values()
    ]


def test_rules_are_explained_by_how_close_they_are(tmp_path: Path) -> None:
    """Fired, unknown, near, silent; with the part that each takes in the decision."""
    loaded = load(
        tmp_path,
        rule_text("amount > 100", name="FIRED"),
        rule_text("fresh", name="DARK"),
        rule_text("amount > 130", name="NEAR"),
        rule_text("amount > 1000", name="FAR"),
        rule_text("amount > 100", name="SHADOW", mode="shadow"),
        rule_text("amount > 100", name="ASLEEP", mode="off"),
        rule_text("amount > 100", name="PAST", effective="{until: 2020-01-01T00:00:00Z}"),
        rule_text("amount > 100", name="HELD", rollout="{percent: 0, by: payee}"),
    )
    found = explain_book(loaded, {"amount": 120, "payee": "p"}, AT)
    assert [
        ("FIRED", "fired", "live"),
        ("HELD", "fired", "control group of its rollout"),
        ("SHADOW", "fired", "shadow"),
        ("DARK", "unknown", "live"),
        ("NEAR", "near", "live"),
        ("ASLEEP", "silent", "off"),
        ("FAR", "silent", "live"),
        ("PAST", "silent", "not in effect then"),
    ] == [(one.rule.id, one.standing, one.part) for one in found]
    assert "review" == effect(found[0].rule)


def test_a_rule_with_points_is_explained_too(tmp_path: Path) -> None:
    """By what it adds; without values nobody can say how far it is."""
    loaded = load(
        tmp_path, rule_text("known", name="PLUS").replace("tier: review", "points: 7")
    )
    (one,) = explain_book(loaded, {}, AT)
    assert ("+7 points", "unknown") == (effect(one.rule), one.standing)
    assert "" == effect(Dossier(**{k: getattr(one.rule, k) for k in Dossier.__struct_fields__}))


def test_parts_stand_under_what_joins_them(book: Book) -> None:
    """all, any and not, each one level deeper."""
    found = trace(book.rules["BIG"], book, {}, AT)
    assert [
        (0, "all"),
        (1, "any"),
        (2, "all"),
        (3, "amount >= 200"),
        (3, "fresh"),
        (2, "not"),
        (3, "known"),
        (1, "country == 'de'"),
        (1, "hour(at) == 12"),
    ] == [(line.depth, line.text) for line in lines(found)]


def test_what_decides_is_what_keeps_a_rule_from_holding_or_all_that_makes_it(
    book: Book,
) -> None:
    """For a test that should have hit the one condition; for one that should have missed all."""
    rule = book.rules["BIG"]
    near = {"amount": 199.5, "fresh": True, "known": True, "country": "DE"}
    short = "amount >= 200", "amount = 199.50; 0.50 short of the limit"
    told = [deciding(book, rule, near, AT, wanted) for wanted in (True, None)]
    assert [[short], [short]] == [[(line.text, line.note) for line in some] for some in told]
    held = deciding(book, rule, {**near, "amount": 200}, AT, False)
    assert [(0, "all"), (1, "any"), (2, "all")] == [(line.depth, line.text) for line in held][
        :3
    ]


def test_a_sequence_is_explained_step_by_step(tmp_path: Path) -> None:
    """Completed with the values of all its steps; else by what its last step asks."""
    steps = (
        "sequence: {by: payee, within: 10m, steps: [{as: one, when: amount < 2 and fresh}, "
        "{as: two, when: amount > 9 * one.amount and country == 'DE'}]}"
    )
    loaded = load(tmp_path, rule_text().replace("when: amount > 100", steps))
    values = {"amount": 20, "country": "FR", "sequence.BIG": False}
    (missed,) = explain_book(loaded, values, AT)
    assert [
        (0, False, "two: all", ""),
        (1, None, "amount > 9 * one.amount", "amount = 20; one.amount = unknown"),
        (1, False, "country == 'de'", "country = FR"),
    ] == [(line.depth, line.truth, line.text, line.note) for line in missed.steps]
    earlier = {"sequence.BIG.one.amount": 1.5, "sequence.BIG.one.fresh": True}
    told = {"amount": 20, "country": "DE", "sequence.BIG": True, **earlier}
    (found,) = explain_book(loaded, told, AT)
    assert [
        ("one: amount < 2 and fresh", "one.amount = 1.50; one.fresh = yes"),
        ("two: all", ""),
        ("amount > 9 * one.amount", "amount = 20; one.amount = 1.50"),
        ("country == 'de'", "country = DE"),
    ] == [(line.text, line.note) for line in found.steps]
    assert [True] * 4 == [line.truth for line in found.steps]
