"""A worker that dies, as by a defect in native code, whenever it judges an amount of 66.66."""

import os
import sys

import msgspec

from risk.assembly import build_bench, build_pipeline, default_book
from risk.settings import load
from risk.worker.program import run_worker


class Deadly:
    """An evaluator with a defect."""

    def __init__(self, real: object) -> None:
        self._real = real

    def match(self, values: dict[str, object], at: int) -> object:
        """End the process at the deadly amount."""
        if values.get("amount") == 66.66:
            os._exit(139)
        return self._real.match(values, at)  # type: ignore[attr-defined]


if __name__ == "__main__":
    settings, _ = load({"runtime": sys.argv[1]})
    bench = build_bench(default_book())
    bench = msgspec.structs.replace(bench, evaluator=Deadly(bench.evaluator))
    run_worker(settings, build_pipeline(settings, bench))
