"""The same seed gives the same bytes, another seed another world; what a preset promises."""

import hashlib
from dataclasses import replace

from risk.simulate.cases.book import SCRIPTS, factor, unfold
from risk.simulate.cases.scene import Scene
from risk.simulate.days import produce
from risk.simulate.payees import Market
from risk.simulate.people import settle
from risk.simulate.spec import Spec
from risk.simulate.world import World

SMALL = Spec(payers=300, days=5, seed=101)


def digest(spec: Spec, processes: int = 0) -> str:
    """SHA-256 of a world's payments as a file would hold them."""
    total = hashlib.sha256()
    for day in produce(spec, processes=processes):
        total.update("".join(f"{line}\n" for line in day.lines).encode())
    return total.hexdigest()


def lines(world: World, days: int) -> list[str]:
    """The payments of the first days."""
    return [line for number in range(days) for line in world.day(number).lines]


def check() -> list[tuple[str, bool]]:
    """Each statement, and whether it holds."""
    one = digest(SMALL)
    whole, blocks = lines(World(SMALL), 5), lines(World(SMALL, block=37), 5)
    longer = lines(World(replace(SMALL, days=6)), 6)
    other = set(lines(World(replace(SMALL, seed=102)), 5))
    differ = sum(line not in other for line in whole) / len(whole)
    return [
        (
            "same SHA-256 for 1, 2 and 4 processes",
            {one} == {digest(SMALL, n) for n in (1, 2, 4)},
        ),
        ("same bytes for any number of payers drawn at once", whole == blocks),
        ("5 days are the beginning of 6", longer[: len(whole)] == whole),
        (f"another seed differs in {differ:.2%} of rows (more than 99 %)", differ > 0.99),
    ]


def promised(spec: Spec) -> float:
    """Fraudulent payments that the scripts' rates and lengths amount to in that world."""
    people = settle(spec)
    scene = Scene(spec, people, Market(people))
    total = 0.0
    for place, script in enumerate(SCRIPTS):
        plans = 100 if script.kind == "card_testing" else 400
        steps = 0
        for number in range(plans):
            case = unfold(scene, script, spec.days // 2, place << 20 | number)
            steps += sum(case.fraud and step.kind != "preparation" for step in case.steps)
        cases = spec.volume * spec.days * script.rate * factor(spec, script) / 1e6
        total += cases * steps / plans
    return total
