"""Reading a memo with what the package brings: the seam that the pipeline calls."""

from collections.abc import Sequence
from functools import cache

from features.text.local import LocalReader, Memo, load_reader
from features.text.schema import Reading

__all__ = ["Memo", "Reading", "default_reader", "look", "read"]


@cache
def default_reader() -> LocalReader:
    """The local reader with the phrase lists of the package and no name list."""
    return load_reader()


def read(memo: str | None, own: Sequence[str] = ()) -> Reading:
    """Read a memo; the same memo is always read the same."""
    return default_reader().read(memo, own)


def look(memo: str | None, own: Sequence[str] = ()) -> Memo:
    """A memo made fit to leave the house, with its reading. `own` is taken out of it."""
    return default_reader().look(memo, own)
