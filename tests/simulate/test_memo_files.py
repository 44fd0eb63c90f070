"""The files that a linguist edits, and what becomes of their patterns."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from risk.simulate import memos
from risk.simulate.handwriting import LIMITS, typed
from risk.simulate.people import FPS, LANGUAGES, NPP, P2P, SEPA
from risk.simulate.stream import mix_one

FACTS = memos.Facts("Ada Bell", "Cy Dent", 99, 3, 2025, 14)
BENIGN = memos.FAMILIES[1 : memos.FAMILY["order"]]
FOREIGN = memos.FAMILIES[memos.FAMILY["order"] :]
words = some.integers(0, 2**63 - 1)
rails = some.sampled_from([FPS, SEPA, NPP, P2P, 4])


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_enough_patterns_of_each_family(language) -> None:
    """Thirty in English, ten elsewhere, and no pattern twice."""
    families = memos.phrasebook(language).families
    assert set(BENIGN) == set(families)
    for name, patterns in families.items():
        assert len(patterns) >= (30 if language == "en" else 10), name
        assert len(patterns) == len(set(patterns)), name


def test_every_attack_has_texts_and_the_twins_are_as_many_as_an_attack() -> None:
    """A family without texts would be an attack nobody tests."""
    families = memos.phrasebook("injection").families
    assert set(FOREIGN) == set(families)
    assert len(families["benign twin"]) >= max(
        len(texts) for name, texts in families.items() if name in memos.ATTACKS
    )


def test_a_slot_without_a_list_is_an_error_with_file_and_line() -> None:
    """A linguist's typing error is found when the file is read."""
    with pytest.raises(memos.BadPattern, match=r"memos/xx.txt:7: no list .* 'plaec'"):
        memos._pattern("dinner {plaec}", {"place": ("home",)}, "memos/xx.txt:7")


@given(
    some.sampled_from(LANGUAGES),
    some.sampled_from(range(1, len(memos.FAMILIES))),
    words,
    words,
    rails,
)
def test_a_memo_fits_its_rail_and_holds_no_control_characters(
    language, family, key, row, rail
) -> None:
    """What arrives is what the field could carry."""
    text = typed(memos.compose(language, family, key, mix_one(key), row, FACTS), key, row, rail)
    assert len(text) <= LIMITS[rail]
    assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in text)
    assert rail != FPS or text.isascii()


@given(some.sampled_from(LANGUAGES), words, words, words)
def test_people_repeat_themselves(language, key, row, other) -> None:
    """The same payer writes the same payee the same words; only what must change changes."""
    family = memos.FAMILY["rent"]
    first = memos.compose(language, family, key, mix_one(key), row, FACTS)
    again = memos.compose(language, family, key, mix_one(key), other, FACTS)
    assert [s for s in first if not s.isdigit()] == [s for s in again if not s.isdigit()]


@given(some.integers(0, 10**8 - 1))
def test_creditor_references_have_valid_check_digits(body) -> None:
    """ISO 11649: RF moved to the end and read as digits is 1 modulo 97."""
    reference = memos.structured(f"{body:08d}")
    spelt = "".join(str(int(sign, 36)) for sign in reference[4:] + reference[:4])
    assert 1 == int(spelt) % 97


@given(some.sampled_from(LANGUAGES), words, words)
def test_a_creditors_text_has_no_slips_and_no_emoji(language, key, row) -> None:
    """Machines write it: it is cut by the field, and no more."""
    text = memos.compose(language, memos.FAMILY["debit"], key, mix_one(key), row, FACTS)
    made = typed(text, key, row, P2P, by_hand=False)
    assert text.casefold().strip() == made.casefold()
