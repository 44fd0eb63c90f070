"""Redacting: no identifier survives, whatever its spelling; ordinary lines stay whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from features.text.normalise import normalise
from features.text.redact import TOKEN, redact

PREFIXES = ("4", "51", "55", "2221", "2720", "34", "37", "6011", "65", "36", "3528", "50", "62")
WORDS = ("rent", "invoice", "for", "March", "ACME", "thanks", "card", "pay to", "ref")


@st.composite
def cards(draw: st.DrawFn) -> str:
    """Digits of a valid card number of any issuer."""
    prefix = draw(st.sampled_from(PREFIXES))
    size = draw(st.integers(13, 19)) - len(prefix) - 1
    body = prefix + draw(st.text("0123456789", min_size=size, max_size=size))
    return body + luhn.calc_check_digit(body)


@given(
    cards(),
    st.sampled_from(["", " ", "-", ".", "/", "  ", "\u200b", "_"]),
    st.sampled_from(WORDS),
    st.sampled_from(WORDS),
)
def test_no_card_number_survives_in_any_grouping(
    number: str, gap: str, before: str, after: str
) -> None:
    """Four digits of it in a row stay only where a memo says them for another reason: never."""
    groups = [number[i : i + 4] for i in range(0, len(number), 4)]
    memo = f"{before} {gap.join(groups)} {after}"
    left = redact(normalise(memo).text).text
    assert not any(digit in TOKEN.sub("", left) for digit in "0123456789")


@pytest.mark.parametrize(
    ("memo", "left"),
    [
        ("card 4111 1111 1111 1111 exp", "card <CARD_1> exp"),
        ("4111-1111-1111-1111 and 4111111111111111", "<CARD_1> and <CARD_1>"),
        ("4111 1111 1111 1112", "<NUMBER_1>"),
        ("3782 822463 10005", "<CARD_1>"),
        ("DE89 3704 0044 0532 0130 00 for rent", "<IBAN_1> for rent"),
        ("de89370400440532013000", "<IBAN_1>"),
        ("gb82west12345698765432 x", "<IBAN_1> x"),
        ("GB82 WEST 1234 5698 7654 32 rent May", "<IBAN_1> rent May"),
        ("DE88 3704 0044 0532 0130 00", "DE<NUMBER_1>"),
        ("mail john.doe@example.com now", "mail <EMAIL_1> now"),
        ("+44 20 7946 0958 or 0049 (30) 1234567", "<PHONE_1> or <PHONE_2>"),
        ("account 123456789", "account <NUMBER_1>"),
        ("invoice 20240012 of 12.05.2024", "invoice 20240012 of 12.05.2024"),
        ("rent 05/2024 flat 12", "rent 05/2024 flat 12"),
        ("", ""),
    ],
)
def test_each_identifier_becomes_a_token_of_its_kind(memo: str, left: str) -> None:
    """Checked numbers by their kind, unchecked long ones as NUMBER, the rest untouched."""
    assert left == redact(memo).text


def test_what_belongs_to_the_payer_goes_out_whole_and_in_parts() -> None:
    """Names and ids of the payer, in any case, as words; not inside other words."""
    memo = "JOHN SMITH: rent, from John, id cust-12, Smithfield"
    assert "<PAYER_1>: rent, from <PAYER_2>, id <PAYER_3>, Smithfield" == (
        redact(memo, ("John Smith", "cust-12")).text
    )


def test_the_kinds_are_told_in_order_of_appearance() -> None:
    """A reader may know what was there without knowing which."""
    kinds = redact("a@b.example DE89370400440532013000 4111111111111111").kinds
    assert ("EMAIL", "IBAN", "CARD") == kinds


@given(st.text(max_size=80))
def test_redacting_is_total_and_settles(memo: str) -> None:
    """Any text can be redacted, and a redacted one stays as it is."""
    left = redact(normalise(memo).text).text
    assert left == redact(left).text
