"""Fingerprints: keyed, equal for equal texts, useless without the secret."""

import pytest

from features.text.fingerprint import Fingerprint


def test_equal_texts_have_equal_names_under_one_secret_only() -> None:
    """Another secret gives another name, so no table of guesses fits."""
    one, other = Fingerprint(b"a" * 16), Fingerprint(b"b" * 100)
    assert one.of("rent") == Fingerprint(b"a" * 16).of("rent")
    assert one.of("rent") != other.of("rent")
    assert one.of("rent") != one.of("rent ")
    assert 32 == len(one.of("\ud800"))


def test_a_short_secret_is_refused() -> None:
    """A guessable key is none."""
    with pytest.raises(ValueError, match="at least 16"):
        Fingerprint(b"short")
