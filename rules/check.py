"""What looks wrong in a book that is right by its form: findings, for whoever wrote it."""

from collections.abc import Callable, Collection, Iterator
from itertools import combinations
from typing import Final, Literal, TypeAlias

import msgspec

from rules.changes import reason_text
from rules.condition import lists, names
from rules.coverage import coverage
from rules.examples import TRUTHS, untested
from rules.model import Book, Dossier, Example, Place, PointRule, Rule, conditions
from rules.region import Region, meet, region, within
from rules.shelf import FRAME_FILE
from rules.velocity_cost import above_budget
from rules.verdict import RANK

Kind: TypeAlias = Literal[
    "never-fires", "beaten", "same-ground", "contradicts", "overlaps",
    "untested", "uncovered", "threshold-untested", "unused", "costly",
    "no-effect", "percent", "same-name", "same-code",
]  # fmt: skip

MOST_PAIRS: Final = 500
"""Rules that are compared with each other: beyond that the pairs take too long."""


class Finding(msgspec.Struct, frozen=True):
    """One warning: of what kind, about what, where it is written, and why."""

    kind: Kind
    about: str
    place: Place
    cause: str

    def __str__(self) -> str:
        where = f"{self.place.file}:{self.place.line}"
        return f"{where}: {self.about}: {self.cause} [{self.kind}]"


def findings(book: Book, also_read: Collection[str] = ()) -> list[Finding]:
    """Everything that looks wrong, in the order of the files.

    `also_read` are the values that somebody else than a rule reads (the scorer).
    """
    found = [
        *_never(book),
        *_slips(book),
        *_same_codes(book),
        *_same_names(book),
        *_pairs(book),
        *_tests(book),
        *_unused_lists(book),
        *_velocities(book, also_read),
    ]
    return sorted(found, key=lambda one: (one.place.file, one.place.line, one.kind, one.cause))


def _never(book: Book) -> Iterator[Finding]:
    for rule in book.dossiers.values():
        cause = ""
        if region(rule, book.words) == ():
            cause = "can never fire: its conditions exclude each other"
        elif rule.rollout is not None and rule.rollout.percent == 0:
            cause = "never acts: its rollout covers 0 %"
        if cause:
            yield Finding("never-fires", rule.id, rule.place, cause)


def _slips(book: Book) -> Iterator[Finding]:
    """What a rule says and does not do, or does otherwise than it was meant."""
    for rule in book.dossiers.values():
        if rule.rollout is not None and rule.mode == "shadow":
            cause = (
                "its rollout does nothing: rollout works on live rules only; a rule in shadow "
                "is recorded for every payment"
            )
            yield Finding("no-effect", rule.id, rule.place, cause)
        percent = 0 if rule.rollout is None else rule.rollout.percent
        if 0 < percent < 1:
            meant = f"for {100 * percent:g} % write {100 * percent:g}"
            cause = f"percent: {percent:g} means {percent:g} %; {meant}"
            yield Finding("percent", rule.id, rule.place, cause)
        if isinstance(rule, PointRule) and abs(rule.points) > book.thresholds.rules:
            cause = (
                f"its {rule.points} points are cut: all rules together move the score by "
                f"{book.thresholds.rules} at most (score: rules in book.yaml)"
            )
            yield Finding("no-effect", rule.id, rule.place, cause)


def _same_codes(book: Book) -> Iterator[Finding]:
    """One code that says two things to whoever reads a decision."""
    first: dict[str, Dossier] = {}
    for rule in sorted(
        book.dossiers.values(), key=lambda rule: (rule.place.file, rule.place.line)
    ):
        other = first.setdefault(rule.code, rule)
        if reason_text(other.text) != reason_text(rule.text):
            cause = f"its reason {rule.code} is another one in {other.id}"
            yield Finding("same-code", rule.id, rule.place, cause)


def _same_names(book: Book) -> Iterator[Finding]:
    """Two tests that a failure could not tell apart; those without a name are left alone."""
    first: dict[tuple[str | None, str], Example] = {}
    for example in book.examples:
        other = first.setdefault((example.rule, example.name), example)
        if other is not example and example.name not in TRUTHS.values():
            cause = f"a test in line {other.place.line} is named {example.name!r} too"
            yield Finding("same-name", example.rule or "tests", example.place, cause)


def _pairs(book: Book) -> Iterator[Finding]:
    """Compare every two rules that act on all payments, as far as their regions can be told."""
    acting = [rule for rule in book.rules.values() if rule.mode == "live"]
    known = [(rule, region(rule, book.words)) for rule in acting[:MOST_PAIRS]]
    told = [(rule, found) for rule, found in known if found]
    for one, other in combinations(told, 2):
        for law in PAIR_LAWS:
            finding = law(*one, *other) or law(*other, *one)
            if finding is not None:
                yield finding
                break


def _always_with(rule: Rule, inner: Region, other: Rule, outer: Region) -> bool:
    """Whether the other rule fires whenever this one does."""
    lasts = other.window.start <= rule.window.start and rule.window.end <= other.window.end
    return other.rollout is None and lasts and within(inner, outer)


def _beaten(rule: Rule, inner: Region, other: Rule, outer: Region) -> Finding | None:
    if RANK[other.tier] <= RANK[rule.tier] or not _always_with(rule, inner, other, outer):
        return None
    cause = f"is always beaten: {other.id} ({other.tier}) fires whenever it does"
    return Finding("beaten", rule.id, rule.place, cause)


def _same_ground(rule: Rule, inner: Region, other: Rule, outer: Region) -> Finding | None:
    if rule.tier != other.tier or not _always_with(rule, inner, other, outer):
        return None
    cause = f"finds nothing that {other.id} ({other.tier}) does not find"
    return Finding("same-ground", rule.id, rule.place, cause)


def _contradicts(rule: Rule, mine: Region, other: Rule, theirs: Region) -> Finding | None:
    if rule.tier != "allow" or other.tier not in ("reject", "review"):
        return None
    if not _speaks_of(rule, other) or not any(meet(mine, theirs)):
        return None
    cause = f"lets payments pass that {other.id} ({other.tier}) would stop"
    return Finding("contradicts", rule.id, rule.place, cause)


def _overlaps(rule: Rule, mine: Region, other: Rule, theirs: Region) -> Finding | None:
    if rule.tier != other.tier or rule.reads != other.reads or not any(meet(mine, theirs)):
        return None
    return Finding("overlaps", rule.id, rule.place, f"overlaps with {other.id} ({other.tier})")


def _speaks_of(rule: Rule, other: Rule) -> bool:
    """Whether one of two rules reads nothing but what the other one reads."""
    return rule.reads <= other.reads or other.reads <= rule.reads


PAIR_LAWS: Final[tuple[Callable[[Rule, Region, Rule, Region], Finding | None], ...]] = (
    _beaten,
    _same_ground,
    _contradicts,
    _overlaps,
)


def _tests(book: Book) -> Iterator[Finding]:
    lacking: set[str] = set()
    for rule, truth in untested(book):
        lacking.add(rule.id)
        yield Finding(
            "untested", rule.id, rule.place, f"is live and has no test that is a {truth}"
        )
    for covered in coverage(book):
        rule = covered.rule
        if rule.id in lacking or rule.mode == "off":
            continue
        for seen in covered.conditions:
            if not seen.is_covered:
                never = "true" if True not in seen.truths else "false"
                cause = f"no test sees `{seen.text}` {never}"
                yield Finding("uncovered", rule.id, rule.place, cause)
            elif seen.sides is not None and len(seen.sides) < 2:
                cause = f"no test stands close to each side of `{seen.text}`"
                yield Finding("threshold-untested", rule.id, rule.place, cause)


def _unused_lists(book: Book) -> Iterator[Finding]:
    asked = [lists(node) for rule in book.dossiers.values() for node in conditions(rule)]
    used = frozenset[str]().union(*asked)
    for name in sorted(book.lists.keys() - used):
        place = Place(FRAME_FILE, book.list_lines[name])
        yield Finding("unused", f"@{name}", place, "no rule asks this list")


def _velocities(book: Book, also_read: Collection[str]) -> Iterator[Finding]:
    asked = [names(node) for rule in book.dossiers.values() for node in conditions(rule)]
    of_steps = [name.partition(".")[2] for some in asked for name in some]
    of_wheres = [names(v.where) for v in book.velocities.values() if v.where is not None]
    used = frozenset(book.names).union(also_read, of_steps, *asked, *of_wheres)
    for velocity in book.velocities.values():
        place = Place(FRAME_FILE, velocity.line)
        if velocity.name not in used:
            cause = "no rule, no scorer and no other velocity reads it"
            yield Finding("unused", velocity.name, place, cause)
        costs = above_budget(velocity)
        if costs:
            yield Finding("costly", velocity.name, place, costs)
