"""How text is compared and how it is shown: folded, and cleaned."""

import unicodedata

from rules.lookalikes import LOOKALIKES

SHOWN = 40
"""Characters of a text value that a reason may show: whoever pays wrote it, not us."""


def fold(text: str) -> str:
    """Text as it is compared: trimmed, without regard to case, width and composition.

    Signs that nobody sees are left out, and letters that look like Latin ones are those
    (`rules.lookalikes`). Folding twice changes nothing.
    """
    if text.isascii():
        return text.strip().lower()
    seen = "".join([sign for sign in text if unicodedata.category(sign) != "Cf"])
    lower = unicodedata.normalize("NFKD", seen).casefold()
    plain = unicodedata.normalize("NFKD", lower).translate(LOOKALIKES)
    return unicodedata.normalize("NFKC", plain).strip()


def clean(text: str) -> str:
    """Text as it is shown: one printable line of at most `SHOWN` characters."""
    shown = "".join(c for c in text[: 4 * SHOWN] if c.isprintable())
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"
