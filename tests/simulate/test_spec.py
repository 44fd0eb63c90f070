"""A world that cannot be made is refused with what would work."""

from dataclasses import replace
from datetime import date

import pytest

from risk.simulate.people import COUNTRIES, FPS, NPP, SEPA, settle
from risk.simulate.spec import BadSpec, Spec


def refusal(**changes) -> str:
    with pytest.raises(BadSpec) as refused:
        replace(Spec(), **changes).checked()
    return str(refused.value)


def test_every_mistake_is_told_at_once() -> None:
    """One run shows them all, each with what may be chosen."""
    text = refusal(preset="reel", days=-3, payers=2, signal="loud", rails=("pigeon",))
    assert 5 == len(text.splitlines())
    assert "--preset 'reel': choose from real, train, demo" in text
    assert "--days -3: must lie between 1 and 3650" in text


def test_too_few_payers_for_any_fraud_are_refused_with_ways_out() -> None:
    """Whoever follows the advice gets a world with fraud in it."""
    text = refusal(preset="real", payers=100)
    assert "What would work: --payers " in text
    payers = int(text.split("--payers ")[1].split()[0])
    assert Spec(preset="real", payers=payers).checked().expected_cases >= 1
    assert "--preset train" in text


def test_a_world_that_ends_by_count_may_be_small() -> None:
    """It lasts as many days as the count takes."""
    assert Spec(preset="real", payers=20).checked(endless=True).payers == 20


def test_a_start_before_the_epoch_is_refused() -> None:
    """Event times count from 1970."""
    assert "--start 1950" in refusal(start=date(1950, 1, 1))


def test_no_rail_at_all_is_refused() -> None:
    """Somebody wrote --rails with nothing after it."""
    assert "--rails" in refusal(rails=())


@pytest.mark.parametrize(
    ("rails", "used", "homes"),
    [
        (("npp", "p2p"), {NPP}, {"AU"}),
        (("fps",), {FPS}, {"GB"}),
        (("fps", "npp"), {FPS, NPP}, {"GB", "AU"}),
        (("p2p",), {SEPA}, None),
        (("sepa", "fps", "npp"), {SEPA, FPS, NPP}, None),
    ],
)
def test_the_rails_that_are_asked_for_are_the_rails_that_are_used(rails, used, homes) -> None:
    """And their customers live where the rails are; the euro needs no other."""
    people = settle(Spec(rails=rails, payers=500))
    assert used == set(people.rail.tolist())
    assert homes is None or homes == {COUNTRIES[c] for c in people.country.tolist()}
