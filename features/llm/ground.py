"""Held against the text: a claim without evidence in its own text is dropped and counted.

The model quotes words; where they stand is found here. Its word for a place, and its word about
anything that the text does not say, is never taken.
"""

from features.llm.parse import Claim
from features.text.folding import Folded, fold
from features.text.normalise import normalise
from features.text.schema import Entity, Reading, RedFlag, Span

CONFIDENCE = 0.8
"""Of an entity that a model names and the text holds."""


def ground(claim: Claim, text: str, mark: str) -> Reading:
    """The reading that the text bears out. `mark` stands for spaces in quotes."""
    folded = fold(text)
    entities = tuple(
        Entity(kind, span, CONFIDENCE)
        for kind, quote in claim.entities
        if (span := find_quote(folded, quote, mark))
    )
    flags = {
        flag: RedFlag(flag, span)
        for flag, quote in reversed(claim.flags)
        if (span := find_quote(folded, quote, mark))
    }
    ungrounded = len(claim.entities) + len({flag for flag, _ in claim.flags})
    ungrounded -= len(entities) + len(flags)
    return Reading(
        source="llm",
        sentiment=claim.sentiment,
        urgency=claim.urgency,
        purpose=claim.purpose,
        language=claim.language,
        entities=entities,
        red_flags=tuple(flags.values()),
        length=len(text),
        dropped=claim.dropped + ungrounded,
    )


def find_quote(folded: Folded, quote: str, mark: str) -> Span | None:
    """Where a quote stands in a folded text, however it is spelt there; None if nowhere."""
    words = fold(normalise(quote.replace(mark, " ")).text).text.strip()
    start = folded.text.find(words)
    if not words or start < 0:
        return None
    return folded.span(start, start + len(words))
