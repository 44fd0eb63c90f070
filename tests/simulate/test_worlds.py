"""The same bytes whoever makes them, and nothing in them that tells."""

import hashlib
from dataclasses import replace
from functools import cache

import msgspec
import pytest

from features.message import parse
from risk.simulate.days import cut, produce
from risk.simulate.spec import Spec
from risk.simulate.uses import USES
from risk.simulate.world import World, Written

SMALL = Spec(payers=400, days=4, seed=7)
GOLDEN = "f8f7c6106d94253c9c878c302755bbfd4387f882c487651e3a0bc59042cd359e"


@cache
def days(spec: Spec = SMALL) -> tuple[Written, ...]:
    return tuple(produce(spec))


def lines(spec: Spec = SMALL) -> list[str]:
    return [line for day in days(spec) for line in day.lines]


def digest(all_lines: list[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in all_lines).encode()).hexdigest()


def test_a_seed_means_these_bytes_on_every_machine() -> None:
    """Pinned: who changes a habit, a name or a memo changes this, and says so."""
    assert GOLDEN == digest(lines())


def test_other_processes_make_the_same_bytes() -> None:
    """A day is a function of the world and its number, not of who made the day before."""
    made = [line for day in produce(SMALL, processes=2) for line in day.lines]
    assert digest(lines()) == digest(made)


def test_drawing_payers_in_small_blocks_changes_nothing() -> None:
    """A block's size is a matter of memory only."""
    world = World(SMALL, block=31)
    assert lines() == [line for number in range(4) for line in world.day(number).lines]


def test_days_can_be_made_in_any_order() -> None:
    """Also backwards: nothing is carried from one day to the next."""
    world = World(SMALL)
    made = [world.day(number).lines for number in (3, 1, 0, 2)]
    assert [days()[number].lines for number in (3, 1, 0, 2)] == made


def test_a_longer_world_begins_with_the_shorter_one() -> None:
    """So a backtest can be extended without being repeated."""
    longer = lines(replace(SMALL, days=5))
    assert lines() == longer[: len(lines())]


def test_another_seed_is_another_world() -> None:
    """Not a row in common."""
    assert not set(lines()) & set(lines(replace(SMALL, seed=8)))


def test_a_count_cuts_the_last_day_and_what_is_said_of_it() -> None:
    """The payments are the first of the world; truths and labels are theirs."""
    made = list(produce(SMALL, count=1_000))
    ids = {line[7:23] for day in made for line in day.lines}
    assert lines()[:1_000] == [line for day in made for line in day.lines]
    assert all(truth.transaction_id in ids for day in made for truth in day.truths)
    assert [] == cut(days()[0], 0).truths


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"currency": "JPY", "rails": ("npp", "p2p", "fps", "sepa"), "signal": "clear"},
        {"currency": "KWD", "rails": ("fps",), "signal": "none", "preset": "train"},
    ],
)
def test_every_payment_is_one_that_the_worker_accepts(changes) -> None:
    """The strict edge of the service finds no fault in any of them."""
    for line in lines(replace(SMALL, **changes)):
        payment = parse(line.encode())
        assert f"{payment.payer.id}" in line


def test_payments_come_in_order_and_no_id_comes_twice() -> None:
    """Time, then payer: a total order."""
    read = [msgspec.json.decode(line) for line in lines()]
    assert sorted(p["time"] for p in read) == [p["time"] for p in read]
    assert len(read) == len({p["id"] for p in read})


def test_the_truth_is_never_in_a_payment() -> None:
    """No name of a fraud, no case, no family of an attack appears in any line."""
    told = {truth.kind for day in days() for truth in day.truths}
    told |= {truth.case for day in days() for truth in day.truths} | {"fraud", "unseen"}
    text = "\n".join(lines())
    assert [] == [word for word in told if f'"{word}"' in text]


def test_a_label_is_known_after_its_payment() -> None:
    """Nobody reports what has not happened."""
    labels = [label for day in days() for label in day.labels]
    assert labels
    assert all(label.known_at > label.paid_at for label in labels)


def test_the_signal_of_memos_changes_nothing_but_memos() -> None:
    """With `none`, who pays whom when is the same world."""
    silent = [msgspec.json.decode(line) for line in lines(replace(SMALL, signal="none"))]
    loud = [msgspec.json.decode(line) for line in lines()]
    for payment in (*silent, *loud):
        payment.pop("memo", None)
    assert silent == loud


def test_all_uses_occur_in_a_month() -> None:
    """Wages and rents too, on their days."""
    world = World(Spec(payers=700, days=31, seed=2))
    seen = {
        use for number in (0, 1, 2, 5, 30) for use in world.payments(number)[0].use.tolist()
    }
    assert set(range(len(USES))) == seen
