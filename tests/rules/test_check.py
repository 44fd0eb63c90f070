# ruff: noqa: E501 # a table is read across
"""What looks wrong in a book: rules against rules, tests, lists and velocities."""

from pathlib import Path

import pytest
from fakes.books import FRAME, WORDS, load, points_text, rule_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.check import Finding, findings
from rules.coverage import coverage
from rules.model import Place
from rules.region import region, within
from rules.tree import Tree

STRUCTURE = ("never-fires", "beaten", "same-ground", "contradicts", "overlaps")
ALLOW = "payee in @trusted and amount <= 50"


def structural(folder: Path, *rules: str) -> list[str]:
    """What the check says of rules against rules: `KIND RULE: cause`."""
    found = findings(load(folder, *rules))
    return [f"{one.kind} {one.about}: {one.cause}" for one in found if one.kind in STRUCTURE]


@pytest.mark.parametrize(
    "when",
    [
        "amount > 5 and amount < 5",
        "amount >= 5 and amount < 5",
        "amount < 0",
        "score > 100",
        "fresh and not fresh",
        "country == 'DE' and country == 'fr'",
        "country in ('DE', 'FR') and country not in ('de', 'fr', 'it')",
        "country == 'DE' and country != 'de'",
        "missing(amount) and amount > 5",
        "amount > mean and not amount > mean",
        "(amount > 5 and amount < 3) or (fresh and not fresh)",
        "not (amount <= 5 or amount >= 5)",
        "5 > amount and amount > $p",
        "country in @blocked and country not in @blocked",
        "country != 'DE' and country == 'de'",
        "amount > mean * $p and not amount > mean * 7",
    ],
)
def test_a_rule_that_can_never_fire_is_found(tmp_path: Path, when: str) -> None:
    """Its conditions exclude each other, or leave the range of the value."""
    params = {"params": "{p: 7}"} if "$p" in when else {}
    expected = "never-fires BIG: can never fire: its conditions exclude each other"
    assert [expected] == structural(tmp_path, rule_text(f'"{when}"', **params))


@pytest.mark.parametrize(
    "when",
    [
        "amount > 5 and amount < 5.01",
        "amount >= 5 and amount <= 5",
        "amount != 5 and amount == 5.5",
        "fresh or not fresh",
        "country not in ('DE') and country not in ('FR')",
        "missing(amount) or amount > 5",
        "not missing(amount) and amount > 5",
        "count in (1, 2) and count == 3",
        "amount > mean and amount < mean * 2",
    ],
)
def test_a_rule_that_may_fire_is_left_alone(tmp_path: Path, when: str) -> None:
    """What cannot be told is not told."""
    assert [] == structural(tmp_path, rule_text(f'"{when}"'))


def test_a_rollout_of_nothing_never_acts(tmp_path: Path) -> None:
    """Better say shadow."""
    rule = rule_text(rollout="{percent: 0, by: payee}")
    assert ["never-fires BIG: never acts: its rollout covers 0 %"] == structural(tmp_path, rule)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (rule_text("amount > 200 and fresh", name="A"), rule_text("amount > 100", name="B", tier="reject"),
         ["beaten A: is always beaten: B (reject) fires whenever it does"]),
        (rule_text("amount > 100", name="A"), rule_text("amount > 200", name="B", tier="reject"), []),
        (rule_text("amount > 200", name="A"), rule_text("amount > 100", name="B"),
         ["same-ground A: finds nothing that B (review) does not find"]),
        (rule_text("amount > 100", name="A"), rule_text("amount > 200", name="B"),
         ["same-ground B: finds nothing that A (review) does not find"]),
        (rule_text("country in ('DE')", name="A"), rule_text("country in ('DE', 'FR')", name="B"),
         ["same-ground A: finds nothing that B (review) does not find"]),
        (rule_text("0 <= amount < 200", name="A"), rule_text("100 < amount < 300", name="B"),
         ["overlaps A: overlaps with B (review)"]),
        (rule_text("amount < 100", name="A"), rule_text("amount > 200", name="B"), []),
        (rule_text(ALLOW, name="A", tier="allow"), rule_text("amount > 40", name="B"),
         ["contradicts A: lets payments pass that B (review) would stop"]),
        (rule_text(ALLOW, name="A", tier="allow"), rule_text("amount > 50", name="B"), []),
        (rule_text(ALLOW, name="A", tier="allow"), rule_text("fresh", name="B"), []),
        (rule_text(ALLOW, name="A", tier="allow"), rule_text("amount > 40", name="B", tier="block"), []),
        (rule_text("amount > 200", name="A"), rule_text("amount > 100", name="B", mode="shadow"), []),
        (rule_text("amount > 200", name="A"), rule_text("amount > 100", name="B", rollout="{percent: 9, by: payee}"),
         ["overlaps A: overlaps with B (review)"]),
        (rule_text("amount > 200", name="A"), rule_text("amount > 100", name="B", effective="{from: 2026-01-01T00:00:00Z}"),
         ["overlaps A: overlaps with B (review)"]),
    ],
)  # fmt: skip
def test_rules_are_held_against_each_other(
    tmp_path: Path, one: str, other: str, expected: list[str]
) -> None:
    """Always beaten, the same ground, a contradiction, an overlap; whatever the order."""
    assert expected == structural(tmp_path, one, other)
    assert expected == structural(tmp_path, other, one)


def test_too_many_cases_are_not_told(tmp_path: Path) -> None:
    """Whatever grows beyond 64 cases is left alone."""
    pairs = " and ".join(f"(amount > {n} or count > {n})" for n in range(8))
    book = load(tmp_path, rule_text(pairs), rule_text(f"not not ({pairs})", name="B"))
    assert [None, None] == [region(rule, book.words) for rule in book.rules.values()]
    nested = load(tmp_path, rule_text(f"fresh or ({pairs})"))
    assert region(nested.rules["BIG"], nested.words) is None


CONDITIONS = ["amount > 5", "amount <= 7", "fresh", "country == 'DE'", "country != 'FR'"]
CONDITIONS += ["country in ('DE', 'IT')", "missing(amount)", "amount > mean", "amount == 6"]
pieces = st.recursive(
    st.sampled_from(CONDITIONS),
    lambda inner: (
        st.builds(lambda x: f"not ({x})", inner)
        | st.builds(lambda x, y: f"({x}) and ({y})", inner, inner)
        | st.builds(lambda x, y: f"({x}) or ({y})", inner, inner)
    ),
    max_leaves=5,
)
known = st.fixed_dictionaries(
    {},
    optional={
        "amount": st.sampled_from([4, 5, 6, 7, 8]),
        "mean": st.just(6),
        "fresh": st.booleans(),
        "country": st.sampled_from(["DE", "FR", "IT", "PL"]),
    },
)


@given(pieces, pieces, st.lists(known, min_size=20, max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_what_is_told_of_regions_is_right(
    tmp_path: Path, one: str, other: str, payments: list[dict[str, object]]
) -> None:
    """An empty region never fires; a region within another fires only together with it."""
    book = load(tmp_path, rule_text(f'"{one}"', name="A"), rule_text(f'"{other}"', name="B"))
    a, b = (region(rule, book.words) for rule in book.rules.values())
    hits = [Tree(book).match(payment, 0).hits for payment in payments]  # type: ignore[arg-type]
    if a == ():
        assert not any("A" in hit for hit in hits)
    if a is not None and b is not None and within(a, b):
        assert all("B" in hit for hit in hits if "A" in hit)


TESTED = "[{given: {amount: 100.5, fresh: true}, expect: hit}, {given: {amount: 100, fresh: true}, expect: miss}]"


def test_tests_are_counted_by_rule_and_condition(tmp_path: Path) -> None:
    """A condition that no test saw false, a threshold without a test on each side, no tests."""
    book = load(
        tmp_path,
        rule_text("amount > 100 and fresh", tests=TESTED),
        rule_text("amount > 500", name="FAR", tests=TESTED.replace("100.5", "900")),
        rule_text("amount > 100 or known", name="ONE", tests=TESTED),
        rule_text("fresh", name="NONE"),
        rule_text("known", name="ASLEEP", mode="off"),
    )
    tests = [one for one in findings(book) if one.kind not in (*STRUCTURE, "unused")]
    assert [
        ("uncovered", "BIG", "no test sees `fresh` false"),
        ("threshold-untested", "FAR", "no test stands close to each side of `amount > 500`"),
        ("uncovered", "ONE", "no test sees `known` true"),
        ("untested", "NONE", "is live and has no test that is a hit"),
        ("untested", "NONE", "is live and has no test that is a miss"),
    ] == [(one.kind, one.about, one.cause) for one in tests]
    covered = {one.rule.id: one.is_covered for one in coverage(book)}
    assert {"ASLEEP": False, "BIG": False, "FAR": True, "NONE": False, "ONE": False} == covered


def test_thresholds_are_looked_at_on_both_sides_of_their_form(tmp_path: Path) -> None:
    """Turned around, with a parameter; not those of expressions."""
    tests = "[{given: {amount: 5, count: 2}, expect: hit}, {given: {amount: 4.99, count: 2}, expect: miss}]"
    book = load(
        tmp_path,
        rule_text("5 <= amount", name="TURNED", tests=tests),
        rule_text("amount >= $p", name="PARAM", params="{p: 5}", tests=tests),
        rule_text("amount >= 5 * ratio - 5", name="MADE", tests=tests),
        rule_text("2 * amount >= 10", name="LEFT", tests=tests),
        rule_text("amount >= ratio", name="BOTH", tests=tests),
    )
    sides = {one.rule.id: one.conditions[0].sides for one in coverage(book)}
    both = frozenset((True, False))
    assert {"TURNED": both, "PARAM": both, "MADE": None, "LEFT": None, "BOTH": None} == sides


def test_lists_and_velocities_without_use_are_found(tmp_path: Path) -> None:
    """At their own line. A velocity that the scorer or another one reads is used; one that costs too much is told."""
    velocities = (
        "velocities:\n"
        "  unread: {fn: count, by: payer, window: 1h}\n"
        "  scored: {fn: count, by: payer, window: 1h, where: inner > 1}\n"
        "  inner: {fn: count, by: payer, window: 2h}\n"
        "  dear: {fn: sum, of: amount, by: merchant, window: 180d}\n"
    )
    rule = rule_text("country in @blocked and dear > 5")
    book = load(tmp_path, rule, files={"book.yaml": FRAME + velocities})
    found = [one for one in findings(book, ("scored",)) if one.kind in ("unused", "costly")]
    assert [
        Finding("unused", "@watched", Place("book.yaml", 9), "no rule asks this list"),
        Finding("unused", "@trusted", Place("book.yaml", 10), "no rule asks this list"),
        Finding("unused", "unread", Place("book.yaml", 12), "no rule, no scorer and no other velocity reads it"),
        Finding("costly", "dear", Place("book.yaml", 15), "a busy entity would take 562 KiB, 64 at most"),
    ] == found  # fmt: skip
    assert "book.yaml:9: @watched: no rule asks this list [unused]" == str(found[0])
    assert set(WORDS) < set(book.words)


def test_what_a_sequence_asks_is_used(tmp_path: Path) -> None:
    """Lists and velocities of its steps, also of earlier ones."""
    velocities = "velocities:\n  n: {fn: count, by: payer, window: 1h}\n"
    steps = (
        "sequence: {by: payee, within: 10m, steps: [{as: one, when: country in @blocked}, "
        "{as: two, when: one.n > 5 and country in @watched and payee in @trusted}]}"
    )
    rule = rule_text().replace("when: amount > 100", steps)
    book = load(tmp_path, rule, files={"book.yaml": FRAME + velocities})
    assert [] == [one for one in findings(book) if one.kind == "unused"]


def test_what_a_rollout_and_points_cannot_do_is_told(tmp_path: Path) -> None:
    """A rollout in shadow, a share for a percentage, and points above the limit of all rules."""
    book = load(
        tmp_path,
        rule_text(name="SHADOW", mode="shadow", rollout="{percent: 20, by: payee}"),
        rule_text(name="FIFTH", rollout="{percent: 0.2, by: payee}"),
        rule_text(name="ONE", rollout="{percent: 1, by: payee}"),
        rule_text(name="ASLEEP", mode="off", rollout="{percent: 20, by: payee}"),
        points_text("-31", name="MUCH"),
        points_text("30", name="FITS"),
    )
    told = [str(one) for one in findings(book) if one.kind in ("no-effect", "percent")]
    assert [
        "a.rules.yaml:2: SHADOW: its rollout does nothing: rollout works on live rules only; a "
        "rule in shadow is recorded for every payment [no-effect]",
        "a.rules.yaml:11: FIFTH: percent: 0.2 means 0.2 %; for 20 % write 20 [percent]",
        "a.rules.yaml:36: MUCH: its -31 points are cut: all rules together move the score by 30 "
        "at most (score: rules in book.yaml) [no-effect]",
    ] == told


def test_names_and_codes_that_stand_for_two_things_are_told(tmp_path: Path) -> None:
    """Two tests of one rule under one name, two reasons under one code; equal ones may be."""
    tests = "[{name: at, given: {amount: 101}, expect: hit}, {name: at, given: {}, expect: unknown}]"
    bare = "[{given: {amount: 101}, expect: hit}, {given: {amount: 102}, expect: hit}]"
    book = load(
        tmp_path,
        rule_text(name="A", tests=tests),
        rule_text(name="B", tests=bare),
        rule_text(name="C", reason='{code: R1, text: "another one"}'),
        rule_text(
            name="D",
            reason='{code: R2, text: "another one"}',
            tests=tests.replace("at,", "over,", 1),
        ),
    )
    told = [str(one) for one in findings(book) if one.kind in ("same-name", "same-code")]
    assert [
        "a.rules.yaml:9: A: a test in line 9 is named 'at' too [same-name]",
        "a.rules.yaml:18: C: its reason R1 is another one in A [same-code]",
    ] == told
