"""The pipeline watches the sequences of its book, over the log and over a reload."""

import msgspec
from fakes.bare_books import one_rule
from fakes.payments import arrival, default_bench, payment, stopped_clock

from risk.assembly import assemble
from risk.decide import Bench
from risk.decision import Decision, Hit
from risk.ledger import first_answer
from risk.pipeline import Arrival, Limits, Pipeline
from rules.condition import Compare, Constant, Named
from rules.model import Sequence, Step

LIMITS = Limits(topic="t", epoch="1", max_bytes=65_536, known_ids=1000)


def make_bench() -> Bench:
    """The default book with one sequence more: a cash payment, then a transfer."""
    kind = Named("kind", "text")
    steps = [
        Step(name, Compare("==", kind, Constant(name), "text")) for name in ("cash", "transfer")
    ]
    found = Sequence("payer_id", 600_000_000, tuple(steps))
    rule = one_rule("R", Named("sequence.R", "flag"), sequence=found)
    book = default_bench().book
    book = msgspec.structs.replace(book, rules={**book.rules, "R": rule})
    return assemble(book, default_bench().scorer)


def log() -> list[Arrival]:
    """Cash, then a transfer nine minutes later."""
    cash = payment(id="p1", kind="cash")
    transfer = payment(id="p2", kind="transfer", time="2026-03-02T10:24:00Z", merchant=None)
    return [arrival(cash, 0), arrival({**transfer, "payee": {"id": "x"}}, 1)]


def hits(decision: Decision) -> bool:
    """Whether the sequence was found, in the rules and in the record's values."""
    found = Hit("R", "review") in decision.hits
    assert found is decision.values["history"]["sequence.R"]
    return found


def test_a_sequence_is_found_where_it_ends() -> None:
    """The first payment completes nothing; the second one does, and is recorded so."""
    answers = Pipeline(make_bench(), LIMITS, stopped_clock).take(log())
    assert [False, True] == [hits(answer.decision) for answer in answers]


def test_a_restart_in_between_changes_nothing() -> None:
    """What was decided before is folded; the bytes of the next decision are the same."""
    first, second = Pipeline(make_bench(), LIMITS, stopped_clock).take(log())
    later = Pipeline(make_bench(), LIMITS, stopped_clock)
    later.fold(first.arrival, first_answer(first.decision))
    again = later.take([second.arrival])[0].decision
    assert hits(second.decision) is hits(again) is True


def test_a_payment_judged_once_more_says_the_same() -> None:
    """Folded without its answer, and sent again: it is no past of itself."""
    first, second = Pipeline(make_bench(), LIMITS, stopped_clock).take(log())
    later = Pipeline(make_bench(), LIMITS, stopped_clock)
    for answer in (first, second):
        later.fold(answer.arrival, None)
    again = later.take([second.arrival])[0].decision
    assert hits(second.decision) is hits(again) is True


def test_a_reload_in_between_changes_nothing() -> None:
    """A new book with the same sequence goes on with what was kept."""
    pipeline = Pipeline(make_bench(), LIMITS, stopped_clock)
    first, second = log()
    pipeline.take([first])
    pipeline.adopt(make_bench())
    assert hits(pipeline.take([second])[0].decision)
