"""A second opinion while the worker works: the oracle judges one payment in so many too."""

import logging

import msgspec

from risk.decide import Bench
from risk.worker.metrics import Metrics
from rules.engine import CheckedEvaluator
from rules.evaluator import Backed
from rules.tree import Matches, Tree

log = logging.getLogger("risk.worker")


def checked(bench: Bench, every: int, metrics: Metrics) -> Bench:
    """Count where the book's engine fails, and let the oracle judge one payment in `every` too.

    A mismatch is counted and logged. 0 asks the oracle never.
    """
    evaluator = bench.evaluator
    if isinstance(evaluator, Backed):
        evaluator = evaluator.telling(metrics.engine_failed)

    def tell(values: object, at: int, first: Matches, second: Matches) -> None:
        metrics.mismatched()
        differing = sorted(
            {*first.hits} ^ {*second.hits} | {*first.unknown} ^ {*second.unknown}
        )
        log.error("two evaluators differ", extra={"rules": differing, "at": at})

    if every:
        evaluator = CheckedEvaluator(evaluator, Tree(bench.book), every, tell)
    return msgspec.structs.replace(bench, evaluator=evaluator)
