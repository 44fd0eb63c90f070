"""The words of the book: the catalogue of values, the declared attributes, and the score."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from features.catalogue import CATALOGUE, Value
from features.velocity import Velocity
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


def versions(words: Vocabulary, velocities: Sequence[Velocity]) -> dict[str, str]:
    """Numbers and flags by name, each with what changes when its meaning does.

    Of a declared value that is a digest of its declaration and of those that it reads; of a
    value that the code makes it is `1`.
    """
    by_name = {velocity.name: velocity for velocity in velocities}
    return {
        name: _version(name, by_name, {}) for name, word in words.items() if word.type != "text"
    }


def _version(name: str, velocities: Mapping[str, Velocity], found: dict[str, str]) -> str:
    if name not in found:
        found[name] = "1"  # also for a velocity that asks itself
        if velocity := velocities.get(name):
            read = [_version(other, velocities, found) for other in sorted(velocity.reads)]
            said = " ".join([velocity.digest, *read])
            found[name] = blake2b(said.encode(), digest_size=8).hexdigest()
    return found[name]
