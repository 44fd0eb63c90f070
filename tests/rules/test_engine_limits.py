# ruff: noqa: E501 # a table is read across
"""The limits of durable-rules, each in a process of its own: beyond some of them it crashes.

The library by itself, to show that the trap is there, and the adapter, to show that it is not
met. A test of the library that no longer fails says that the guard may go.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("durable_rules_engine", reason="durable-rules is optional")

BOOK = """
import sys
sys.path[:0] = [".", "tests"]
from fakes.bare_books import one_rule, book_of
from rules.condition import *
from rules.durable import Durable
from rules.tree import Tree

def limit(name, number, sign=">="):
    return Compare(sign, Named(name, "number"), Constant(number), "number")

def check(name, conditions, events):
    book = book_of([one_rule(f"R-{n:04}", c) for n, c in enumerate(conditions)])
    tree, durable = Tree(book), Durable(book)
    for values in events:
        expected, actual = tree.match(values, 0), durable.match(values, 0)
        assert expected == actual, (values, expected, actual)
    print(name)
"""

CASES = [
    ("everything high, 300 rules", "[limit('x', n) for n in range(300)]", "[{'x': 1000}, {'x': 150}, {}]"),
    ("257 rules with one test", "[limit('x', 1)] * 257", "[{'x': 1}, {'x': 0}, {}]"),
    ("600 values", "[limit(f'v{n}', 1) for n in range(600)]", "[{f'v{n}': 2 for n in range(600)}, {'v7': 1}]"),
    ("one rule of 80 ways", "[Or(tuple([limit(f'v{n}', 1) for n in range(80)]))]", "[{f'v{n}': 2 for n in range(80)}, {'v7': 1}, {}]"),
    ("one rule of 4096 ways", "[And(tuple([Or((limit(f'v{n}', 1), limit(f'w{n}', 1))) for n in range(12)]))]", "[{f'{k}{n}': 2 for k in 'vw' for n in range(12)}, {}]"),
    ("names with one hash", "[limit('costarring', 1), limit('liquid', 5)]", "[{'costarring': 2}, {'liquid': 9, 'costarring': 0}]"),
    ("names of the engine", "[limit('tx', 1), limit('id', 1), limit('$s', 1), limit('sid', 1)]", "[{'tx': 2, 'id': 1}, {'sid': 3, '$s': 0}, {}]"),
    ("a rule of absence only", "[Missing(Named('x', 'number'))]", "[{}, {'x': 1}] * 100"),
    ("division, by zero too", "[Compare('>', Arithmetic('/', Named('x', 'number'), Named('y', 'number')), Constant(3), 'number')]", "[{'x': 7, 'y': 2}, {'x': 7, 'y': 0}]"),
    ("exponents, NaN, infinity", "[limit('x', 1e-05, '<='), limit('x', 1e22), limit('x', -1e-05)]", "[{'x': v} for v in (1e-05, 1e22, 1.5e-07, -1e-05, 1e300, 5e-324, float('nan'), float('inf'))]"),
    ("texts that are numbers, quotes, control characters", "[Compare('==', Named('s', 'text'), Constant(t), 'text') for t in ('100', 'a \"b\"', 'abc d')]", "[{'s': t} for t in ('100', 'A \"b\"', 'abc', '\\x00', '\\n')] + [{'s': 100}]"),
    ("whole numbers at 2**53", "[limit('x', 2**53), limit('x', 2**53 - 1)]", "[{'x': 2**53}, {'x': 2**53 - 1}, {'x': -2**53}]"),
    ("two true branches", "[Or((limit('x', 1), limit('x', 2), limit('y', 0)))]", "[{'x': 3, 'y': 1}]"),
]  # fmt: skip


def run(source: str) -> subprocess.CompletedProcess[str]:
    """Run Python source in a process of its own, for at most a minute."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", source]
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_adapter_holds() -> None:
    """What crashes, hangs or misleads the library by itself is answered as the tree answers."""
    calls = [f"check({name!r}, {conditions}, {events})" for name, conditions, events in CASES]
    done = run("\n".join([BOOK, *calls]))
    assert ("", [name for name, _, _ in CASES]) == (done.stderr, done.stdout.splitlines())


@pytest.mark.parametrize(
    ("rules", "fact", "expected"),
    [
        ({"$gt": {"x": {"$div": {"$l": {"$m": "y"}, "$r": {"$m": "z"}}}}}, '{"id":"1","x":1,"y":4,"z":0}', "killed"),
        ({"$gt": {"costarring": 1}}, '{"id":"1","liquid":5}', "code 0"),
        ({"$lt": {"x": 1}}, '{"id":"1","x":1e-05}', "error code: 204"),
        ([{"$gt": {"x": n}} for n in range(70)], '{"id":"1","x":500}', "error code: 303"),
    ],
    ids=["division by zero", "names with one hash", "an exponent without a point", "70 ways"],
)  # fmt: skip
def test_the_traps_are_there(rules: object, fact: str, expected: str) -> None:
    """The library by itself; when one of these fails, its guard may go."""
    tests = rules if isinstance(rules, list) else [rules]
    definitions = {f"r{n}": {"all": [{"m": test}]} for n, test in enumerate(tests)}
    done = run(
        "import durable_rules_engine as engine\n"
        f"handle = engine.create_ruleset('r', {json.dumps(definitions)!r})\n"
        f"print('code', engine.assert_fact(handle, {fact!r})[0])\n"
    )
    said = "killed" if done.returncode < 0 else done.stdout + done.stderr
    assert expected in said
