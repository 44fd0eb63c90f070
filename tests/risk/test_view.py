"""How decisions and dead letters look: every figure right, every stranger's text harmless."""

import unicodedata
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.commands.screen import harmless, readable
from risk.commands.view import amount, dossier, row
from risk.dead_letters import read_letter, redriven
from risk.decision import Decision, Source, Version
from risk.settings import Settings
from risk.topics import Topic, mismatches, plan, unequal_partitions

VERSION = Version("default", "1", "0")
REFUSED = Decision(
    id="0" * 32,
    source=Source("transactions", "1", 0, 7),
    transaction_id=None,
    payer_id=None,
    event_time=None,
    amount_minor=None,
    currency=None,
    outcome="review",
    tier=None,
    score=None,
    book=VERSION,
    scorer=VERSION,
)


@given(st.text())
def test_harmless_text_has_nothing_that_steers(text: str) -> None:
    """No control, direction, private or unassigned character is left, on one line."""
    assert not {unicodedata.category(char)[0] for char in harmless(text)} & {"C"}
    assert len(harmless(text).splitlines()) <= 1


@given(st.binary())
def test_any_bytes_are_readable(raw: bytes) -> None:
    """Bytes that are no text are written out; plain text stays as it is."""
    assert harmless(readable(raw)) == readable(raw)


def test_plain_text_stays() -> None:
    """Letters of all scripts, signs and emoji are no danger."""
    assert "Zoë 漢字 €5 🙂 [red]" == harmless("Zoë 漢字 €5 🙂 [red]")


AMOUNTS = [
    (1234, "EUR", "12.34 EUR"),
    (5, "EUR", "0.05 EUR"),
    (500, "JPY", "500 JPY"),
    (1250, "KWD", "1.250 KWD"),
    (7, "?\x1b", r"7 minor units of ?\x1b"),
    (None, None, "-"),
]


@pytest.mark.parametrize(("minor", "currency", "text"), AMOUNTS)
def test_an_amount_has_the_decimals_of_its_currency(
    minor: int | None, currency: str | None, text: str
) -> None:
    """Minor units are never shown as if all currencies had two decimals."""
    decision = msgspec.structs.replace(REFUSED, amount_minor=minor, currency=currency)
    assert text == amount(decision)


def test_a_refusal_has_a_row_and_a_dossier() -> None:
    """What is not known is a dash, and is left out of the dossier."""
    assert ("-", "-", "-", "review", "-", "") == row(REFUSED)
    lines = [text for text, _ in dossier(REFUSED)]
    assert "REVIEW  score -" == lines[0]
    assert not any("None" in line or "payer" in line for line in lines)


def test_shadow_hits_are_no_hits() -> None:
    """They stand apart, with what they would have said."""
    shadow = msgspec.structs.replace(
        REFUSED,
        shadow_outcome="reject",
        unknown_rules=("r9",),
        event_time=datetime(2026, 1, 1, tzinfo=UTC),
    )
    lines = [text for text, _ in dossier(shadow)]
    assert "rules that could not tell" in lines
    assert "  r9" in lines


class Letter:
    """A record of the dead-letter topic."""

    partition = 0
    offset = 3
    timestamp = 1_700_000_000_000
    key = b"p"
    value: bytes | None = b"x" * 10

    def __init__(self, *headers: tuple[str, bytes]) -> None:
        self.headers = headers


SRC = ("src", b"1:2:41")


def test_a_dead_letter_is_read_as_the_worker_writes_it() -> None:
    """Place, reason, mistakes and whether the message was cut."""
    mistakes = ("mistakes", b'[{"path":"payer.id","text":"is missing"}]')
    letter = read_letter(Letter(SRC, ("reason", b"OVERSIZED"), mistakes, ("cut", b"99")))
    assert letter is not None
    assert ("2:41", "OVERSIZED", 99) == (letter.place, letter.reason, letter.cut)
    assert ["payer.id: is missing"] == [str(mistake) for mistake in letter.mistakes]
    assert [("redriven", b"1:2:41")] == redriven(letter)


def test_a_strangers_record_is_no_dead_letter() -> None:
    """Without a place, or with mistakes that are none, it is passed over."""
    assert read_letter(Letter()) is None
    assert read_letter(Letter(SRC, ("mistakes", b"\xff"))) is None


def test_topics_are_planned_equal() -> None:
    """All six with the same number of partitions, kept equally long; dead letters longer."""
    topics = plan(Settings(), 6, 3, 10)
    assert [(6, 3)] * 6 == [(topic.partitions, topic.replication) for topic in topics]
    assert {"864000000"} == {topic.configs["retention.ms"] for topic in topics}
    assert {"2"} == {topic.configs["min.insync.replicas"] for topic in topics}
    assert {"-1"} == {topic.configs["retention.ms"] for topic in plan(Settings(), 1, 1, 0)}


def test_other_partition_counts_are_mistakes() -> None:
    """Of topics that exist against the plan, and of topics against each other."""
    topics = plan(Settings(), 4, 1, 0)
    found = {"decisions": Topic("decisions", 2, 1), "labels": Topic("labels", 4, 1)}
    assert ["decisions"] == [text.split()[1] for text in mismatches(topics, found)]
    assert [] == unequal_partitions(topics)
    assert ["b"] == [
        text.split()[1] for text in unequal_partitions([Topic("a", 1, 1), Topic("b", 2, 1)])
    ]
