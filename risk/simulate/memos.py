"""What people write in the memo field: patterns of `memos/`, filled and cut by the rail.

A pattern holds slots in braces: `{month}`, `{first}` (of the payee), `{mine}` (the payer's name),
`{number}` (the biller's own form), or the name of any other list in the same file.
"""

from dataclasses import dataclass
from functools import cache
from re import finditer

from risk.simulate.people import FPS, P2P
from risk.simulate.sections import read
from risk.simulate.stream import GOLDEN, MASK, mix_one

LIMITS = (18, 140, 280, 280, 140)
"""Characters by rail: fps, sepa, npp, p2p, swift."""
FAMILIES = (
    "", "person", "rent", "own", "bill", "market", "family", "tax", "crypto", "large", "debit",
    "invoice", "salary",
)  # fmt: skip
"""Families of patterns; a payment's `family` is an index. The first is the blank memo."""
GIVEN_SLOTS = (
    "first",
    "payee",
    "mine",
    "own",
    "month",
    "year",
    "number",
    "digits",
    "short",
    "amount",
    "weekday",
    "day",
)


class BadPattern(Exception):
    """A memo file with a mistake; `str()` names file and line."""


@dataclass(frozen=True)
class Facts:
    """What a memo may speak of."""

    payee: str
    payer: str
    month: int  # 1-12
    year: int
    day: int
    amount: str


@dataclass(frozen=True)
class Pattern:
    """Text with slots: `texts` has one more entry than `slots`."""

    texts: tuple[str, ...]
    slots: tuple[str, ...]


@dataclass(frozen=True)
class Phrasebook:
    """The patterns and lists of one language."""

    families: dict[str, tuple[Pattern, ...]]
    lists: dict[str, tuple[str, ...]]


@cache
def phrasebook(language: str) -> Phrasebook:
    """Read one language's file; raises `BadPattern` where a slot has no list."""
    sections = read("memos", language)
    lists = {
        name.removeprefix("list "): tuple(text for _, text in lines)
        for name, lines in sections.items()
        if name.startswith("list ")
    }
    families = {
        name: tuple(
            _pattern(text, lists, f"memos/{language}.txt:{line}") for line, text in lines
        )
        for name, lines in sections.items()
        if not name.startswith("list ")
    }
    return Phrasebook(families, lists)


def _pattern(text: str, lists: dict[str, tuple[str, ...]], place: str) -> Pattern:
    texts, slots, end = [], [], 0
    for match in finditer(r"\{([a-z ]+)\}", text):
        if match[1] not in lists and match[1] not in GIVEN_SLOTS:
            raise BadPattern(f"{place}: no list or slot named {match[1]!r}")
        texts.append(text[end : match.start()])
        slots.append(match[1])
        end = match.end()
    return Pattern((*texts, text[end:]), tuple(slots))


def write(language: str, family: int, key: int, row: int, facts: Facts, rail: int) -> str:
    """The memo of one payment.

    `key` chooses the pattern and what stays the same from month to month, `row` what changes.
    """
    book = phrasebook(language)
    patterns = book.families[FAMILIES[family]]
    pattern = patterns[(mix_one(key) >> 32) * len(patterns) >> 32]
    parts = [pattern.texts[0]]
    for number, slot in enumerate(pattern.slots):
        word = mix_one((key + (number + 1) * GOLDEN) & MASK)
        parts.append(_fill(book, slot, word, row, facts))
        parts.append(pattern.texts[number + 1])
    return _type("".join(parts), mix_one(key ^ GOLDEN), mix_one(row ^ GOLDEN), rail)


def _fill(book: Phrasebook, slot: str, word: int, row: int, facts: Facts) -> str:
    entries = book.lists.get(slot)
    if entries is not None:
        if slot == "month":
            return entries[facts.month - 1]
        return entries[(word >> 32) * len(entries) >> 32]
    if slot == "first":
        return facts.payee.split(" ", 1)[0]
    if slot == "number":
        return _number(word, row)
    return {
        "payee": facts.payee,
        "mine": facts.payer,
        "own": facts.payer.split(" ", 1)[0],
        "year": str(facts.year),
        "digits": f"{row % 10**6:06d}",
        "short": f"{row % 900 + 100}",
        "amount": facts.amount,
        "day": f"{facts.day}",
    }[slot]


def _number(word: int, row: int) -> str:
    """An invoice or customer number: the form belongs to the biller, digits to the payment."""
    form, serial = word % 8, row >> 8
    if form == 0:
        return f"{2020 + word // 8 % 6}-{serial % 10**4:04d}"
    if form == 1:
        return f"RE{serial % 10**5:05d}"
    if form == 2:
        return f"INV-{serial % 10**4:04d}"
    if form == 3:
        return _structured(f"{serial % 10**8:08d}")
    if form == 4:
        return f"{word // 8 % 10**7:07d}"  # a customer number: always the same
    if form == 5:
        return f"{serial % 10**6:06d}/{word // 8 % 100:02d}"
    if form == 6:
        return f"{serial % 10**10:010d}"
    return f"A{word // 8 % 1000:03d}{serial % 1000:03d}"


def _structured(body: str) -> str:
    """An ISO 11649 creditor reference with its check digits."""
    return f"RF{98 - int(f'{body}271500') % 97:02d}{body}"


def _type(text: str, habit: int, row: int, rail: int) -> str:
    """How it is typed: capitals by habit, mistakes by chance, cut by the rail."""
    if habit % 100 < (55 if rail == FPS else 12):
        text = text.upper()
    if row % 100 < 4 and len(text) > 3:
        text = _mistype(text, row >> 8)
    if row % 100 >= 98:
        text = text.replace(" ", "  ", 1)
    limit = LIMITS[rail]
    if rail in (P2P, 2) and habit >> 8 & 0xFF < 64:
        text = f"{text} {_EMOJI[(row >> 16) % len(_EMOJI)]}"
    return text[:limit].strip()


_EMOJI = (
    "🍕",
    "🙏",
    "🎉",
    "❤️",
    "🏠",
    "🚗",
    "☕",
    "😂",
    "🍻",
    "👍",
    "🎁",
    "✈️",
    "🐶",
    "⚽",
    "🎂",
)


def _mistype(text: str, word: int) -> str:
    place = 1 + word % (len(text) - 2)
    if word >> 16 & 1:
        return text[:place] + text[place + 1 :]
    return text[: place - 1] + text[place] + text[place - 1] + text[place + 1 :]
