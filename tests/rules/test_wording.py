"""Reason texts: parsed when the book is read, safe whatever the values are."""

import pytest
from fakes.books import WORDS
from hypothesis import given
from hypothesis import strategies as st

from rules.template import Slot, fill, read_template, show
from rules.wording import SHOWN, clean, fold

PARAMS = {"most": 6, "home": "DE"}


def read(text: str) -> tuple[tuple[str | Slot, ...], list[tuple[str, int, str]]]:
    """A template and what is wrong with it."""
    wrong: list[tuple[str, int, str]] = []
    return read_template(text, WORDS, PARAMS, lambda *mistake: wrong.append(mistake)), wrong


def test_values_and_parameters_stand_in_the_text() -> None:
    """With the format that the text asks for."""
    template, wrong = read(
        "{count} of {$most} in {$home}: {amount:,.2f} {{so}} {ratio}{country}"
    )
    values = {"count": 7, "amount": 1234.5, "ratio": 0.256, "country": "DE"}
    assert [] == wrong
    assert "7 of 6 in DE: 1,234.50 {so} 0.26DE" == fill(template, values)


@pytest.mark.parametrize(
    ("value", "format_", "expected"),
    [
        (None, "", "unknown"),
        (None, ".2f", "unknown"),
        (True, "", "yes"),
        (False, "", "no"),
        (5, "", "5"),
        (5.0, "", "5"),
        (5.25, "", "5.25"),
        (5.6, "d", "6"),
        (1234.6, ",d", "1,235"),
        (5, ".1f", "5.0"),
        (float("nan"), ".1f", "unknown"),
        (float("inf"), "", "unknown"),
        (10**400, "d", "unknown"),
        ("a\x1b[31m\u202eb\n", "", "a[31mb"),
        ("x" * 50, "", "x" * 39 + "…"),
    ],
)
def test_a_value_is_shown_as_people_read_it(value: object, format_: str, expected: str) -> None:
    """Unknown is said; text loses control characters and its length is bounded."""
    assert expected == show(value, format_)  # type: ignore[arg-type] # all kinds of values


@pytest.mark.parametrize(
    ("text", "offset", "cause"),
    [
        ("a {amuont}", 2, "unknown value 'amuont'"),
        ("a {$mots}", 2, "unknown parameter $mots"),
        ("{amount:>9999999}", 0, "unknown format '>9999999'"),
        ("{country:.2f}", 0, "country is text; only numbers have a format"),
        ("a } b", 2, "a lone brace"),
        ("a { b", 2, "a lone brace"),
        ("{amount.__class__}", 0, "unknown value 'amount.__class__'"),
        ("{amount!r}", 0, "unknown value 'amount!r'"),
        ("{}", 0, "unknown value ''"),
    ],
)
def test_a_wrong_template_is_told(text: str, offset: int, cause: str) -> None:
    """Names are checked when the book is read; formats are a closed set."""
    _, wrong = read(text)
    assert [(cause, offset)] == [mistake[:2] for mistake in wrong]


@given(st.text(), st.one_of(st.text(), st.floats(), st.integers(), st.booleans()))
def test_no_template_and_no_value_breaks_a_reason(text: str, value: str | float) -> None:
    """Reading tells mistakes, filling never raises."""
    template, _ = read(text)
    assert isinstance(fill((*template, Slot("amount", ".2f")), {"amount": value}), str)


@given(st.text())
def test_shown_text_is_bounded_and_printable(text: str) -> None:
    """Whatever a payer wrote."""
    assert clean(text).isprintable()
    assert len(clean(text)) <= SHOWN


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    """Folded text is compared as it is."""
    assert fold(text) == fold(fold(text))


@pytest.mark.parametrize(
    "disguised",
    [
        "\u0420\u0430\u0443\u0440\u0430l",
        "pay\u200bpal",
        "\uff30\uff41\uff59\uff30\uff41\uff4c",
        " PAYPAL\u2060 ",
        "p\u0430yp\u03b1l",
    ],
)
def test_letters_in_disguise_are_the_same_letters(disguised: str) -> None:
    """Cyrillic, Greek, wide and invisible ones; digits stay digits."""
    assert "paypal" == fold(disguised)
    assert fold("PAYPA1") != fold("PayPal")


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    """So a folded constant equals a folded value, wherever it was folded."""
    assert fold(text) == fold(fold(text))
