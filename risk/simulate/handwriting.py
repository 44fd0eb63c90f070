"""How a memo is typed: capitals, slips, emoji; and what the rail's field leaves of it."""

import re
import unicodedata

from risk.simulate.people import FPS, NPP, P2P, SEPA

LIMITS = (18, 140, 280, 280, 140)
"""Characters by rail: fps, sepa, npp, p2p, swift."""
_PLAIN = re.compile(r"[^A-Za-z0-9 /\-?:().,'+&]")
_LATIN = re.compile("[^\u0020-\u017f\u20ac]")
_EMOJI = (
    "🍕", "🙏", "🎉", "❤️", "🏠", "🚗", "☕", "😂", "🍻", "👍", "🎁", "✈️",
    "🐶", "⚽", "🎂", "💸", "🍣", "🌮", "🎬", "💐", "⛽", "🧾", "🍷", "🎸",
)  # fmt: skip
_SHORT_FIELD = 25  # what one provider leaves of the 140 characters


def typed(text: str, habit: int, row: int, rail: int, *, by_hand: bool = True) -> str:
    """The memo as it arrives. `habit` stays with payer and payee, `row` is the payment's."""
    if habit % 100 < (50 if rail == FPS else 11):
        text = text.upper()
    if by_hand and rail in (P2P, NPP):
        text = _decorated(text, habit >> 8, row >> 8)
    slip = row % 1_000
    if by_hand and slip < 121:
        text = _slip(text, slip, row >> 16)
    limit = LIMITS[rail]
    if rail == SEPA and habit // 100 % 100 < 6:
        limit = _SHORT_FIELD
    return _carried(text, rail)[:limit].strip()


def _decorated(text: str, habit: int, row: int) -> str:
    """A quarter of notes in apps carry an emoji, a fifth of those nothing else."""
    chance = habit % 100
    if chance >= 24:
        return text
    emoji = _EMOJI[row % len(_EMOJI)]
    return emoji if chance < 5 else f"{text} {emoji}"


def _slip(text: str, slip: int, word: int) -> str:
    """40 in a thousand have a typing error, 60 are cut, 20 have wide gaps, 1 is garbled."""
    if len(text) < 4:
        return text
    if slip < 40:
        place = 1 + word % (len(text) - 2)
        if word >> 16 & 1:
            return text[:place] + text[place + 1 :]
        return text[: place - 1] + text[place] + text[place - 1] + text[place + 1 :]
    if slip < 100:
        return text[: max(3, len(text) * 3 // 4)]
    if slip < 120:
        return text.replace(" ", "  ", 1)
    return text.encode().decode("cp1252", "replace")


def _carried(text: str, rail: int) -> str:
    """The characters that the rail lets through."""
    if rail in (P2P, NPP):
        return text
    if rail == FPS:
        if not text.isascii():
            text = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ł", "l"))
        return _PLAIN.sub("", text)
    return text if text.isascii() else _LATIN.sub("", text)
