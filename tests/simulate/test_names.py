"""The lists that names are made of, and what is made of them."""

import pytest

from risk.simulate import names
from risk.simulate.identities import Identities
from risk.simulate.memos import phrasebook
from risk.simulate.payees import CREDITOR, creditor, pack_one
from risk.simulate.people import LANGUAGES, settle
from risk.simulate.sections import read
from risk.simulate.spec import Spec
from risk.simulate.uses import KINDS_OF, SLOTS, USE, USES


def kinds() -> dict[str, int]:
    """How many kinds each list holds in turn."""
    shops = {use.name: len(use.codes) for use in USES if use.payee == "merchant"}
    served = {USES[slot.use].name: int(KINDS_OF[slot.use]) for slot in SLOTS}
    del served["rent"]  # landlords are firms
    return {**served, **shops, "office": len(names.OFFICES)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_list_has_an_entry_of_each_of_its_kinds(language) -> None:
    """A list too short would leave a category of shop without a name."""
    lists = read("names", language)
    for name, count in kinds().items():
        assert len(lists[name]) >= count, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_list_has_an_entry_twice(language) -> None:
    """A linguist who adds a word that is there changes how often it comes."""
    lists = read("names", language)
    del lists["form"]  # most firms are of the commonest form: there it is meant
    for name, lines in lists.items():
        words = [word for _, word in lines]
        assert len(words) == len(set(words)), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_serves_has_words_for_what_is_owed(language) -> None:
    """An energy company collects no insurance policy, a court no road tax."""
    lists = phrasebook(language).lists
    owed = {USES[slot.use].name for slot in SLOTS if USES[slot.use].family == "debit"}
    assert owed | set(names.OFFICES) <= set(lists)


def test_the_kind_of_a_creditor_is_in_its_name() -> None:
    """Of the three kinds of utility each has words of its own."""
    people = settle(Spec(payers=20))
    who = Identities(1, people)
    made = [
        {
            who.payee(pack_one(CREDITOR, 0, 0, creditor(USE["utility"], kind, number)))[1]
            for number in range(12)
        }
        for kind in range(3)
    ]
    power, water, gas = (read("names", "en")["utility"][kind::3] for kind in range(3))
    for found, words in zip(made, (power, water, gas), strict=True):
        assert all(any(name.endswith(word) for _, word in words) for name in found)


def test_a_descriptor_fits_a_statement_and_says_what_is_sold() -> None:
    """Capitals, 25 characters, and the trade of the category."""
    for key in range(0, 2**64, 2**64 // 300):
        text = names.descriptor(key, "de", "groceries", 2, 4)
        assert len(text) <= 25
        assert text == text.upper()
        assert "BÄCKEREI" in text or "BACKSTUBE" in text
