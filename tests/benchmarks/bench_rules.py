# ruff: noqa: E402 # tests are no package: their folder goes on the path first
"""Evaluators of rules: CPU time of a decision, beside zen-engine and rule-engine.

Run: python tests/benchmarks/bench_rules.py, from the repository's root. Prints a table and
writes `.bench/rules.json`. All get the same rules (2 to 4 conditions over 30 values: numbers,
flags, texts) and the same payments, and what they hit is checked equal first. What is not
installed is left out, and said: pip install zen-engine==2.1.3 rule-engine==5.1.0
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import polars as pl
from fakes.bare_books import book_of, one_rule
from figures import Figure, report

from rules.condition import And, Compare, Constant, Named, Node, Not
from rules.durable import Durable
from rules.model import Book
from rules.native import Native
from rules.tree import Matches, Tree
from rules.vector import Vector
from rules.vocabulary import Scalar

COUNTS = (5, 50, 200, 1_000)
NUMBERS = [f"n{n}" for n in range(20)]
FLAGS = [f"f{n}" for n in range(6)]
TEXTS = [f"t{n}" for n in range(4)]
COLOURS = ("red", "green", "blue", "black", "white")
PAYMENTS = 500
ROWS = 1_000_000
ROUNDS = 7
LONGEST = 4.0
"""Seconds that the rounds of one figure may take."""

Values = dict[str, Scalar]
Hits = tuple[int, ...]


def rules(count: int) -> list[list[tuple[str, str, Scalar]]]:
    """Rules as conditions (name, sign, constant) of which all must hold."""
    dice = Random(count)
    return [[_condition(dice) for _ in range(dice.randint(2, 4))] for _ in range(count)]


def _condition(dice: Random) -> tuple[str, str, Scalar]:
    chance = dice.random()
    if chance < 0.6:
        sign = dice.choice((">=", "<"))
        limit = dice.uniform(60, 95) if sign == ">=" else dice.uniform(5, 40)
        return dice.choice(NUMBERS), sign, round(limit, 2)
    if chance < 0.8:
        return dice.choice(FLAGS), "==", dice.random() < 0.7
    return dice.choice(TEXTS), dice.choice(("==", "!=")), dice.choice(COLOURS)


def payments(unknown: float) -> list[Values]:
    """Payments of which that share of the values is unknown."""
    dice = Random(1)
    return [
        {
            **{n: round(dice.uniform(0, 100), 2) for n in NUMBERS if dice.random() >= unknown},
            **{f: dice.random() < 0.3 for f in FLAGS if dice.random() >= unknown},
            **{t: dice.choice(COLOURS) for t in TEXTS if dice.random() >= unknown},
        }
        for _ in range(PAYMENTS)
    ]


def make_book(count: int) -> Book:
    """The rules as a book."""
    return book_of(
        [
            one_rule(f"R-{number:04}", And(tuple([_node(*one) for one in conditions])))
            for number, conditions in enumerate(rules(count))
        ]
    )


def _node(name: str, sign: str, constant: Scalar) -> Node:
    if isinstance(constant, bool):
        flag = Named(name, "flag")
        return flag if constant else Not(flag)
    type_ = "text" if isinstance(constant, str) else "number"
    return Compare(sign, Named(name, type_), Constant(constant), type_)  # type: ignore[arg-type] # one of ours


def expressions(count: int) -> list[str]:
    """The rules as both rivals write them."""
    return [" and ".join([_written(*one) for one in conditions]) for conditions in rules(count)]


def _written(name: str, sign: str, constant: Scalar) -> str:
    if isinstance(constant, bool):
        return name if constant else f"not {name}"
    return f"{name} {sign} {constant!r}"


def zen_engine(count: int) -> Callable[[Values], Hits]:
    """All rules as one compiled expression, the fastest way to use it."""
    import zen

    whole = zen.compile_expression(f"[{', '.join(expressions(count))}]")
    return lambda values: tuple([n for n, hit in enumerate(whole.evaluate(values)) if hit])


def rule_engine_(count: int) -> Callable[[Values], Hits]:
    """A compiled rule for each rule."""
    import rule_engine

    compiled = [rule_engine.Rule(text) for text in expressions(count)]
    return lambda values: tuple([n for n, r in enumerate(compiled) if r.matches(values)])


def cpu(ask: Callable[[Values], object], asked: Sequence[Values]) -> float:
    """Microseconds of CPU a payment: the fastest of some rounds over all payments."""
    best, begun = float("inf"), time.process_time()
    for _ in range(ROUNDS):
        start = time.process_time()
        for values in asked:
            ask(values)
        now = time.process_time()
        best = min(best, now - start)
        if now - begun > LONGEST:
            break
    return best / len(asked) * 1e6


def evaluators(count: int) -> Iterator[tuple[str, Callable[[Values], Matches]]]:
    """Ours, but for vector, by name."""
    book = make_book(count)
    native, tree = Native(book), Tree(book)
    yield "native", lambda values: native.match(values, 0)
    yield "tree", lambda values: tree.match(values, 0)
    if find_spec("durable_rules_engine"):
        durable = Durable(book)
        yield "durable", lambda values: durable.match(values, 0)
        durable.close()


def measure(count: int) -> Iterator[Figure]:
    """Everybody at one number of rules, first checked against the oracle."""
    complete, partial = payments(0), payments(0.25)
    tree = Tree(make_book(count))
    for name, ask in evaluators(count):
        for kind, asked in (("all known", complete), ("1 in 4 unknown", partial)):
            if [ask(values) for values in asked] != [tree.match(v, 0) for v in asked]:
                raise SystemExit(f"{name} differs from tree")
            yield f"{count} rules: {name}, {kind}", cpu(ask, asked), "us/payment"
    hits = [tuple(int(rule[2:]) for rule in tree.match(v, 0).hits) for v in complete]
    yield f"{count} rules: hits of a payment", sum(map(len, hits)) / PAYMENTS, ""
    for module, name, make in (
        ("zen", "zen-engine", zen_engine),
        ("rule_engine", "rule-engine", rule_engine_),
    ):
        if find_spec(module) is None:
            print(f"{name} is not installed and left out")
            continue
        rival = make(count)
        asked = complete if count < 1_000 else complete[:50]
        if [rival(values) for values in asked] != hits[: len(asked)]:
            raise SystemExit(f"{name} hits other rules")
        yield f"{count} rules: {name}, all known", cpu(rival, asked), "us/payment"


def measure_table() -> Iterator[Figure]:
    """Vector over a million rows: wall and CPU time a row."""
    book = make_book(50)
    rows = [{**dict.fromkeys([*NUMBERS, *FLAGS, *TEXTS]), **v, "at": 0} for v in payments(0.25)]
    few = pl.DataFrame(rows, schema_overrides={"at": pl.Int64})
    vector, tree = Vector(book), Tree(book)
    if vector.matches(few) != [tree.match(v, 0) for v in payments(0.25)]:
        raise SystemExit("vector differs from tree")
    table = pl.concat([few] * (ROWS // PAYMENTS)).sample(fraction=1, shuffle=True, seed=1)
    walls, cpus = [], []
    for _ in range(3):
        wall, busy = time.perf_counter(), time.process_time()
        vector.masks(table)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - busy)
    what = f"50 rules x {ROWS:,} rows: vector"
    yield f"{what}, CPU", min(cpus) / ROWS * 1e6, "us/row"
    yield f"{what}, on the wall", min(walls) / ROWS * 1e6, "us/row"


def main() -> None:
    """Measure all."""
    figures = [figure for count in COUNTS for figure in measure(count)]
    report(
        "rules",
        [*figures, *measure_table()],
        f"CPU time, the fastest of {ROUNDS} rounds over {PAYMENTS} payments of 30 values; hits "
        "checked equal.\nOurs tell hits and unknown rules, with wrong types and infinities "
        "checked; the others tell hits.",
    )


if __name__ == "__main__":
    main()
