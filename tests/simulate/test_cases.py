"""Cases of fraud: each kind as the fraud happens, inside a life that goes on."""

import pytest

from risk.simulate.cases.book import SCRIPTS, Casebook, factor
from risk.simulate.cases.case import DAY_MILLIS, Case
from risk.simulate.cases.scene import Scene
from risk.simulate.payees import Market, unpack
from risk.simulate.people import settle
from risk.simulate.rows import GIVEN
from risk.simulate.spec import Spec
from risk.simulate.stream import Dice

SPEC = Spec(payers=2_000, days=60, seed=4)
PEOPLE = settle(SPEC)
SCENE = Scene(SPEC, PEOPLE, Market(PEOPLE))


def plans(kind: str, count: int = 150) -> list[Case]:
    script = next(script for script in SCRIPTS if script.kind == kind)
    return [script.plan(SCENE, Dice(1, number), 20, number) for number in range(count)]


@pytest.mark.parametrize("kind", sorted({script.kind for script in SCRIPTS}))
def test_a_case_is_in_order_and_decides_only_what_may_be_decided(kind) -> None:
    """Later steps come later; unseen ones decide nothing at all."""
    for case in plans(kind, 60):
        assert [s.at for s in case.steps] == sorted(s.at for s in case.steps)
        assert all(set(step.given) <= set(GIVEN) for step in case.steps)
        assert all(step.day >= 20 for step in case.steps)
        if case.unseen:
            assert not any(step.given for step in case.steps)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("card_not_present", 1.6, 2.2),
        ("lost_or_stolen", 3.5, 5.0),
        ("purchase_scam", 1.1, 1.3),
        ("investment_scam", 3.0, 4.0),
        ("romance_scam", 10.0, 11.0),
        ("other_impersonation", 1.2, 1.5),
        ("advance_fee", 1.5, 1.9),
        ("account_takeover", 2.0, 2.8),
        ("structuring", 3.0, 12.0),
    ],
)
def test_a_case_has_as_many_payments_as_published(kind, low, high) -> None:
    """The mean number of payments a case."""
    lengths = [sum(step.kind == "" for step in case.steps) for case in plans(kind)]
    assert low <= sum(lengths) / len(lengths) <= high


def test_an_investment_grows_over_weeks() -> None:
    """First a small sum, then more."""
    long = [
        case for case in plans("investment_scam") if len(case.steps) > 2 and not case.unseen
    ]
    assert long
    for case in long:
        sums = [step.given["cents"] for step in case.steps]
        assert sums[0] < sums[-1]
        assert case.steps[-1].at - case.steps[0].at > 10 * DAY_MILLIS


def test_a_redirected_invoice_differs_only_in_its_account() -> None:
    """The supplier's number and country are right; how often it changed its account is not."""
    seen = [case for case in plans("invoice_redirection") if not case.unseen]
    for case in seen:
        _, _, version, _ = unpack(case.steps[0].given["payee"])
        assert version >= 32


def test_a_few_mules_serve_many_cases() -> None:
    """Accounts are shared by victims who know nothing of each other."""
    payees = [c.steps[0].given["payee"] for c in plans("purchase_scam", 400) if not c.unseen]
    assert len(set(payees)) < len(payees) * 0.6


def small() -> Scene:
    spec = Spec(payers=300, seed=4)
    people = settle(spec)
    return Scene(spec, people, Market(people))


def test_no_case_lasts_longer_than_it_is_looked_for() -> None:
    """A process that begins in the middle of a world sees every case that still goes on."""
    book = Casebook(small())
    for begun in range(-160, 160):
        for case in book.begin(begun):
            assert all(begun <= step.day <= begun + 150 for step in case.steps)


def test_the_book_tells_the_same_of_a_day_whatever_it_was_asked_before() -> None:
    """The order of questions does not matter, nor does forgetting."""
    scene = small()
    forward, backward = Casebook(scene), Casebook(scene)
    days = [forward.today(day) for day in (10, 40, 200)]
    assert days == [backward.today(day) for day in (200, 40, 10)][::-1]


def test_more_fraud_needs_more_mules() -> None:
    """Else each would serve a hundred cases, and be known by it."""
    real = Scene(Spec(payers=200_000, preset="real"), PEOPLE, SCENE.market)
    demo = Scene(Spec(payers=200_000, preset="demo"), PEOPLE, SCENE.market)
    assert demo.mules > 50 * real.mules


@pytest.mark.parametrize("preset", ["real", "train"])
def test_what_instructs_a_model_occurs_only_in_the_demo(preset) -> None:
    """Its rate is nobody's finding; a figure of quality must not depend on it."""
    rates = {s.plan: factor(Spec(preset=preset), s) for s in SCRIPTS if s.kind == "injection"}
    assert [0.0, 0.0] == list(rates.values())
    assert all(factor(Spec(preset="demo"), s) == 1.0 for s in SCRIPTS if s.kind == "injection")


def test_attacks_and_their_twins_are_no_fraud() -> None:
    """What a memo says to a model is true or not whatever the payment is."""
    cases = plans("injection", 80)
    assert not any(case.fraud for case in cases)
    assert len({case.injection for case in cases}) >= 8
