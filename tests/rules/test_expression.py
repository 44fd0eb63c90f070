# ruff: noqa: E501 # a table is read across
"""Expressions: what they mean, and what is refused with its place."""

from pathlib import Path

import pytest
from fakes.books import WORDS, causes, load, rule_text
from hypothesis import given
from hypothesis import strategies as st

from rules.condition import names
from rules.expression import read_expression
from rules.operand import Scope
from rules.tree import Matches, Tree

NOON = 1_767_268_800_000_000  # 2026-01-01T12:00:00Z, a Thursday


def truth(
    folder: Path, when: str, at: int = NOON, params: str = "", **values: object
) -> object:
    """What a rule with this condition is: True, False or None."""
    more = {"params": params} if params else {}
    values = {name.replace("text_", "text."): value for name, value in values.items()}
    found = Tree(load(folder, rule_text(f'"{when}"', **more))).match(values, at)  # type: ignore[arg-type]
    return {Matches(("BIG",)): True, Matches((), ("BIG",)): None, Matches(): False}[found]


@pytest.mark.parametrize(
    ("when", "values", "expected"),
    [
        ("amount > 100", {"amount": 100}, False),
        ("amount > 100", {"amount": 100.01}, True),
        ("amount > 100", {}, None),
        ("amount > 100", {"amount": "200"}, None),
        ("amount > 100", {"amount": True}, None),
        ("amount > 100", {"amount": float("nan")}, None),
        ("amount > 100", {"amount": float("inf")}, None),
        ("100 < amount", {"amount": 101}, True),
        ("amount > mean", {"amount": 5}, None),
        ("amount > mean", {"mean": 5}, None),
        ("amount > -1", {"amount": 0}, True),
        ("amount > -mean", {"amount": 0, "mean": 1}, True),
        ("0.2 <= ratio < 0.5", {"ratio": 0.2}, True),
        ("0.2 <= ratio < 0.5", {"ratio": 0.5}, False),
        ("amount + mean * 2 - 1 == 8", {"amount": 5, "mean": 2}, True),
        ("(amount + mean) * 2 == 14", {"amount": 5, "mean": 2}, True),
        ("amount / mean > 2", {"amount": 5, "mean": 2}, True),
        ("amount / mean > 2", {"amount": 5, "mean": 0}, None),
        ("amount / 2 > mean", {"amount": 5, "mean": 2}, True),
        ("2 * amount > mean", {"amount": 5, "mean": 2}, True),
        ("amount * amount > 0", {"amount": 1e300}, None),
        ("amount + 1 > 0", {"amount": 10**400}, None),
        ("country == 'de'", {"country": "DE "}, True),
        ("country != 'DE'", {"country": "\uff24\uff25"}, False),
        ("country == payee", {"country": "x", "payee": "X"}, True),
        ("country == 'DE'", {"country": 5}, None),
        ("country in ('DE', 'FR')", {"country": "fr"}, True),
        ("country not in ('DE', 'FR')", {"country": "fr"}, False),
        ("country not in ('DE', 'FR')", {}, None),
        ("count in (1, 2)", {"count": 3}, False),
        ("country in @blocked", {"country": "kp"}, True),
        ("country in @blocked", {"country": "DE"}, False),
        ("country in @blocked", {}, None),
        ("payee in @watched", {"payee": "STRASSE"}, True),
        ("payee in @trusted", {"payee": "Ann"}, True),
        ("payee in @trusted", {"payee": "ann"}, False),
        ("contains_any(payee, @watched)", {"payee": "Lange Strasse 5"}, True),
        ("contains_any(payee, @watched)", {"payee": "Weg"}, False),
        ("contains_any(payee, @watched)", {}, None),
        ("starts_with(payee, 'AN')", {"payee": "ann"}, True),
        ("starts_with(payee, 'AN')", {}, None),
        ("starts_with(payee, 'at')", {"payee": "Attila"}, True),
        ("missing(amount)", {}, True),
        ("missing(amount)", {"amount": 1}, False),
        ("missing(amount)", {"amount": "1"}, True),
        ("missing(country) or missing(fresh)", {"country": "x", "fresh": True}, False),
        ("abs(amount - mean) >= 3", {"amount": 1, "mean": 4}, True),
        ("max(amount, mean, 3) == 4", {"amount": 1, "mean": 4}, True),
        ("min(amount, mean) == 4", {"mean": 4}, None),
        ("fresh", {"fresh": False}, False),
        ("fresh", {"fresh": "true"}, None),
        ("fresh == known", {"fresh": True, "known": True}, True),
        ("fresh == false", {"fresh": False}, True),
        ("not fresh and not known", {"fresh": False, "known": False}, True),
        ("fresh or known", {"known": True}, True),
        ("fresh and known", {"known": True}, None),
        ("(fresh or known) and text.urgent", {"fresh": True, "text_urgent": True}, True),
        ("hour(at) == 12 and weekday(at) == 3", {}, True),
        ("age_days(since) == 1.5", {"since": "2025-12-31"}, True),
        ("age_days(since) > 1", {"since": "2025-12-31T12:00:00+00:00"}, False),
        ("age_days(since) > 1", {"since": "2025-12-31T12:00:00"}, None),
        ("age_days(since) > 1", {"since": "yesterday"}, None),
        ("age_days(since) > 1", {}, None),
        ("true or fresh", {}, True),
        ("fresh and false", {}, False),
    ],
)
def test_an_expression_means_what_it_says(
    tmp_path: Path, when: str, values: dict[str, object], expected: object
) -> None:
    """At the limit, just beside it, and with values that are absent or of another type."""
    assert expected == truth(tmp_path, when, **values)


def test_a_parameter_stands_for_its_value(tmp_path: Path) -> None:
    """Numbers and text; text is compared folded."""
    assert truth(tmp_path, "amount >= $least", params="{least: 5}", amount=5) is True
    assert truth(tmp_path, "country == $home", params="{home: DE}", country="de") is True


def test_a_list_entry_ends_in_event_time(tmp_path: Path) -> None:
    """Until its expiry an entry holds, from then on not."""
    end = 1_780_272_000_000_000  # 2026-06-01T00:00:00Z
    when = "payee in @watched and contains_any(payee, @watched)"
    assert truth(tmp_path, when, at=end - 1, payee="straße") is True
    assert truth(tmp_path, when, at=end, payee="straße") is False


@pytest.mark.parametrize(
    ("when", "column", "cause"),
    [
        ("amuont > 5", 1, "unknown value 'amuont'"),
        ("missing(amuont)", 9, "unknown value 'amuont'"),
        ("amount > $least", 10, "unknown parameter $least"),
        ("country in @blokced", 12, "unknown list @blokced"),
        ("amount > 'x'", 10, "a number cannot be compared with text"),
        ("amount in @blocked", 1, "what is looked up in a list must be text, this is a number"),
        ("country > 'x'", 1, "text can only be compared with == and !="),
        ("fresh < known", 1, "a flag (true or false) can only be compared with == and !="),
        ("amount > count", 10, "base and payments cannot be compared or added"),
        ("amount + count > 5", 10, "base and payments cannot be compared or added"),
        ("amount > 1 < 5", 12, "a range goes one way"),
        ("1 < 2", 1, "two constants are compared"),
        ("amount", 1, "a condition must be a flag (true or false), this is a number"),
        (
            "fresh and amount",
            11,
            "a side of and must be a flag (true or false), this is a number",
        ),
        ("not amount", 5, "what follows not must be a flag (true or false), this is a number"),
        ("-fresh > 1", 2, "what follows - must be a number, this is a flag (true or false)"),
        ("country + 1 > 2", 1, "the left side of + must be a number, this is text"),
        ("country in ('a', 1)", 18, "what stands in (...) must be text, this is a number"),
        ("fresh in (true, false)", 1, "a flag needs no in (...)"),
        ("country in (payee, 'x')", 13, "in (...) holds constants only"),
        ("amount = 5", 8, "'=' compares nothing"),
        ("fresh ? known", 7, "'?' is not known here"),
        ("country == 'x", 12, "the text is not closed"),
        ("amount > 1e3", 10, "no number that is read here"),
        ("amount > 007x", 10, "no number that is read here"),
        ("amount >", 9, "the expression ends too early"),
        ("fresh known", 7, "'known' is not expected here"),
        ("(fresh", 7, "')' is missing here"),
        ("country in blocked", 12, "'(' is missing here"),
        ("country not blocked", 13, "'in' is missing here"),
        ("max(amount mean) > 1", 12, "',' or ')' is missing here"),
        ("max(amount) > 1", 1, "max(...) is used otherwise"),
        ("missing('x')", 1, "missing(...) is used otherwise"),
        ("hour(amount) > 1", 1, "hour(...) is used otherwise"),
        ("eval(amount) > 1", 1, "unknown function 'eval'"),
        ("abs(@blocked) > 1", 1, "abs(...) is used otherwise"),
        ("@blocked == 1", 1, "'blocked' is not expected here"),
        ("fresh.__class__", 1, "unknown value 'fresh.__class__'"),
        ("(" * 30 + "fresh" + ")" * 30, 25, "nested deeper than 24 levels"),
        ("not " * 30 + "fresh", 97, "nested deeper than 24 levels"),
        ("-" * 30 + "amount > 1", 25, "nested deeper than 24 levels"),
        ("fresh or " * 130 + "fresh", 1126, "more than 250 words"),
        ("  " * 1001, 1, "longer than 2000 characters"),
    ],
)
def test_a_wrong_expression_is_told_with_its_column(when: str, column: int, cause: str) -> None:
    """The first mistake is the one that is named, at the place where it stands."""
    wrong: list[tuple[str, int, str]] = []
    scope = Scope(WORDS, {}, ("blocked",), lambda *mistake: wrong.append(mistake))
    read_expression(when, scope)
    assert (cause, column - 1) == wrong[0][:2]


@pytest.mark.parametrize(
    ("when", "cause", "hint"),
    [
        ("country == NO", "unknown value 'NO'", "text needs quotes: 'NO'"),
        (
            "country != conutry",
            "unknown value 'conutry'",
            "text needs quotes: 'conutry'; or did you mean 'country'?",
        ),
        ("country in ('DE', NO)", "unknown value 'NO'", "text needs quotes: 'NO'"),
        ("country == 0742", "no number that is read here", "write plain digits: 1500 or 0.5"),
        ("country == 7995", "text cannot be compared with a number", "write '7995'"),
        ("country in (7995)", "what stands in (...) must be text, this is a number", "write '7995'"),
        ("amount < '2'", "a number cannot be compared with text", "write 2 without quotes"),
        ("'2' > amount", "text cannot be compared with a number", "write 2 without quotes"),
        ("amount < 'two'", "a number cannot be compared with text", ""),
        ("amount > $p", "a number cannot be compared with text", "numbers stand without quotes, also the value of $p"),
        ("fresh == 'yes'", "a flag (true or false) cannot be compared with text", "a flag stands alone: fresh, or not fresh"),
        ("fresh == 1", "a flag (true or false) cannot be compared with a number", "a flag stands alone: fresh, or not fresh"),
        ("amount > 1,500", "',' is not expected here", "write 1500"),
        ("amount > 1,000,000 and fresh", "no number that is read here", "write 1000000"),
        ("amount in (1,500) or amount > 2,000", "no number that is read here", "write 2000"),
        ("fresh, known", "',' is not expected here", ""),
    ],
)  # fmt: skip
def test_a_wrong_expression_is_told_with_what_to_write(
    when: str, cause: str, hint: str
) -> None:
    """Where it can be guessed from both sides."""
    wrong: list[tuple[str, int, str]] = []
    scope = Scope(WORDS, {"p": "ten"}, (), lambda *mistake: wrong.append(mistake))
    read_expression(when, scope)
    assert [(cause, hint)] == [(told, advice) for told, _, advice in wrong]


def test_one_expression_tells_all_its_mistakes(tmp_path: Path) -> None:
    """Two misspelt names are two mistakes, each with its column in the file."""
    expected = [
        "a.rules.yaml:7:11: unknown value 'amuont'",
        "a.rules.yaml:7:26: unknown value 'frehs'",
    ]
    assert expected == causes(tmp_path, rule_text("amuont > 5 and frehs"))


@given(st.text(alphabet="amountfreshkwi >=<!()'\"+-*/$@.,0123456789\n#é", max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever stands in an expression, it is read or told as a mistake."""
    wrong: list[object] = []
    scope = Scope(WORDS, {}, (), lambda *mistake: wrong.append(mistake))
    node = read_expression(text, scope)
    assert wrong or names(node) <= frozenset(WORDS)
