"""What a book thinks of one payment, rule by rule, in words: for people who have to answer."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from rules.condition import Compare, Named
from rules.model import Book, Dossier, PointRule, Rule, Truth, flag_of
from rules.rollout import covers
from rules.template import show
from rules.trace import Trace, blockers, is_near, trace
from rules.vocabulary import Scalar
from rules.written import written

Standing: TypeAlias = Literal["fired", "unknown", "near", "silent"]
STANDINGS: Final[tuple[Standing, ...]] = ("fired", "unknown", "near", "silent")
TRUTHS: Final[Mapping[Truth, str]] = {True: "true", False: "false", None: "unknown"}


class Explained(msgspec.Struct, frozen=True):
    """One rule on one payment. `part` says in what way it takes part in the decision.

    `steps` are those of a sequence: all that led to it, or what the last one asks of this
    payment if it is not (or not known to be) completed.
    """

    rule: Dossier
    standing: Standing
    part: str
    trace: Trace
    steps: tuple["Line", ...] = ()


class Line(msgspec.Struct, frozen=True):
    """One condition as it is shown: how deep, how true, what it says, and why."""

    depth: int
    truth: Truth
    text: str
    note: str


def explain_book(book: Book, values: Mapping[str, Scalar], at: int) -> list[Explained]:
    """Explain every rule: those that fired first, then unknown, nearly fired, and silent ones.

    `values` are all that were known, the score included.
    """
    found = [_explained(book, rule, values, at) for rule in book.dossiers.values()]
    return sorted(found, key=lambda one: (STANDINGS.index(one.standing), one.rule.id))


def _explained(book: Book, rule: Dossier, values: Mapping[str, Scalar], at: int) -> Explained:
    found = trace(rule, book, values, at)
    in_force = rule.mode != "off" and rule.window.holds(at)
    standing: Standing = "silent"
    if found.truth is None and in_force:
        standing = "unknown"
    elif found.truth and in_force:
        standing = "fired"
    elif is_near(found):
        standing = "near"
    steps = tuple(_steps(book, rule, values, at))
    return Explained(rule, standing, part_of(rule, values, at), found, steps)


def _steps(book: Book, rule: Dossier, values: Mapping[str, Scalar], at: int) -> Iterator[Line]:
    if not isinstance(rule, Rule) or rule.sequence is None:
        return
    flag, (*earlier, last) = flag_of(rule.id), rule.sequence.steps
    begin = f"{flag}."
    bound = {n.removeprefix(begin): v for n, v in values.items() if n.startswith(begin)}
    if values.get(flag) is True:
        for step in earlier:
            own = {n: v for n, v in sorted(bound.items()) if n.startswith(f"{step.name}.")}
            yield Line(0, True, f"{step.name}: {written(step.condition)}", _shown(own))
    asked = msgspec.structs.replace(rule, condition=last.condition)
    for line in lines(trace(asked, book, {**values, **bound}, at)):
        name = "" if line.depth else f"{last.name}: "
        yield msgspec.structs.replace(line, text=name + line.text)


def deciding(
    book: Book, rule: Dossier, values: Mapping[str, Scalar], at: int, wanted: Truth
) -> Iterator[Line]:
    """Show the fewest conditions that keep a rule from holding, or else all that make it hold.

    `wanted` is how the rule should have been, and was not.
    """
    found = trace(rule, book, values, at)
    between = blockers(found) if wanted is not False else ()
    for one in between or (found,):
        yield from lines(one)


def part_of(rule: Dossier, values: Mapping[str, Scalar], at: int) -> str:
    """Say in what way a rule takes part in the decision of a payment."""
    if rule.mode != "live":
        return rule.mode
    if not rule.window.holds(at):
        return "not in effect then"
    return "live" if covers(rule, values) else "control group of its rollout"


def effect(rule: Dossier) -> str:
    """Say what a rule does: its tier, or its points."""
    if isinstance(rule, Rule):
        return rule.tier
    return f"{rule.points:+d} points" if isinstance(rule, PointRule) else ""


def lines(found: Trace, depth: int = 0) -> Iterator[Line]:
    """Write a trace as lines, each condition under what joins it."""
    if found.parts:
        yield Line(depth, found.truth, found.text, "")
        for part in found.parts:
            yield from lines(part, depth + 1)
    else:
        yield Line(depth, found.truth, found.text, _note(found))


def _note(found: Trace) -> str:
    known = _shown(found.values)
    return known if found.gap is None else f"{known}; {_distance(found)}"


def _shown(values: Mapping[str, Scalar | None]) -> str:
    return "; ".join([f"{name} = {show(value)}" for name, value in values.items()])


def _distance(found: Trace) -> str:
    node = found.node
    assert isinstance(node, Compare)  # noqa: S101 # only comparisons have a gap
    if not found.gap:
        return "exactly at the limit, which does not count"
    gap = show(found.gap)
    if node.operator == "==":
        return f"{gap} away"
    is_turned = isinstance(node.right, Named) and not isinstance(node.left, Named)
    wants_more = (node.operator in (">", ">=")) is not is_turned
    return f"{gap} short of the limit" if wants_more else f"{gap} over the limit"
