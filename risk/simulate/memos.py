"""What people write in the memo field: the patterns of `memos/`, with their slots filled.

A pattern holds slots in braces: `{first}` (name of the payee), `{payee}`, `{mine}` (the payer's
name), `{month}`, `{year}`, `{day}`, `{number}` (in the biller's own form), `{digits}`,
`{short}`, `{owed}` (to a creditor or an office), or the name of any `[list ...]` of the same
file.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

import msgspec

from risk.simulate.sections import read
from risk.simulate.stream import mix_one

FAMILIES = (
    "", "person", "rent", "own", "bill", "market", "family", "tax", "crypto", "large", "debit",
    "invoice", "salary", "tell", "abuse", "delicate",
    "order", "authority", "fake output", "framing", "cost", "exfiltration", "false purpose",
    "hidden", "encoded", "split", "benign twin",
)  # fmt: skip
"""Families of patterns; a payment's `family` is a place in this table. The first is blank."""
FAMILY = {name: place for place, name in enumerate(FAMILIES)}
BLANK = 0
_FOREIGN = FAMILY["order"]
"""From here on the texts are those of memos/injection.txt, in every language."""
NEEDS = {
    "order": 35, "authority": 18, "fake output": 18, "framing": 60, "cost": 140,
    "exfiltration": 60, "false purpose": 18, "hidden": 280, "encoded": 35, "split": 18,
}  # fmt: skip
"""Attacks on a model, and the characters that each needs."""
ATTACKS = tuple(NEEDS)
_SLOT = re.compile(r"\{([a-z ]+)\}")


class BadPattern(Exception):
    """A memo file with a mistake; `str()` names file and line."""


class Facts(msgspec.Struct, frozen=True):
    """What a memo may speak of. `biller` is the payee's reference."""

    payee: str
    payer: str
    biller: int
    month: int  # 1-12
    year: int
    day: int
    service: str = "utility"  # what creditor or office serves: a list of what is owed for it


Fill: TypeAlias = Callable[[int, int, Facts], str]
"""What stands in a slot, by the memo's word, the payment's own, and the facts."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text with slots between: `first`, then for each slot its name and the text after it."""

    first: str
    slots: tuple[tuple[str, str], ...]
    fills: tuple[tuple[Fill, str], ...] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """The patterns and lists of one file."""

    families: dict[str, tuple[Pattern, ...]]
    lists: dict[str, tuple[str, ...]]


@cache
def phrasebook(name: str) -> Phrasebook:
    """Read one file of `memos/`; raises `BadPattern` where a slot has no list."""
    sections = read("memos", name)
    lists = {
        title.removeprefix("list "): tuple(text for _, text in lines)
        for title, lines in sections.items()
        if title.startswith("list ")
    }
    families = {
        title: tuple(_pattern(text, lists, f"memos/{name}.txt:{line}") for line, text in lines)
        for title, lines in sections.items()
        if not title.startswith("list ")
    }
    return Phrasebook(families, lists)


def _pattern(text: str, lists: dict[str, tuple[str, ...]], place: str) -> Pattern:
    text = text.encode("raw_unicode_escape").decode("raw_unicode_escape")
    first, *rest = _SLOT.split(text)
    slots = tuple(zip(rest[::2], rest[1::2], strict=True))
    for slot, _ in slots:
        if slot not in lists and slot not in (*_FACTS, "owed"):
            raise BadPattern(f"{place}: no list or slot is named {slot!r}")
    fills = ((_fill(slot, 9 * n, lists), after) for n, (slot, after) in enumerate(slots))
    return Pattern(first, slots, tuple(fills))


def _fill(slot: str, shift: int, lists: dict[str, tuple[str, ...]]) -> Fill:
    if slot == "month":
        return lambda _, __, facts: lists["month"][facts.month - 1]
    if slot == "owed":
        return lambda word, _, facts: _entry(lists[facts.service], word >> shift)
    if slot in lists:
        return lambda word, _, __: _entry(lists[slot], word >> shift)
    return _FACTS[slot]


def _entry(entries: tuple[str, ...], word: int) -> str:
    return entries[word % len(entries)]


def compose(language: str, family: int, key: int, word: int, row: int, facts: Facts) -> str:
    """The words of one memo.

    `word` (`key`, mixed) chooses the pattern and what stays the same from month to month, `row`
    what changes; a text in parts says by `key` which part.
    """
    name = FAMILIES[family]
    book = phrasebook(language if family < _FOREIGN else "injection")
    patterns = book.families[name]
    if name == "split":
        parts = patterns[(key >> 4) % len(patterns)].first.split("|")
        return parts[(key & 15) % len(parts)]
    pattern = patterns[(word >> 40) % len(patterns)]
    text = pattern.first
    for fill, after in pattern.fills:
        text += fill(word, row, facts) + after
    return text


_FACTS: dict[str, Fill] = {
    "first": lambda _, __, facts: facts.payee.split(" ", 1)[0],
    "payee": lambda _, __, facts: facts.payee,
    "mine": lambda _, __, facts: facts.payer,
    "own": lambda _, __, facts: facts.payer.split(" ", 1)[0],
    "year": lambda _, __, facts: str(facts.year),
    "day": lambda _, __, facts: str(facts.day),
    "digits": lambda _, row, __: f"{row % 10**6:06d}",
    "short": lambda word, _, __: str(word % 900 + 100),
    "number": lambda word, row, facts: _number(mix_one(facts.biller), word, row >> 8),
}


def structured(body: str) -> str:
    """An ISO 11649 creditor reference: RF, two check digits, the body (digits)."""
    return f"RF{98 - int(f'{body}271500') % 97:02d}{body}"


_FORMS: tuple[Callable[[int, int, int], str], ...] = (
    lambda form, _, serial: f"{2019 + form % 6}-{serial % 10**4:04d}",
    lambda _, __, serial: f"RE{serial % 10**5:05d}",
    lambda _, __, serial: f"INV-{serial % 10**4:04d}",
    lambda _, __, serial: structured(f"{serial % 10**8:08d}"),
    lambda _, customer, __: f"{customer % 10**7:07d}",  # a customer's number: always the same
    lambda _, customer, __: f"{customer % 10**7:07d}",
    lambda _, customer, serial: f"{serial % 10**6:06d}/{customer % 100:02d}",
    lambda _, __, serial: f"{serial % 10**10:010d}",
    lambda form, customer, serial: (
        f"{chr(65 + form % 26)}{customer % 1000:03d}{serial % 1000:03d}"
    ),
)


def _number(form: int, customer: int, serial: int) -> str:
    """An invoice or customer number: the form is the biller's, the digits the payment's."""
    return _FORMS[form % len(_FORMS)](form // len(_FORMS), customer, serial)
