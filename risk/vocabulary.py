"""The words of the book: the catalogue of values, the declared attributes, and the score."""

from collections.abc import Iterable

from features.catalogue import CATALOGUE, Value
from rules.vocabulary import Vocabulary, Word

SCORE = Word(type="number", meaning="points of the scorer", unit="points", low=0, high=100)


def vocabulary(values: Iterable[Value] = CATALOGUE) -> Vocabulary:
    """Every name that a rule may read, with its type, unit and range."""
    words = {
        value.name: Word(
            type=value.type,
            meaning=value.meaning,
            unit=value.unit,
            low=value.low,
            high=value.high,
            from_text=value.source == "local",
            from_payment=value.source == "payment",
        )
        for value in values
    }
    return words | {"score": SCORE}


def attribute_values(attributes: Vocabulary) -> dict[str, Value]:
    """The attributes that a book declares, as the parser wants them (names without prefix)."""
    return {
        name.removeprefix("attributes."): Value(
            name=name,
            type=word.type,
            source="payment",
            meaning=word.meaning,
            unit=word.unit,
            low=word.low,
            high=word.high,
        )
        for name, word in attributes.items()
    }
