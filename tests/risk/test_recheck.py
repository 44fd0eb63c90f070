"""The oracle gives a second opinion while the worker works, and never changes a decision."""

import msgspec
from fakes.payments import arrivals, default_bench, payment

from risk.assembly import build_pipeline
from risk.settings import Settings
from risk.worker.metrics import Metrics
from risk.worker.recheck import checked
from rules.durable import EngineFailed
from rules.evaluator import Backed
from rules.tree import Matches


class Wrong:
    """An evaluator with a defect."""

    def match(self, values: object, at: int) -> Matches:
        return Matches(("NO-SUCH-RULE",)) if not values else Matches()


def mismatches(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("risk_engine_mismatches_total")


def test_a_mismatch_is_counted_and_the_first_answer_stands() -> None:
    """A payment that the oracle would review goes as the defective evaluator says."""
    metrics = Metrics()
    bench = msgspec.structs.replace(default_bench(), evaluator=Wrong())
    pipeline = build_pipeline(Settings(), checked(bench, 1, metrics))
    odd = payment(payer={"id": "anna", "country": "IR"}, device={"id": "d", "country": "IR"})
    answer = pipeline.take(arrivals([odd]))[0]
    assert answer.decision.hits == ()
    assert mismatches(metrics) == 1


def test_evaluators_that_agree_are_not_told_of() -> None:
    """The ordinary case, every payment checked."""
    metrics = Metrics()
    pipeline = build_pipeline(Settings(), checked(default_bench(), 1, metrics))
    pipeline.take(arrivals([payment(id=f"p{number}") for number in range(20)]))
    assert mismatches(metrics) == 0


def test_none_in_so_many_is_no_check_at_all() -> None:
    """The evaluator is left as it is."""
    assert checked(default_bench(), 0, Metrics()).evaluator is default_bench().evaluator


def test_what_the_engine_of_the_book_could_not_judge_is_counted() -> None:
    """The payment gets the decision that the book's rules make of it."""

    class Broken:
        def match(self, values: object, at: int) -> Matches:
            raise EngineFailed("durable-rules: code 3")

    metrics, plain = Metrics(), default_bench()
    backed = Backed(Broken(), plain.evaluator, lambda: None)
    bench = checked(msgspec.structs.replace(plain, evaluator=backed), 0, metrics)
    found = build_pipeline(Settings(), bench).take(arrivals([payment()]))[0].decision
    usual = build_pipeline(Settings(), plain).take(arrivals([payment()]))[0].decision
    assert usual.hits == found.hits
    assert metrics.registry.get_sample_value("risk_engine_failures_total") == 1
