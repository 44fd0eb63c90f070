"""What changed between two books, in words."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec

from rules.calendar import EPOCH, MICROSECOND
from rules.explain import effect
from rules.model import (
    ALWAYS,
    FOREVER,
    Book,
    Dossier,
    Listing,
    Llm,
    Param,
    Rollout,
    Rule,
    Window,
    flag_of,
)
from rules.template import Template
from rules.velocity import Velocity, duration, said
from rules.written import constant, written

Kind: TypeAlias = Literal["added", "removed", "changed"]

PLAIN: Final = ("title", "owner", "severity", "mode", "code", "runbook", "on_missing")


class Change(msgspec.Struct, frozen=True):
    """One thing that is not as it was: of what kind, what it is, and each change in words."""

    kind: Kind
    about: str
    words: tuple[str, ...] = ()


def changes(old: Book, new: Book) -> list[Change]:
    """Compare two books: their frames, velocities, lists and rules."""
    frame = tuple(_frame(old, new))
    return [
        *([Change("changed", "book", frame)] if frame else []),
        *_named("velocity ", old.velocities, new.velocities, _velocity),
        *_named("list @", old.lists, new.lists, _listing),
        *_named("rule ", old.dossiers, new.dossiers, _rule),
    ]


def _named(
    head: str, old: Mapping[str, Any], new: Mapping[str, Any], compare: Any
) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        if name not in new:
            yield Change("removed", head + name)
        elif name not in old:
            yield Change("added", head + name, tuple(_summary(new[name])))
        elif words := tuple(compare(old[name], new[name])):
            yield Change("changed", head + name, words)


def _summary(item: Any) -> Iterator[str]:
    if isinstance(item, Dossier):
        yield f"{effect(item)}, {item.mode}: {item.title}"
        yield f"when {condition(item)}"
        if item.rollout is not None:
            yield f"rollout: {rollout_text(item.rollout)}"
    elif isinstance(item, Listing):
        yield f"{item.kind} list of {entries(len(item.ends))}"
    else:
        yield said(item)


def _frame(old: Book, new: Book) -> Iterator[str]:
    for name in ("name", "version", "owner", "currency", "default", "on_malformed"):
        yield from _moved(name, getattr(old, name), getattr(new, name))
    for name in ("review", "reject", "rules"):
        was, now = getattr(old.thresholds, name), getattr(new.thresholds, name)
        yield from _moved(f"score {name}", was, now)
    for name in Llm.__struct_fields__:
        yield from _moved(f"llm {name}", getattr(old.llm, name), getattr(new.llm, name))
    for tier, outcome in old.outcomes.items():
        yield from _moved(f"tier {tier}", outcome, new.outcomes[tier])
    if old.rates != new.rates:
        yield "exchange rates changed"
    gone, come = old.attributes.keys() - new.attributes, new.attributes.keys() - old.attributes
    yield from (f"{name} is no longer declared" for name in sorted(gone))
    yield from (f"{name} is declared" for name in sorted(come))


def _velocity(old: Velocity, new: Velocity) -> Iterator[str]:
    for name in old.__struct_fields__:
        was, now = getattr(old, name), getattr(new, name)
        if name in ("window", "delay"):
            was, now = was and duration(was), now and duration(now)
        if name not in ("line", "where", "name"):
            yield from _moved(name.removesuffix("_text"), was, now)


def _listing(old: Listing, new: Listing) -> Iterator[str]:
    yield from _moved("kind", old.kind, new.kind)
    come, gone = new.ends.keys() - old.ends.keys(), old.ends.keys() - new.ends.keys()
    moved = [
        entry
        for entry in new.ends.keys() & old.ends.keys()
        if old.ends[entry] != new.ends[entry]
    ]
    for count, verb in (
        (len(come), "added"),
        (len(gone), "removed"),
        (len(moved), "with another expiry"),
    ):
        if count:
            yield f"{entries(count)} {verb}"


def entries(count: int) -> str:
    """Write `1 entry`, `2 entries`."""
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _rule(old: Dossier, new: Dossier) -> Iterator[str]:
    yield from _moved("does", effect(old), effect(new))
    for name in PLAIN:
        yield from _moved(name, getattr(old, name, None), getattr(new, name, None))
    yield from _moved("condition", condition(old), condition(new))
    yield from _params(old.params, new.params)
    yield from _moved("effective", dates(old.window), dates(new.window))
    yield from _moved("rollout", rollout_text(old.rollout), rollout_text(new.rollout))
    yield from _moved("reason", reason_text(old.text), reason_text(new.text))
    yield from _moved("labels", ", ".join(old.labels), ", ".join(new.labels))


def _params(old: Mapping[str, Param], new: Mapping[str, Param]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        was = constant(old[name].value) if name in old else None
        now = constant(new[name].value) if name in new else None
        yield from _moved(f"${name}", was, now)


def condition(rule: Dossier) -> str:
    """Write what a rule asks in one line, its sequence too."""
    sequence = rule.sequence if isinstance(rule, Rule) else None
    if sequence is None:
        return written(rule.condition)
    steps = ", then ".join([f"{s.name}: {written(s.condition)}" for s in sequence.steps])
    asked = f"within {duration(sequence.within)} by {sequence.by} {steps}"
    whole = written(rule.condition)
    return asked if whole == flag_of(rule.id) else f"{asked}; and {whole}"


def dates(window: Window) -> str:
    """Say when a rule holds."""
    start = "" if window.start == ALWAYS else f"from {_moment(window.start)}"
    end = "" if window.end == FOREVER else f"until {_moment(window.end)}"
    return " ".join([part for part in (start, end) if part]) or "always"


def _moment(at: int) -> str:
    return (EPOCH + at * MICROSECOND).strftime("%Y-%m-%dT%H:%M:%SZ")


def rollout_text(rollout: Rollout | None) -> str:
    """Say for whom a rule acts."""
    return "everybody" if rollout is None else f"{rollout.percent:g} % by {rollout.by}"


def reason_text(template: Template) -> str:
    """Write a reason as it stands in the file."""
    return "".join(
        [
            piece
            if isinstance(piece, str)
            else f"{{{piece.name}{':' if piece.format else ''}{piece.format}}}"
            for piece in template
        ]
    )


def _moved(name: str, was: object, now: object) -> Iterator[str]:
    if was != now:
        yield f"{name}: {_shown(was)} -> {_shown(now)}"


def _shown(value: object) -> str:
    return "nothing" if value is None or value in ("", ()) else str(value)
