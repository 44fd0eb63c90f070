"""The local reader: needs no key and no network, and reads every memo.

It gives the same `Reading` as the model, from phrase lists, checked identifiers and name lists.
What it cannot tell it leaves at the neutral value; it never guesses a person or a mood.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from features.text.folding import SPACED, Folded, fold
from features.text.language import Languages, load_languages
from features.text.lexicon import STRONG, Hit, Lexicon, load_lexicon
from features.text.names import NameList
from features.text.normalise import Plain, normalise
from features.text.redact import TOKEN, mentions, redact
from features.text.schema import (
    FLAGS,
    MAX_ENTITIES,
    NO_MEMO,
    PURPOSES,
    Entity,
    Flag,
    Purpose,
    Reading,
    RedFlag,
    Span,
)

URGENCY_OF_A_PHRASE: Final = 0.6
TONE_OF_A_PHRASE: Final = 0.35

_MANY: Final = 16_384
_LINK: Final = re.compile(
    r"h(?:tt|xx)ps?://\S+|\bwww\.[a-z0-9]\S*"
    r"|(?<![\w@.-])[a-z0-9-]{2,63}(?:\.[a-z0-9-]{1,63}){0,4}"
    r"\.(?:com|net|org|info|biz|io|me|app|dev|xyz|top|site|online|shop|live|link|click|ly|gl"
    r"|co|uk|de|fr|es|nl|it|at|ch|be|eu|ru|cn|us|cc|tk|gg)(?![\w-])(?:/\S*)?",
    re.IGNORECASE,
)
# What only text for a model holds: chat template tokens, roles, JSON, and long encoded runs.
_MARKUP: Final = re.compile(
    r"<\|?/?(?:im_start|im_end|endoftext|system|user|assistant|begin_of_text|eot_id)[^>]*>"
    r"|\[/?INST\]|<</?SYS>>|</?s>|\{\s*\\?[\"']\w|\"\s*:\s*[\[{\"\d]|```|<!--|</?[a-z]{1,20}(?:_[a-z]+)?>"
    r"|(?:^|\s|#)(?:system|assistant|user|human)\s*:",
    re.IGNORECASE,
)
_ENCODED: Final = re.compile(
    r"[A-Za-z0-9+/=_-]{32,}|(?:\\[xu][0-9a-f]{2,4}){3,}|(?:%[0-9a-f]{2}){4,}"
)
_FIRM: Final = re.compile(
    r"\b(?:Ltd|LTD|Limited|LIMITED|PLC|plc|LLP|LLC|Inc|INC|Corp|CORP|GmbH|GMBH|AG|KG|SA|SAS|SARL|SRL"
    r"|SpA|SPA|BV|NV|AB|Oy|AS)\b"
)
"""Legal forms as they are written: "as" and "ab" are words, "AS" and "AB" are firms."""
_FIRM_WORDS: Final = 4
_SIGNS: Final = re.compile(r"[^\w ]|\w{32}|(?<!\w)\w \w \w ")
"""What each of the patterns needs: most memos have none of it, and this is cheap to see."""

_PATTERNS: Final[tuple[tuple[re.Pattern[str], Flag], ...]] = (
    (_LINK, "link"),
    (_MARKUP, "instruction"),
    (_ENCODED, "obfuscated"),
    (SPACED, "obfuscated"),
)


class Memo(msgspec.Struct, frozen=True, gc=False):
    """A memo that may leave: normalised and redacted, with what was read in it here."""

    text: str
    reading: Reading


NOTHING: Final = Memo("", NO_MEMO)


class LocalReader:
    """Reads memos, the same memo always the same. Remembers the last `capacity` memos."""

    def __init__(
        self,
        lexicon: Lexicon,
        languages: Languages,
        names: Sequence[NameList] = (),
        capacity: int = _MANY,
    ) -> None:
        self._lexicon = lexicon
        self._languages = languages
        self._names = tuple(names)
        self._lists = tuple(names.name for names in self._names)
        self._capacity = capacity
        self._known: dict[str | tuple[str, ...], Memo] = {}

    def read(self, memo: str | None, own: Sequence[str] = ()) -> Reading:
        """What a memo says. `own` are names and ids of the payer, which are redacted."""
        return self.look(memo, own).reading

    def look(self, memo: str | None, own: Sequence[str] = ()) -> Memo:
        """A memo made fit to leave, and its reading. Total: any string can be read."""
        if not memo:
            return NOTHING
        # What the payer owns may hide behind lookalikes; a plain memo shows it at once.
        key = memo if memo.isascii() and not mentions(memo, own) else (memo, *own)
        known = self._known.get(key)
        if known is None:
            known = self._read(normalise(memo), own)
            if len(self._known) >= self._capacity:
                del self._known[next(iter(self._known))]
            self._known[key] = known
        return known

    def _read(self, plain: Plain, own: Sequence[str]) -> Memo:
        if not plain.text and not plain.hidden:
            return NOTHING
        text = redact(plain.text, own).text
        folded = fold(text)
        hits = self._lexicon.find(folded)
        urgency = min(1.0, URGENCY_OF_A_PHRASE * _weigh(hits, "flag:urgent"))
        friendly, hostile = _weigh(hits, "tone:friendly"), _weigh(hits, "tone:hostile")
        reading = Reading(
            source="local",
            sentiment=max(-1.0, min(1.0, TONE_OF_A_PHRASE * (friendly - hostile))),
            urgency=urgency,
            purpose=_purpose(hits),
            language=self._languages.tell(text),
            entities=self._entities(text, folded),
            red_flags=_red_flags(text, hits, plain),
            length=len(plain.text),
            lists=self._lists,
        )
        return Memo(text, reading)

    def _entities(self, text: str, folded: Folded) -> tuple[Entity, ...]:
        found = [
            Entity("account", Span(*match.span()), 1.0)
            for match in TOKEN.finditer(text)
            if not match[0].startswith("<PAYER")
        ]
        found += [Entity("organisation", span, 0.5) for span in _firms(text)]
        for names in self._names:
            found += names.find(folded)
        return tuple(found[:MAX_ENTITIES])


def _firms(text: str) -> list[Span]:
    """Legal forms with the capitalised words before them, four at most."""
    spans: list[Span] = []
    for match in _FIRM.finditer(text):
        start = match.start()
        for word in reversed(text[: match.start()].split()[-_FIRM_WORDS:]):
            if not (word[0].isupper() or word[0].isdigit() or word == "&"):
                break
            start = text.rindex(word, 0, start)
        if start < match.start() and (not spans or start >= spans[-1].end):
            spans.append(Span(start, match.end()))
    return spans


def _weigh(hits: Iterable[Hit], label: str) -> float:
    """Weights of a label's phrases, of overlapping ones the first."""
    total, end = 0.0, -1
    for hit in sorted([hit for hit in hits if hit.label == label], key=_place):
        if hit.span.start >= end:
            total += hit.weight
            end = hit.span.end
    return total


def _place(hit: Hit) -> tuple[int, float]:
    return hit.span.start, -hit.weight


def _purpose(hits: Iterable[Hit]) -> Purpose:
    found = {hit.label: -hit.span.start for hit in hits if hit.label in _PURPOSE_LABELS}
    if not found:
        return "other"
    return _PURPOSE_LABELS[max(found, key=lambda label: (_weigh(hits, label), found[label]))]


_PURPOSE_LABELS: Final = {f"purpose:{purpose}": purpose for purpose in PURPOSES}


def _red_flags(text: str, hits: Sequence[Hit], plain: Plain) -> tuple[RedFlag, ...]:
    flags: dict[Flag, RedFlag] = {}
    for flag in {_FLAG_LABELS[hit.label]: None for hit in hits if hit.label in _FLAG_LABELS}:
        label = f"flag:{flag}"
        if _weigh(hits, label) >= STRONG:
            first = min([hit for hit in hits if hit.label == label], key=_place)
            flags[flag] = RedFlag(flag, first.span)
    for pattern, flag in _PATTERNS if _SIGNS.search(text) else ():
        match = pattern.search(text)
        if match and flag not in flags:
            flags[flag] = RedFlag(flag, Span(*match.span()))
    if plain.hidden:
        flags.setdefault("obfuscated", RedFlag("obfuscated", Span(0, len(text))))
    return tuple(flags.values())


_FLAG_LABELS: Final = {f"flag:{flag}": flag for flag in FLAGS}


def load_reader(names: Sequence[NameList] = ()) -> LocalReader:
    """The reader with the phrase lists of the package; `names` are lists to match against."""
    return LocalReader(load_lexicon(), load_languages(), names)
