"""How text is compared and how it is shown: folded, and cleaned."""

import unicodedata

SHOWN = 40
"""Characters of a text value that a reason may show: whoever pays wrote it, not us."""


def fold(text: str) -> str:
    """Text as it is compared: without regard to case, width and composition, trimmed."""
    if text.isascii():
        return text.strip().lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def clean(text: str) -> str:
    """Text as it is shown: one printable line of at most `SHOWN` characters."""
    shown = "".join(c for c in text[: 4 * SHOWN] if c.isprintable())
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"
