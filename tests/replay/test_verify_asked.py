"""Decisions that used a reading follow from their records, with no network and no model."""

import random
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.asking_book import payment, write_book
from fakes.clerk import FakeModel

from risk.assembly import build_bench
from risk.books import Books
from risk.decision import Decision, encode
from risk.ledger import first_answer
from risk.pipeline import Answer, Arrival, Limits, Pipeline
from risk.question import Question
from risk.replay.payments import Payments
from risk.settled import UNREAD, Asked
from risk.verify.rebuild import rebuild
from risk.verify.records import check, hold_repeats

MEMOS = ("flowers for you", "bitcoin", "rent", "urgent gift cards", None)
LIMITS = Limits(topic="t", epoch="1", max_bytes=65_536, known_ids=1000)


class Offline:
    """While it lasts, whoever opens a connection or looks a name up fails."""

    closed = False
    placed = False

    def __enter__(self) -> None:
        if not Offline.placed:
            sys.addaudithook(self._refuse)
            Offline.placed = True
        Offline.closed = True

    def __exit__(self, *_: object) -> None:
        Offline.closed = False

    @staticmethod
    def _refuse(event: str, _: Any) -> None:
        if Offline.closed and event in ("socket.connect", "socket.getaddrinfo", "socket.bind"):
            raise AssertionError(f"{event} while the network is blocked")


def asked_at_random(dice: random.Random, question: Question) -> Asked:
    """Any way in which asking may end."""
    if dice.random() < 0.3:
        return Asked(dice.choice(sorted(UNREAD)), reader=FakeModel.version)
    raised = {name: True for name in question.known.reading if dice.random() < 0.1}
    values = {
        **question.known.reading,
        **{name: True for name in raised if question.known.reading[name] is False},
        "text.urgency": dice.random(),
        "text.sentiment": -dice.random(),
    }
    return Asked(dice.choice(["answered", "cached"]), values, 70, 4321, FakeModel.version)


def decided(folder: Path, count: int) -> tuple[list[Arrival], list[Decision]]:
    """A log, repeats and poison in it, and what a worker with a model decided."""
    dice = random.Random(count)
    pipeline = Pipeline(build_bench(folder), LIMITS, lambda: 0)
    pipeline.consult(FakeModel())
    arrivals: list[Arrival] = []
    decisions: list[Decision] = []
    for number in range(count):
        payer = f"p{dice.randrange(200)}"
        value = payment(number, payer, dice.choice([20, 500, 3000]), dice.choice(MEMOS))
        arrivals.append(Arrival(0, number, payer.encode(), value))
        if dice.random() < 0.03:
            again = dice.choice(arrivals)
            arrivals[-1] = Arrival(0, number, again.key, again.value)
        (item,) = pipeline.take_in(arrivals[-1:])
        if isinstance(item, Question):
            item = pipeline.conclude(item, asked_at_random(dice, item))
        assert isinstance(item, Answer)
        decisions.append(msgspec.structs.replace(item.decision, timings_us={}))
    return arrivals, decisions


def test_10_000_decisions_are_reproduced_byte_for_byte_with_the_network_blocked(
    tmp_path: Path,
) -> None:
    """Answered, cached, in vain, not needed, repeated: each from what its record holds."""
    book = write_book(tmp_path / "book", "{at_deadline: review}")
    _, decisions = decided(book, 10_000)
    bench = build_bench(book)
    with Offline():
        found = check([encode(one) for one in decisions], lambda *_: bench)
        hold_repeats(found, {one.id: first_answer(one) for one in decisions})
    assert (10_000, 10_000, 0, {}) == (
        found.records,
        found.same,
        found.differing,
        found.unjudged,
    )
    statuses = {one.llm.status for one in decisions if one.llm}
    assert {"answered", "cached", "not_needed", "none", *UNREAD} == statuses


def test_values_are_built_anew_and_readings_taken_from_the_records(tmp_path: Path) -> None:
    """`risk verify --recompute`: history from the payments, answers from the decisions."""
    book = write_book(tmp_path / "book")
    arrivals, decisions = decided(book, 400)
    file = tmp_path / "payments.jsonl"
    file.write_bytes(b"".join((arrival.value or b"") + b"\n" for arrival in arrivals))
    books = Books(tmp_path / "books", [book])
    payments = Payments((str(file),), 1, "")
    records = [encode(one) for one in decisions]
    with Offline():
        found = rebuild(payments, lambda: iter([records]), books, LIMITS, lambda _: None)
    assert (True, []) == (found.holds, found.differences)


@pytest.mark.parametrize("forged", ["llm", "local"])
def test_a_reading_that_was_changed_is_noticed(forged: str, tmp_path: Path) -> None:
    """Whether the answer or the local reading: the outcome does not follow from it any more."""
    book = write_book(tmp_path / "book")
    _, decisions = decided(book, 300)
    one = next(
        one
        for one in decisions
        if one.outcome == "review" and one.llm and one.llm.status == "answered"
    )
    values = {**one.values, forged: {**one.values[forged], "text.crypto": True}}
    values["payment"] = {**one.values["payment"], "amount": 5000}
    changed = msgspec.structs.replace(one, values=values)
    found = check([encode(changed)], lambda *_: build_bench(book))
    assert 1 == found.differing
