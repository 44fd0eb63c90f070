"""Identifiers become typed tokens before anything is cached, logged or sent: `<CARD_1>`.

Checked numbers get their own kind (cards by Luhn and issuer range, IBANs by check digits); what
merely looks like an identifier is taken out as `<NUMBER_1>`, since one digit run in ten
passes Luhn and a wrong token costs little. The same identifier gets the same token within a
memo; which identifier it was is forgotten at once, so there is no map that could leave.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, Literal, TypeAlias

import msgspec
from stdnum import iban, luhn

Kind: TypeAlias = Literal["CARD", "IBAN", "EMAIL", "PHONE", "NUMBER", "PAYER"]

TOKEN: Final = re.compile(r"<(?:CARD|IBAN|EMAIL|PHONE|NUMBER|PAYER)_\d{1,3}>")
"""What stands for an identifier."""

_EMAIL: Final = re.compile(r"[^\s@<>()\[\]:;,\"']{1,64}\s?@\s?[^\s@<>()\[\]:;,\"']{1,190}")
_IBAN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[ -]?\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")
_PHONE: Final = re.compile(
    r"(?:\+|(?<!\w)(?<!\d[ ./_,:-])00)[ ]?[1-9](?:[ .()/-]{0,2}\d){6,14}(?!\d)"
)
_DIGITS: Final = re.compile(r"\d(?:[ ./_,:-]{0,3}\d){8,}")
_DIGIT: Final = re.compile(r"[0-9]")
_GROUPS: Final = re.compile(r"[ ./_,:-]+")

_SHORTEST: Final = 3  # letters of a payer's word that is redacted
_LONG_RUN: Final = 9  # digits without a gap: account and document numbers
_LONG_PARTS: Final = 12  # digits with gaps: shorter ones are dates and amounts
_CARD_PREFIX: Final = re.compile(
    r"4|5[0-8]|6|3[0-9]|81|82|9792|2(?:20[0-4]|22[1-9]|2[3-9]|[3-6]|70|71|720)"
)
"""First digits of Visa, Mastercard, Maestro, Discover, UnionPay, RuPay, Amex, Diners, JCB, Troy
and Mir."""


class Redacted(msgspec.Struct, frozen=True, gc=False):
    """A memo without identifiers, and which kinds were taken out, in order of appearance."""

    text: str
    kinds: tuple[Kind, ...] = ()


def redact(text: str, own: Iterable[str] = ()) -> Redacted:
    """Take identifiers out of one normalised field; never join fields before.

    `own` are names and ids of the payer: they go out wherever they stand as words, in any case,
    a name also by each of its parts of three letters or more.
    """
    tokens = _Tokens()
    if "@" in text:
        text = _EMAIL.sub(tokens.put("EMAIL"), text)
    text = _own_words(text, own, tokens)
    if _DIGIT.search(text):
        text = _IBAN.sub(tokens.iban, text)
        text = _PHONE.sub(tokens.put("PHONE"), text)
        text = _DIGITS.sub(tokens.digits, text)
    return Redacted(text, tuple(tokens.kinds))


class _Tokens:
    """The tokens given out within one memo."""

    def __init__(self) -> None:
        self.kinds: list[Kind] = []
        self._given: dict[tuple[Kind, str], str] = {}

    def put(self, kind: Kind) -> Callable[[re.Match[str]], str]:
        return lambda match: self._token(kind, match[0])

    def iban(self, match: re.Match[str]) -> str:
        found = match[0]
        # The pattern may have swallowed the word behind it: try without, one word at a time.
        while len(found) >= 15:
            if iban.is_valid(found):
                return self._token("IBAN", found) + match[0][len(found) :]
            found = found[: max(found.rfind(" "), found.rfind("-"), 0)]
        return match[0]

    def digits(self, match: re.Match[str]) -> str:
        found = match[0]
        groups = _GROUPS.split(found)
        number = "".join(groups)
        if is_card(number) and _is_grouped(groups):
            return self._token("CARD", number)
        long = max(map(len, groups)) >= _LONG_RUN or len(number) >= _LONG_PARTS
        return self._token("NUMBER", number) if long else found

    def _token(self, kind: Kind, found: str) -> str:
        key = kind, "".join(_GROUPS.split(found)).casefold()
        token = self._given.get(key)
        if token is None:
            count = 1 + sum(other == kind for other, _ in self._given)
            token = self._given[key] = f"<{kind}_{count}>"
            self.kinds.append(kind)
        return token


def is_card(number: str) -> bool:
    """Whether 13 to 19 digits may be a card number: issuer range and Luhn."""
    return (
        13 <= len(number) <= 19
        and _CARD_PREFIX.match(number) is not None
        and luhn.is_valid(number)
    )


def _is_grouped(groups: list[str]) -> bool:
    """In one piece, by fours, or 4-6-5 and 4-6-4: how cards are written."""
    sizes = [len(group) for group in groups]
    by_fours = all(size == 4 for size in sizes[:-1]) and sizes[-1] <= 4
    return len(sizes) == 1 or by_fours or sizes in ([4, 6, 5], [4, 6, 4])


def mentions(text: str, own: Iterable[str]) -> bool:
    """Whether any of the payer's words stands anywhere in a text, also inside a word."""
    folded = text.casefold()
    for term in own:
        for part in _parts(term):
            if part in folded:
                return True
    return False


@lru_cache(maxsize=8192)
def _parts(term: str) -> tuple[str, ...]:
    """A term and its words, folded; shorter ones would take ordinary words out."""
    folded = term.casefold()
    return tuple(
        [part for part in dict.fromkeys([folded, *folded.split()]) if len(part) >= _SHORTEST]
    )


def _own_words(text: str, own: Iterable[str], tokens: _Tokens) -> str:
    if not mentions(text, own):
        return text
    for term in own:
        for part in _parts(term):
            pattern = re.compile(rf"(?<!\w){re.escape(part)}(?!\w)", re.IGNORECASE)
            text = pattern.sub(tokens.put("PAYER"), text)
    return text
