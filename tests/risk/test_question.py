"""Payments that wait: folded when they come, answered once, never by what is not recorded."""

import random
from pathlib import Path

import msgspec
import pytest
from fakes.asking_book import payment, write_book
from fakes.clerk import FakeModel, told
from fakes.states import kept

from features.message import parse
from risk.assembly import build_bench
from risk.decision import Decision
from risk.ledger import Entry, FirstAnswer, Ledger, first_answer
from risk.pipeline import Answer, Arrival, Limits, Pipeline
from risk.question import Echo, Question, memo_of
from risk.settled import Asked

MEMOS = ("flowers for you", "chairs", None)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_book(tmp_path_factory.mktemp("book"))


def make(book: Path, known_ids: int = 100) -> Pipeline:
    """A pipeline that consults a model which has read nothing."""
    limits = Limits(topic="t", epoch="1", max_bytes=65_536, known_ids=known_ids)
    pipeline = Pipeline(build_bench(book), limits, lambda: 0)
    pipeline.consult(FakeModel())
    return pipeline


def stream(dice: random.Random, count: int) -> list[Arrival]:
    """Payments of a few payers, some of them sent again."""
    found: list[Arrival] = []
    for number in range(count):
        payer = f"p{dice.randrange(4)}"
        value: bytes | None = payment(number, payer, dice.choice([20, 500]), dice.choice(MEMOS))
        key: bytes | None = payer.encode()
        if found and dice.random() < 0.3:
            again = dice.choice(found)
            key, value = again.key, again.value
        found.append(Arrival(0, number, key, value))
    return found


class Live:
    """A pipeline whose answers come whenever they like."""

    def __init__(self, pipeline: Pipeline, dice: random.Random) -> None:
        self.pipeline = pipeline
        self.dice = dice
        self.waiting: list[tuple[Question, list[Echo]]] = []
        self.found: dict[int, Decision] = {}

    def run(self, arrivals: list[Arrival]) -> list[Decision]:
        """Decide all, in the order of the log."""
        for arrival in arrivals:
            (item,) = self.pipeline.take_in([arrival])
            if isinstance(item, Answer):
                self.keep(item)
            elif isinstance(item, Question):
                self.waiting.append((item, []))
            else:
                next(rest for one, rest in self.waiting if one is item.first).append(item)
            while self.waiting and self.dice.random() < 0.4:
                self.conclude(*self.waiting.pop(self.dice.randrange(len(self.waiting))))
        for one in self.waiting:
            self.conclude(*one)
        return [self.found[arrival.offset] for arrival in arrivals]

    def conclude(self, question: Question, echoes: list[Echo]) -> None:
        """Answer one, and who repeated it meanwhile."""
        answer = self.pipeline.conclude(question, told(question))
        for one in (answer, *[self.pipeline.echo(echo, answer.decision) for echo in echoes]):
            self.keep(one)

    def keep(self, answer: Answer) -> None:
        """Without the times, which are no part of a decision."""
        decision = msgspec.structs.replace(answer.decision, timings_us={})
        self.found[answer.arrival.offset] = decision


@pytest.mark.parametrize("seed", range(12))
def test_state_and_decisions_do_not_depend_on_when_answers_come(seed: int, book: Path) -> None:
    """Late or at once, in any order; and a fold with the recorded answers gives that state."""
    arrivals = stream(random.Random(seed), 40)
    one, other, folded = make(book), make(book), make(book)
    decisions = Live(one, random.Random(seed)).run(arrivals)
    assert decisions == Live(other, random.Random(seed + 99)).run(arrivals)
    for arrival, decision in zip(arrivals, decisions, strict=True):
        folded.fold(arrival, first_answer(decision))
    assert kept(one.shard(0)) == kept(other.shard(0)) == kept(folded.shard(0))


def test_what_waits_when_its_partition_goes_is_answered_and_not_remembered(book: Path) -> None:
    """Its answer may still be delivered; the state is the next owner's."""
    pipeline = make(book)
    arrival = Arrival(0, 0, b"a", payment(1, "a", 500, "flowers for you"))
    (question,) = pipeline.take_in([arrival])
    assert isinstance(question, Question)
    pipeline.replace(0, None)
    assert "review" == pipeline.conclude(question, told(question)).decision.outcome
    assert 0 == len(pipeline.shard(0).ledger)
    (again,) = pipeline.take_in([arrival])
    assert isinstance(again, Question)


def test_a_payment_that_is_forgotten_while_it_waits_stays_forgotten(book: Path) -> None:
    """The ledger holds so many and no more; a repeat of it is a new payment."""
    pipeline = make(book, known_ids=1)
    first = Arrival(0, 0, b"a", payment(1, "a", 500, "flowers for you"))
    (question,) = pipeline.take_in([first])
    assert isinstance(question, Question)
    pipeline.take_in([Arrival(0, 1, b"b", payment(2, "b", 5, None))])
    pipeline.conclude(question, told(question))
    assert 1 == len(pipeline.shard(0).ledger)
    assert not pipeline.shard(0).ledger.knows_id("t1")


def test_an_answer_is_given_to_who_is_remembered() -> None:
    """Those that got one since the last checkpoint are known by their place."""
    ledger, answer = Ledger(2), FirstAnswer(f"{1:032}", "approve", None, 3)
    ledger.answer(b"x", Entry("p", answer))
    assert 0 == len(ledger)
    ledger.remember(b"x", Entry("p", None))
    list(ledger.changed())
    ledger.answer(b"x", Entry("p", answer))
    assert ([], 1) == (ledger.answered_before(0), len(ledger.answered_before(1)))


def test_told_what_came_of_asking_a_pipeline_asks_nobody(book: Path) -> None:
    """As a replay does: the record says it, and the model is not consulted."""
    pipeline = make(book)
    arrival = Arrival(0, 0, b"a", payment(1, "a", 500, "flowers for you"))
    decision = pipeline.retake(arrival, Asked("timeout")).decision
    assert ("approve", "timeout") == (decision.outcome, decision.llm and decision.llm.status)
    plain = Pipeline(build_bench(book), Limits("t", "1", 65_536, 9), lambda: 0)
    assert plain.retake(arrival, None).decision.llm is None


def test_ids_of_those_who_pay_and_are_paid_do_not_leave() -> None:
    """The local reading is of the memo as it came."""
    text = b"""{"id": "t", "time": "2026-03-01T10:00:00Z", "kind": "transfer", "amount": "1.00",
    "currency": "EUR", "payer": {"id": "cust-77", "account": "ACC-PAYER"},
    "payee": {"id": "q-12345", "account": "ACC-PAYEE"},
    "memo": "urgent: cust-77 from acc-payer to ACC-PAYEE, q-12345"}"""
    memo = memo_of(parse(text))
    assert not {"77", "payer", "payee", "12345"} & {
        *memo.text.lower().replace(",", " ").split()
    }
    assert "cust" not in memo.text
    assert memo.reading.values()["text.urgent"] is True
    card = b"""{"id": "t", "time": "2026-03-01T10:00:00Z", "kind": "card", "amount": "1.00",
    "currency": "EUR", "payer": {"id": "x"}, "merchant": {"id": "m"}, "memo": "tea"}"""
    assert "tea" == memo_of(parse(card)).text
