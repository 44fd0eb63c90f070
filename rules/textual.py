"""The pieces of compiled conditions that read text; see `rules.closures`."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rules.calendar import age_days
from rules.closures import NumberOf, Test, TextOf, Values
from rules.model import ALWAYS, Truth
from rules.wording import fold

_folded: Final = lru_cache(maxsize=8192)(fold)


def fold_again(text: str) -> str:
    """Fold; text in other scripts, which takes long, is remembered for a while.

    Plain ids are folded in less time than a full cache takes to make room for one.
    """
    return text.strip().lower() if text.isascii() else _folded(text)


def text_named(name: str) -> TextOf:
    """Get text as it came."""

    def get(values: Values, at: int) -> str | None:
        value = values.get(name)
        return value if type(value) is str else None

    return get


def folded(text: TextOf) -> TextOf:
    """Text as it is compared."""

    def get(values: Values, at: int) -> str | None:
        value = text(values, at)
        return None if value is None else fold_again(value)

    return get


def equalled(name: str, sign: str, text: str) -> Test:
    """Do what `compared` does for a named text and a folded constant, in one step."""
    equal = sign == "=="

    def test(values: Values, at: int) -> Truth:
        value = values.get(name)
        if type(value) is not str:
            return None
        return (fold_again(value) == text) is equal

    return test


def aged(since: TextOf) -> NumberOf:
    """Days since a date that stands in a text."""

    def get(values: Values, at: int) -> float | None:
        text = since(values, at)
        return None if text is None else age_days(text, at)

    return get


def listed(text: TextOf, ends: Mapping[str, int]) -> Test:
    """Whether a text is an entry that has not ended at the event time."""

    def test(values: Values, at: int) -> Truth:
        found = text(values, at)
        return None if found is None else at < ends.get(found, ALWAYS)

    return test


def containing(text: TextOf, ends: Mapping[str, int]) -> Test:
    """Whether some entry that has not ended is a part of a text."""

    def test(values: Values, at: int) -> Truth:
        found = text(values, at)
        if found is None:
            return None
        return any([part in found and at < end for part, end in ends.items()])

    return test


def starting(text: TextOf, prefix: str) -> Test:
    """Whether a text begins with a constant."""

    def test(values: Values, at: int) -> Truth:
        found = text(values, at)
        return None if found is None else found.startswith(prefix)

    return test
