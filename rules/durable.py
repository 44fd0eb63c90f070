"""The evaluator `durable`: durable-rules 2.0.28 behind a guarded adapter. The door to it.

The library is not maintained any more, and misuse of it ends the process. So: its C functions
only (no host, no timers, no callbacks, no state), one session, every fact retracted at once,
small sets of rules, and nothing in a fact but numbers with names made here (`rules.facts`).
It is a second opinion about thresholds, installed or not; no payment depends on it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import count
from typing import Any, Final, TypeAlias
from weakref import finalize

import msgspec

from rules.facts import Facts, Json, rule_sets
from rules.model import Book, Rule
from rules.tree import NOTHING, Matches
from rules.vocabulary import Scalar

NO_MATCH: Final = 1
_EXPONENT: Final = re.compile(r"([:\[,]-?\d+)e")
_numbers: Final = count()
"""Names of rule sets: the engine refuses a name that it has seen."""


class EngineMissing(Exception):
    """durable-rules is not installed."""


class EngineFailed(Exception):
    """The engine refused a fact; the text holds its code and no value."""


def load_library(name: str = "durable_rules_engine") -> Any:
    """Import the C functions of durable-rules; raises `EngineMissing`."""
    try:
        return import_module(name)
    except ImportError:
        raise EngineMissing("durable-rules is not installed") from None


class Durable:
    """Compiles the rules of a book that are not off. For one thread at a time.

    Raises `EngineMissing` without the library, and `rules.facts.Inexact` if a constant is a
    whole number beyond 2**53.
    """

    def __init__(self, book: Book, library: Any = None) -> None:
        engine = library or load_library()
        self._shards: list[_Shard] = []
        finalize(self, _free, self._shards).atexit = False
        for found in rule_sets(book):
            possibly = _Session(engine, found.possibly, found.possible_facts)
            surely = _Session(engine, found.surely, found.sure_facts)
            self._shards.append((found.rules, possibly, surely))

    def match(self, values: Mapping[str, Scalar], at: int) -> Matches:
        """See `rules.engine.Evaluator`; but raises `EngineFailed` or `rules.facts.Inexact`."""
        hits: list[str] = []
        unknown: list[str] = []
        for rules, possibly, surely in self._shards:
            possible = possibly.ask(values, at)
            if possible:
                sure = surely.ask(values, at)
                for number in sorted(possible):
                    if rules[number].window.holds(at):
                        (hits if number in sure else unknown).append(rules[number].id)
        return Matches(tuple(hits), tuple(unknown)) if hits or unknown else NOTHING

    def close(self) -> None:
        """Free the rules, at once. What the engine keeps for their session, it keeps."""
        _free(self._shards)


def _free(shards: "list[_Shard]") -> None:
    while shards:
        _, possibly, surely = shards.pop()
        possibly.close()
        surely.close()


class _Session:
    """One set of rules in the engine, asked with one fact at a time."""

    def __init__(self, engine: Any, definitions: Json, facts: Facts) -> None:
        self._engine = engine
        self._facts = facts
        self._handle = engine.create_ruleset(f"rules-{next(_numbers)}", _encoded(definitions))

    def ask(self, values: Mapping[str, Scalar], at: int) -> set[int]:
        """Give the numbers of the rules that match."""
        fact = _encoded(self._facts(values, at))
        try:
            return set(self._matched(fact))
        except self._engine.error as error:
            raise EngineFailed(f"durable-rules: {error}") from None

    def _matched(self, fact: str) -> Iterator[int]:
        engine, handle = self._engine, self._handle
        try:
            code, place = engine.assert_fact(handle, fact)
            if code not in (0, NO_MATCH):
                raise EngineFailed(f"durable-rules: code {code}")
            found = engine.start_action_for_state(handle, place) if code == 0 else None
            action = found[1] if found else None
            while action is not None:  # '{"r17":...': of an action only the name is read
                yield int(action[3 : action.index('"', 3)])
                action = engine.complete_and_start_action(handle, place)
        finally:
            engine.retract_fact(handle, fact)

    def close(self) -> None:
        self._engine.delete_ruleset(self._handle)


_Shard: TypeAlias = tuple[Sequence[Rule], _Session, _Session]
"""Rules, and who is asked which of them are possibly and which surely true."""


def _encoded(value: Json) -> str:
    """JSON as the engine reads it: an exponent needs a point before it."""
    text = msgspec.json.encode(value).decode()
    return _EXPONENT.sub(r"\1.0e", text) if "e" in text else text
