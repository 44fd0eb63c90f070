"""No message stops the stream, and no answer repeats what an attacker wrote."""

import pytest
from fakes.payments import arrival, make_pipeline, payment
from poison.corpus import MARK, POISON, SOUND

from risk.decide import REFUSALS
from risk.pipeline import Arrival


def test_the_corpus_is_as_large_as_was_promised() -> None:
    """At least 70 ways to be wrong, all of them different."""
    assert len(POISON) >= 70
    assert len(set(POISON.values())) == len(POISON)
    assert not set(POISON.values()) & set(SOUND.values())


@pytest.mark.parametrize("name", POISON)
def test_poison_gets_one_refusal_and_one_dead_letter(name: str) -> None:
    """Outcome by policy, a code, every mistake with its path, and not a word of the message."""
    given = Arrival(0, 0, b"key", POISON[name])
    [answer] = make_pipeline().take([given])
    letter = answer.dead_letter
    assert letter is not None
    assert letter.code in REFUSALS
    assert [letter.code] == [reason.code for reason in answer.decision.reasons]
    assert answer.decision.transaction_id is None
    assert letter.mistakes
    assert len(letter.mistakes) == len(set(letter.mistakes))
    assert given is answer.arrival
    for text in (answer.encoded.decode(), *map(str, letter.mistakes)):
        assert MARK not in text


@pytest.mark.parametrize("name", SOUND)
def test_what_only_looks_like_poison_is_judged(name: str) -> None:
    """It is a payment like any other."""
    [answer] = make_pipeline().take([Arrival(0, 0, None, SOUND[name])])
    assert answer.dead_letter is None
    assert answer.decision.score is not None


def test_poison_changes_nothing_for_the_payments_around_it() -> None:
    """The state after the whole corpus is the state before it."""
    values = [payment(id=name) for name in ("p1", "p2")]
    first, last = arrival(values[0], 0), arrival(values[1], len(POISON) + 1)
    between = [Arrival(0, n, None, raw) for n, raw in enumerate(POISON.values(), 1)]
    poisoned = make_pipeline().take([first, *between, last])
    assert len(POISON) + 2 == len(poisoned)
    assert make_pipeline().take([first, last]) == [poisoned[0], poisoned[-1]]


def test_every_mistake_of_a_message_is_told_at_once() -> None:
    """Upstream mends all of them in one go."""
    [answer] = make_pipeline().take([arrival(POISON["everything wrong at once"])])
    assert answer.dead_letter is not None
    paths = {mistake.path for mistake in answer.dead_letter.mistakes}
    assert {"id", "time", "kind", "amount", "currency", "payer", ""} <= paths
