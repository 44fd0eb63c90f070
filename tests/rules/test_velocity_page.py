# ruff: noqa: E501 # a table is read across
"""Velocities of a book: read, typed over the payment's own fields, every mistake told."""

from pathlib import Path

import pytest
from fakes.books import FRAME, causes, load, rule_text
from hypothesis import given
from hypothesis import strategies as st

from rules.logic import Compiler
from rules.velocity import DAY, Velocity, duration, said
from rules.velocity_cost import above_budget, estimate
from rules.vocabulary import Word

BARE = rule_text()


def frame(*lines: str) -> str:
    """A book.yaml with these velocities."""
    return FRAME + "velocities:\n" + "".join(f"  {line}\n" for line in lines)


def test_a_velocity_is_read_whole(tmp_path: Path) -> None:
    """And its name is a word that rules read."""
    text = frame(
        "spent: {fn: sum, of: amount, by: payer, window: 24h, where: fresh and amount > 5}",
        "q9: {fn: percentile, q: 0.9, of: amount, by: [payer, payee], window: 90m, newest: 50, at_least: 3, include_current: false}",
        "odd: {fn: ratio_to, to: median, plus: 1.5, of: amount, by: device, window: 180d}",
        "bad: {fn: label_rate, by: merchant, window: 30d, delay: 7d, label: fraud}",
        "age: {fn: since_first, by: ip, window: 1m, unit: days, meaning: how old}",
        "new: {fn: is_new, of: [payee, country], by: account, window: 2d}",
        "last_country: {fn: last, of: country, by: payer, window: 1d}",
        "count1: {fn: count, by: payer, window: 1h}",
    )
    rules = rule_text("spent > 5 and new and last_country == 'DE' and bad > 0.5")
    book = load(tmp_path, rules, files={"book.yaml": text})
    spent = book.velocities["spent"]
    assert ("sum", ("payer",), DAY, ("amount",)) == (spent.fn, spent.by, spent.window, spent.of)
    assert "sum of amount by payer in 24h where fresh and amount > 5" == said(spent)
    assert spent.where is not None
    test = Compiler({}, {}).test(spent.where)
    assert [True, False, None] == [
        test(values, 0)
        for values in (
            {"fresh": True, "amount": 6},
            {"fresh": True, "amount": 5},
            {"amount": 6},
        )
    ]
    words = book.words
    assert Word(type="number", meaning=said(spent), unit="base", low=0) == words["spent"]
    assert ("flag", None) == (words["new"].type, words["new"].unit)
    assert ("text", None) == (words["last_country"].type, words["last_country"].low)
    assert ("days", "how old", 0) == (words["age"].unit, words["age"].meaning, words["age"].low)
    assert ("share", 1) == (words["bad"].unit, words["bad"].high)
    assert (None, None) == (words["odd"].unit, words["odd"].low)
    q9 = book.velocities["q9"]
    assert (0.9, 50, 3, False) == (q9.q, q9.newest, q9.at_least, q9.include_current)
    assert 12 == book.velocities["age"].line - book.velocities["spent"].line + 8


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("x: {fn: cuont, by: payer, window: 1h}", "12:11: fn cannot be 'cuont'"),
        ("x: {fn: count, by: pyaer, window: 1h}", "12:22: by cannot be 'pyaer'"),
        ("x: {fn: count, by: [payer, payee, ip], window: 1h}", "12:22: by is one entity or a pair of two"),
        ("x: {fn: count, by: [payer, payer], window: 1h}", "12:22: a pair is of two different entities"),
        ("x: {fn: count, by: payer, window: 59s}", "12:37: window is 1m to 180d"),
        ("x: {fn: count, by: payer, window: 181d}", "12:37: window is 1m to 180d"),
        ("x: {fn: count, by: payer, window: [1h]}", "12:37: window is 1m to 180d"),
        ("x: {fn: sum, by: payer, window: 1h}", "12:6: sum needs of: one number"),
        ("x: {fn: sum, of: country, by: payer, window: 1h}", "12:20: sum needs a number; country is text"),
        ("x: {fn: sum, of: amuont, by: payer, window: 1h}", "12:20: unknown value 'amuont'"),
        ("x: {fn: sum, of: mean, by: payer, window: 1h}", "12:20: 'mean' is no field of a payment"),
        ("x: {fn: sum, of: 010, by: payer, window: 1h}", "12:20: of must be text; YAML reads a bare 010 as an octal number"),
        ("x: {fn: distinct, by: payer, window: 1h}", "12:6: distinct needs of: the value that is looked at"),
        ("x: {fn: count, of: amount, by: payer, window: 1h}", "12:22: count looks at no value: leave of out"),
        ("x: {fn: count, by: payer, window: 1h, where: maen > 5}", "12:48: unknown value 'maen'"),
        ("x: {fn: count, by: payer, window: 1h, where: mean > 5 and count > amount}", "12:69: payments and base cannot be compared or added"),
        ("x: {fn: count, by: payer, window: 1h, where: text.urgent}", "12:48: where cannot read text.urgent: what a memo says is read after the past"),
        ("x: {fn: count, by: payer, window: 1h, where: fresh and score > 5}", "12:58: where cannot read score: it is made after the velocities"),
        ("x: {fn: count, by: payer, window: 1h, where: sequence.BIG}", "12:48: where cannot read sequence.BIG: sequences are looked for after the past is known"),
        ("x: {fn: count, by: payer, window: 1h, where: x > 5}", "12:48: a velocity cannot wait for itself: x -> x"),
        ("x: {fn: count, by: payer, window: 1h, where: hour(at) < 5}", "12:48: where has no at: it is asked once, when the payment passes"),
        ("x: {fn: count, by: payer, window: 1h, q: 0.5}", "12:44: q belongs to percentile only"),
        ("x: {fn: count, by: payer, window: 1h, to: mean}", "12:45: to belongs to ratio_to only"),
        ("x: {fn: count, by: payer, window: 1h, plus: 1}", "12:47: plus belongs to ratio_to, z_mean and z_median only"),
        ("x: {fn: count, by: payer, window: 1h, unit: days}", "12:47: unit belongs to since_first, since_last and run_age only"),
        ("x: {fn: distinct, of: country, by: payer, window: 1h, delay: 1d}", "12:64: delay belongs to velocities over labels only"),
        ("x: {fn: count, by: payer, window: 1h, label: fraud}", "12:48: label belongs to velocities with delay only"),
        ("x: {fn: last, of: country, by: payer, window: 1h, include_current: true}", "12:70: include_current belongs to functions that can look at the payment only"),
        ("x: {fn: label_rate, by: payer, window: 1h}", "12:11: label_rate needs delay: how old the payments must be"),
        ("x: {fn: count, by: payer, window: 1h, delay: 1d, include_current: true}", "12:69: a labelled velocity never sees the payment at hand"),
        ("x: {fn: run_length, by: payer, window: 1h}", "12:11: run_length needs where, or labels by delay"),
        ("x: {fn: percentile, of: amount, q: 1, by: payer, window: 1h}", "12:38: q must lie between 0 and 1"),
        ("x: {fn: is_new, of: payee, newest: 5, by: payer, window: 1h}", "12:38: newest belongs to functions of the payments in a window only"),
        ("amount: {fn: count, by: payer, window: 1h}", "12:3: there is a value 'amount' already"),
        ("X: {fn: count, by: payer, window: 1h}", "12:3: velocity 'X' does not look like sent_app_24h"),
        ("x: {fn: count, by: payer}", "12:6: a velocity needs window"),
    ],
)  # fmt: skip
def test_a_wrong_velocity_is_told(tmp_path: Path, given_: str, expected: str) -> None:
    """The place and the cause."""
    assert f"book.yaml:{expected}" in causes(tmp_path, BARE, files={"book.yaml": frame(given_)})


def test_a_condition_reads_what_was_known_when_the_payment_passed(tmp_path: Path) -> None:
    """Its past and other velocities, wherever they are declared, each with its type and unit."""
    text = frame(
        "bursts: {fn: count, by: payer, window: 7d, where: sent > 3 * mean and abroad == 'de'}",
        "sent: {fn: sum, of: amount, by: payer, window: 1h, where: known}",
        "abroad: {fn: last, of: country, by: payer, window: 1d}",
        "usual: {fn: mean, of: amount, by: payer, window: 7d, include_current: false, where: amount < 3 * usual or missing(usual)}",
    )
    book = load(tmp_path, rule_text("bursts > 2"), files={"book.yaml": text})
    where = book.velocities["bursts"].where_text
    assert "sent > 3 * mean and abroad == 'de'" == where
    assert f"count by payer in 7d where {where}" == book.words["bursts"].meaning
    wrong = frame(
        "x: {fn: count, by: payer, window: 1h, where: amount > y}",
        "y: {fn: count, by: payer, window: 1h, where: new > 5}",
        "new: {fn: is_new, of: payee, by: payer, window: 1d}",
    )
    assert [
        "book.yaml:12:57: base and payments cannot be compared or added",
        "book.yaml:13:54: a flag (true or false) cannot be compared with a number",
    ] == causes(tmp_path, BARE, files={"book.yaml": wrong})


def test_velocities_that_wait_for_one_another_are_told_by_name(tmp_path: Path) -> None:
    """Once, at the condition of one of them; one that only reads the ring is not in it."""
    text = frame(
        "a: {fn: count, by: payer, window: 1h, where: b > 1}",
        "b: {fn: count, by: payee, window: 1h, where: c > 1}",
        "c: {fn: count, by: ip, window: 1h, where: b > 2}",
    )
    expected = "book.yaml:13:48: a velocity cannot wait for itself: b -> c -> b"
    assert [expected] == causes(tmp_path, BARE, files={"book.yaml": text})


def test_a_chain_of_velocities_is_short(tmp_path: Path) -> None:
    """Each link is one step more for every payment."""
    links = [
        f"v{n}: {{fn: count, by: payer, window: 1h, where: v{n - 1} > 1}}" for n in range(1, 10)
    ]
    text = frame("v0: {fn: count, by: payer, window: 1h}", *links)
    expected = "book.yaml:21:49: more than 8 velocities stand behind v9 in a chain"
    assert [expected] == causes(tmp_path, BARE, files={"book.yaml": text})


def test_a_book_has_a_bounded_number_of_velocities(tmp_path: Path) -> None:
    """Each costs memory for every payer."""
    many = [f"v{n}: {{fn: count, by: payer, window: 1h}}" for n in range(201)]
    expected = "book.yaml:12:3: 201 velocities; a book has at most 200"
    assert [expected] == causes(tmp_path, BARE, files={"book.yaml": frame(*many)})


@given(st.integers(1, 180 * 1440))
def test_a_duration_is_written_shortest_and_exact(minutes: int) -> None:
    """Minutes, hours or days, as they are read."""
    text = duration(minutes * 60_000_000)
    size = {"m": 1, "h": 60, "d": 1440}[text[-1]]
    assert minutes == int(text[:-1]) * size


def test_a_duration_below_a_minute_is_in_seconds() -> None:
    """No window is that short, a delay of a test may be."""
    assert "1.5s" == duration(1_500_000)


def test_cost_grows_with_the_window_and_is_bounded() -> None:
    """Months of a busy shop are above the budget, an hour is not; a point in time costs none."""
    hour = Velocity(name="v", fn="distinct", of=("payee",), by=("merchant",), window=DAY // 24)
    season = Velocity(name="v", fn="sum", of=("amount",), by=("merchant",), window=180 * DAY)
    median = Velocity(name="v", fn="median", of=("amount",), by=("ip",), window=90 * DAY)
    since = Velocity(name="v", fn="since_first", by=("merchant",), window=180 * DAY)
    pair = Velocity(name="v", fn="count", by=("merchant", "payer"), window=180 * DAY)
    assert "" == above_budget(hour) == above_budget(since) == above_budget(pair)
    assert "a busy entity would take 562 KiB, 64 at most" == above_budget(season)
    assert "a payment of a busy entity would take 162 us, 100 at most" == above_budget(median)
    assert estimate(hour).payments < estimate(season).payments
