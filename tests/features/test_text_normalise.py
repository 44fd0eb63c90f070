"""Normalising: one spelling for what looks the same, nothing that cannot be seen."""
# ruff: noqa: RUF001 - lookalike letters are what is tested

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.text.normalise import MAX_LENGTH, lookalikes, normalise

SIGNS = st.one_of(
    st.characters(),
    st.sampled_from("\u200b\u200d\u202e\u2066\ufeff\u00ad\u034f\u3164\U000e0041\ufe0f"),
    st.sampled_from(sorted(lookalikes())),
    st.sampled_from("abc 123 ﬀ½①Ａ٣é\u0301"),
)
TEXTS = st.text(SIGNS, max_size=60)


@given(TEXTS)
def test_a_plain_text_stays_as_it_is(memo: str) -> None:
    """normalise(normalise(x)) == normalise(x), for every x."""
    plain = normalise(memo).text
    assert plain == normalise(plain).text


@given(TEXTS)
def test_a_plain_text_holds_nothing_that_cannot_be_seen(memo: str) -> None:
    """Every sign is printable, no white space stands twice or at an end, length is capped."""
    plain = normalise(memo * 40).text
    assert plain.isprintable()
    assert " ".join(plain.split()) == plain
    assert len(plain) <= MAX_LENGTH


@pytest.mark.parametrize(
    ("memo", "text", "hides"),
    [
        ("Invoice  123\n\tMarch", "Invoice 123 March", False),
        ("рауmеnt for gіft cаrds", "payment for gift cards", True),
        ("Оплата за счёт со скидкой", "Оплата за счёт со скидкой", False),
        ("g\u200bift c\u200dard", "gift card", True),
        ("\u202egift\u202c", "gift", True),
        ("\U000e0069\U000e0067nore", "nore", True),
        ("ﬀ ① Ａ", "ff 1 A", False),
        ("4111 ١٢٣٤", "4111 1234", False),
        ("kırmızı", "kirmizi", False),
        ("𝓰𝓲𝓯𝓽 card", "gift card", False),
        ("dinner ☕\ufe0f 👨\u200d👩\u200d👧", "dinner ☕ 👨👩👧", False),
        ("soft\u00adhyphen", "softhyphen", False),
        ("Müllerstraße für Zoë", "Müllerstraße für Zoë", False),
        ("", "", False),
    ],
)
def test_what_looks_the_same_is_spelt_the_same(memo: str, text: str, hides: bool) -> None:
    """Lookalikes, widths, digits and ligatures fold; only real concealment counts as hidden."""
    plain = normalise(memo)
    assert (text, hides) == (plain.text, plain.hidden > 0)


def test_a_long_memo_is_cut_and_says_so() -> None:
    """Beyond the cap nothing is read, and the reading can tell."""
    assert (MAX_LENGTH, True) == (
        len(normalise("ab " * 5000).text.ljust(MAX_LENGTH)),
        normalise("x" * 1001).cut,
    )
    assert normalise("\u200b" * 9000 + "x").cut
