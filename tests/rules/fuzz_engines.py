"""The long run of the evaluators against the oracle.

    python tests/rules/fuzz_engines.py --decisions 200000

Ends with status 1 and the smallest book and payment on which an evaluator differs.
"""

import argparse
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

A_BOOK = 200
"""Payments that are decided by one book."""


def main() -> None:
    """Fuzz, and say what was done."""
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]
    from fakes.agreement import disagreement, engines
    from fakes.conditions import books
    from fakes.values import payments

    from rules.model import Book

    parser = argparse.ArgumentParser(description="fuzz the evaluators against the oracle")
    parser.add_argument("--decisions", type=int, default=200_000)
    wanted = parser.parse_args().decisions
    done = [0, 0]

    @settings(
        max_examples=-(-wanted // A_BOOK),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(books(max_rules=12), st.integers(0, 2**64))
    def agree(book: Book, seed: int) -> None:
        report = disagreement(book, list(payments(seed, A_BOOK)), engines(book))
        assert not report, report
        done[0] += A_BOOK
        done[1] += len(book.rules)

    started = time.process_time()
    try:
        agree()
    except AssertionError as error:
        raise SystemExit(f"after {done[0]:,} decisions:\n{error}") from None
    print(
        f"{done[0]:,} decisions by {done[1]:,} rules in {done[0] // A_BOOK:,} books: "
        f"all evaluators agree ({time.process_time() - started:.0f} s of CPU)"
    )


if __name__ == "__main__":
    main()
