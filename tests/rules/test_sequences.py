# ruff: noqa: E501 # a table is read across
"""Sequences of events equal a plain search over all of the past; what is kept is bounded."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from fakes.bare_books import book_of, one_rule
from fakes.books import causes, load
from hypothesis import given
from hypothesis import strategies as st

from rules.condition import And, Arithmetic, Compare, Constant, Named, Node, Or
from rules.examples import failures
from rules.logic import compile_rule
from rules.model import Book, Sequence, Step, Truth
from rules.native import Native
from rules.sequences import Sequences
from rules.verdict import Hit, judge
from rules.vocabulary import Scalar

WITHIN = 10
X, F, G = Named("x", "number"), Named("f", "flag"), Named("g", "flag")


def times(name: str, factor: int) -> Node:
    """X is at least so many times the x of an earlier step."""
    earlier = Arithmetic("*", Constant(factor), Named(name, "number"))
    return Compare(">=", X, earlier, "number")


def sequence(*conditions: Node) -> Sequence:
    """Steps a, b, c ... of one s within the window."""
    steps = [Step(name, condition) for name, condition in zip("abc", conditions, strict=False)]
    return Sequence("s", WITHIN, tuple(steps))


SEQUENCES = {
    "two": sequence(F, G),
    "same": sequence(F, F),
    "grows": sequence(F, times("a.x", 2)),
    "three": sequence(F, Or((G, times("a.x", 1))), And((F, times("b.x", 1), times("a.x", 2)))),
}


def make_book(name: str, *shows: str) -> Book:
    """A book of one rule with a sequence."""
    flag = Named("sequence.R", "flag")
    return book_of([one_rule("R", flag, sequence=SEQUENCES[name], shows=frozenset(shows))])


Event = tuple[dict[str, Scalar], int]


def plain(book: Book, events: list[Event]) -> Iterator[Truth]:
    """The meaning: try all earlier events of the key in their order, for each event."""
    rule = book.rules["R"]
    found = rule.sequence
    assert found is not None
    tests = [compile_rule(one_rule("T", step.condition), book) for step in found.steps]
    for place, (values, at) in enumerate(events):
        past = [
            event
            for event in events[:place]
            if event[0].get("s") == values.get("s")
            and any(test(*event) is not False for test in tests[:-1])
        ]
        horizon = max([at, *[when for _, when in past]]) - found.within
        past = [event for event in past if event[1] >= horizon]
        truths = [
            _truth(found, tests, [*chosen, (values, at)])
            for chosen in combinations(past, len(tests) - 1)
        ]
        if "s" not in values:
            yield None
        elif at < horizon or tests[-1](values, at) is False:
            yield False
        else:
            yield True if True in truths else None if None in truths else False


def _truth(found: Sequence, tests: list, chosen: list[Event]) -> Truth:
    bound: dict[str, Scalar] = {}
    truths = []
    for step, test, (values, at) in zip(found.steps, tests, chosen, strict=True):
        truths.append(test({**values, **bound}, at))
        bound |= {f"{step.name}.{name}": value for name, value in values.items()}
    return False if False in truths else None if None in truths else True


def stream(keys: int) -> st.SearchStrategy[list[Event]]:
    """Events of a few keys; times mostly rise, meet often, and sometimes jump or fall."""
    values = st.fixed_dictionaries(
        {},
        optional={
            "x": st.integers(0, 4),
            "f": st.booleans(),
            "g": st.booleans(),
            "s": st.sampled_from([f"k{n}" for n in range(keys)]),
        },
    )
    steps = st.sampled_from([0, 0, 1, 1, 2, 5, 11, -3, -12])
    pairs = st.lists(st.tuples(values, steps), max_size=25)
    return pairs.map(_timed)


def _timed(pairs: list[tuple[dict[str, Scalar], int]]) -> list[Event]:
    at, events = 100, []
    for values, step in pairs:
        at += step
        events.append((values, at))
    return events


@pytest.mark.parametrize("name", SEQUENCES)
@given(events=stream(2))
def test_a_sequence_equals_a_plain_search(name: str, events: list[Event]) -> None:
    """True, false and unknown, for all streams: late events and equal times too."""
    book = make_book(name)
    sequences = Sequences(book, per_key=100)
    found = [sequences.observe(*event).get("sequence.R") for event in events]
    assert list(plain(book, events)) == found
    assert 0 == sequences.dropped


@pytest.mark.parametrize("name", SEQUENCES)
@given(events=stream(3), per_key=st.integers(1, 4), in_all=st.integers(1, 6))
def test_a_bound_makes_unknown_and_never_wrong(
    name: str, events: list[Event], per_key: int, in_all: int
) -> None:
    """Whatever had to be dropped: what is still said is what is so."""
    book = make_book(name)
    sequences = Sequences(book, per_key, in_all)
    for event, truth in zip(events, plain(book, events), strict=True):
        assert sequences.observe(*event).get("sequence.R") in (None, truth)
        assert sequences.kept <= in_all


def test_the_values_of_the_steps_are_told() -> None:
    """Those that the reason shows, of the first events that complete the sequence."""
    sequences = Sequences(make_book("grows", "sequence.R.a.x", "sequence.R.a.t"))
    sequences.observe({"s": "k", "f": True, "x": 3, "t": "no"}, 0)
    sequences.observe({"s": "k", "f": True, "x": 1, "t": "yes"}, 0)
    found = sequences.observe({"s": "k", "x": 2}, 0)
    told = {"sequence.R.a.x": 1, "sequence.R.a.t": "yes", "sequence.R.a.f": True}
    assert {"sequence.R": True, **told} == found


def test_recalling_changes_nothing() -> None:
    """An event that is only asked about is no past of a later one."""
    sequences = Sequences(make_book("two"))
    sequences.recall({"s": "k", "f": True}, 0)
    assert {"sequence.R": False} == sequences.observe({"s": "k", "f": False, "g": True}, 0)
    assert 0 == sequences.kept


def test_many_events_of_one_key_are_counted_as_dropped() -> None:
    """The newest are kept; their number is visible."""
    sequences = Sequences(make_book("same"), per_key=20)
    for at in range(50):
        sequences.observe({"s": "k", "f": True}, at // 50)
    assert (20, 30) == (sequences.kept, sequences.dropped)


def test_a_rule_that_is_off_is_not_watched() -> None:
    """Nothing is kept for it."""
    book = book_of([one_rule("R", F, sequence=SEQUENCES["two"], mode="off")])
    assert {} == Sequences(book).observe({"s": "k", "f": True}, 0)


SPREE = """\
  - id: DECLINED-THEN-SPENT
    title: Two declines, then a large payment
    owner: us
    severity: high
    tier: review
    params: {times: 5}
    sequence:
      by: payee
      within: 10m
      steps:
        - {as: one, when: known}
        - {as: two, when: {all: [known, amount >= one.amount]}}
        - {as: spend, when: not known and amount > $times * one.amount}
    unless: country in @trusted
    reason: {code: R9, text: "Declined {one.amount:.2f} and {two.amount:.2f}, then {amount:.2f}"}
    tests:
      - {given: {sequence.DECLINED-THEN-SPENT: true, country: DE}, expect: hit}
      - {given: {country: DE}, expect: unknown}
"""
RULE = "DECLINED-THEN-SPENT"


def test_a_sequence_in_a_rule_file_is_a_rule_like_others(tmp_path: Path) -> None:
    """Read, tested, watched, decided, and told with the values of its steps."""
    book = load(tmp_path, SPREE)
    assert [] == list(failures(book))
    sequences = Sequences(book)
    for amount in (10, 12):
        sequences.observe({"payee": "p", "known": True, "amount": amount}, 0)
    values: dict[str, Scalar] = {"payee": "p", "known": False, "amount": 51, "country": "DE"}
    values |= sequences.observe(values, 600_000_000)
    verdict = judge(book, Native(book).match(values, 0), values, 0)
    assert [Hit(RULE, "review")] == list(verdict.hits)
    assert "Declined 10.00 and 12.00, then 51.00" == verdict.reasons[0].text


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("by: payee", "by: amount", "9:11: by cannot be 'amount'"),
        ("10m", "10x", "10:15: within is a time of at most 30d"),
        ("10m", "31d", "10:15: within is a time of at most 30d"),
        ("as: two", "as: one", "13:16: two steps are named one"),
        ("as: spend", "as: text", "14:16: a step cannot be named text: values begin so"),
        ("one.amount]", "two.amount]", "13:51: unknown value 'two.amount'"),
        ("when: known}", "when: score > 5}", "12:27: unknown value 'score'"),
        ("not known", "missing(one.amount)", "14:29: missing(one.amount) asks for the past of another payment"),
        ("        - {as: one, when: known}\n        - {as: two, when: {all: [known, amount >= one.amount]}}\n", "", "12:9: a sequence has 2 to 4 steps"),
        ("    sequence:", "    when: known\n    sequence:", "8:5: a rule has no key 'when'"),
        ("tier: review", "tier: allow", "9:7: an allow rule may not be a sequence: one is easily staged"),
        ("{two.amount:.2f}", "{two.amuont:.2f}", "16:61: unknown value 'two.amuont'"),
        ("known, amount", "payee in @bloked, amount", "13:43: unknown list @bloked"),
    ],
)  # fmt: skip
def test_mistakes_in_a_sequence_are_told(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    """Each with its place and its cause."""
    assert old in SPREE
    assert f"a.rules.yaml:{expected}" in causes(tmp_path, SPREE.replace(old, new, 1))


def test_a_new_book_takes_over_what_was_kept(tmp_path: Path) -> None:
    """For an equal sequence; another one is unknown until its window has passed."""
    before = Sequences(make_book("two"))
    before.observe({"s": "k", "f": True}, 100)
    done: Event = ({"s": "k", "f": False, "g": True}, 101)
    same = Sequences(make_book("two"), before=before)
    assert same.observe(*done)["sequence.R"]
    other = Sequences(make_book("three"), before=before)
    late = {"s": "k", "f": True, "x": 4}
    assert [{}, {}, {"sequence.R": False}] == [other.recall(late, at) for at in (101, 110, 111)]


def test_an_event_asked_about_again_is_not_its_own_past() -> None:
    """A payment that is judged once more completes what it completed the first time."""
    sequences = Sequences(make_book("same"))
    event: Event = ({"s": "k", "f": True}, 0)
    first = sequences.observe(*event)
    assert ({"sequence.R": False}, first) == (first, sequences.recall(*event))


@pytest.mark.parametrize("name", SEQUENCES)
@given(stream(3), st.lists(st.integers(0, 25), max_size=3), st.integers(1, 6))
def test_sequences_that_were_stored_go_on_as_if_nothing_had_been(
    name: str, events: list[Event], cuts: list[int], in_all: int
) -> None:
    """Stored in pieces and restored at any point, also where something had to be dropped."""
    book, store = make_book(name), dict[str, bytes]()
    whole, parted = Sequences(book, 2, in_all), Sequences(book, 2, in_all)
    for place, event in enumerate(events):
        if place in cuts:
            for _, key, content in parted.changed():
                store[key] = content
                if not content:
                    del store[key]
            parted = Sequences(book, 2, in_all)
            rows = [("sequence", key, content) for key, content in store.items()]
            parted.load(rows, max(at for _, at in events[:place]) if place else -1000)
        assert whole.observe(*event) == parted.observe(*event)
        assert whole.kept == parted.kept


def test_what_another_book_stored_is_not_read_and_goes_away() -> None:
    """A sequence of which nothing is known says unknown until its window has passed."""
    old, new = Sequences(make_book("two")), Sequences(make_book("same"))
    assert old
    old.observe({"s": "k", "f": True}, 100)
    rows = list(old.changed())
    new.load(rows, 100)
    assert {row[1] for row in rows if row[1]} == {
        key for _, key, content in new.changed() if not content
    }
    assert {} == new.observe({"s": "k", "f": True}, 105)
    late = Sequences(make_book("same"))
    late.load(rows, 100)
    assert {"sequence.R": False} == late.observe({"s": "k", "f": True}, 111)


def test_a_book_without_sequences_stores_nothing() -> None:
    """Nor does it cost anything."""
    assert [] == list(Sequences(book_of([])).changed())
