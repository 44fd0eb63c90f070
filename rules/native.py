"""The evaluator `native`: one generated function for a book, for the hot path."""

from collections.abc import Mapping
from typing import Final

from rules.model import ALWAYS, FOREVER, Book, Rule
from rules.source import Writer, compile_function
from rules.tree import NOTHING, Matches
from rules.vocabulary import Scalar

HEAD: Final = """\
def match(values, at):
    get = values.get
    hits = []
    unknown = []
"""
RULE: Final = """\
    if {dates}not ({surely_false}):
        (hits if {surely_true} else unknown).append({rule})
"""
FOOT: Final = """\
    if hits or unknown:
        return Matches(tuple(hits), tuple(unknown))
    return NOTHING
"""


class Native:
    """Compiles the rules of a book that are not off. Immutable; safe to share."""

    def __init__(self, book: Book) -> None:
        writer = Writer(book.lists)
        rules = [_rule(writer, rule) for rule in book.rules.values() if rule.mode != "off"]
        source = HEAD + writer.prelude() + "".join(rules) + FOOT
        constants = {**writer.constants, "Matches": Matches, "NOTHING": NOTHING}
        self._match = compile_function(source, "match", constants)

    def match(self, values: Mapping[str, Scalar], at: int) -> Matches:
        """Values by name (absent = unknown) and the event time in microseconds UTC.

        Total and pure. A rule outside its effective dates is false.
        """
        matches: Matches = self._match(values, at)
        return matches


def _rule(writer: Writer, rule: Rule) -> str:
    writer.use({name: param.value for name, param in rule.params.items()})
    start, end = rule.window.start, rule.window.end
    limited = (start, end) != (ALWAYS, FOREVER)
    return RULE.format(
        dates=f"{start} <= at < {end} and " if limited else "",
        surely_false=writer.surely(rule.condition, want=False),
        surely_true=writer.surely(rule.condition, want=True),
        rule=writer.constant(rule.id),
    )
