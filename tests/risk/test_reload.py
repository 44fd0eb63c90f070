"""A changed book is taken whole and tested, or not at all."""

import asyncio
import shutil
from pathlib import Path

import pytest
from fakes.payments import arrivals, payment

from risk.assembly import build_pipeline, build_tested_bench, default_book
from risk.pipeline import OtherVelocities, Pipeline
from risk.settings import Settings
from risk.worker.metrics import Metrics
from risk.worker.reload import BookWatch
from risk.worker.watch import Pulse
from rules.errors import BookError

MORE = """
rules:
  - id: TWELVE-FIFTY
    title: Payments of 12.50
    owner: fraud-ops
    severity: low
    tier: review
    when: amount == 12.5
    reason: {code: R999, text: "12.50"}
    tests:
      - {name: at it, given: {amount: 12.5}, expect: EXPECTED}
      - {name: just under, given: {amount: 12.49}, expect: miss}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the default book."""
    return Path(shutil.copytree(default_book(), tmp_path / "book"))


def add_rule(folder: Path, expected: str = "hit") -> None:
    """Let a plain payment be reviewed."""
    text = MORE.replace("EXPECTED", expected)
    (folder / "more.rules.yaml").write_text(text, encoding="utf-8")


def hits(pipeline: Pipeline, number: int) -> list[str]:
    """Rules that hold for a plain payment."""
    answers = pipeline.take(arrivals([payment(id=f"p{number}")]))
    return [hit.rule for hit in answers[0].decision.hits]


def reload(folder: Path, pipeline: Pipeline) -> tuple[Pulse, Metrics]:
    """Let the watch read the book once; returns what it said."""
    pulse, metrics = Pulse(), Metrics()
    watch = BookWatch(folder, build_tested_bench, pipeline, metrics, pulse)
    asyncio.run(watch.reload())
    return pulse, metrics


def test_a_good_change_is_taken_while_the_pipeline_goes_on(folder: Path) -> None:
    """The next payment is judged by it, with its hash."""
    pipeline = build_pipeline(Settings(book=folder))
    assert "TWELVE-FIFTY" not in hits(pipeline, 1)
    add_rule(folder)
    pulse, _ = reload(folder, pipeline)
    assert "TWELVE-FIFTY" in hits(pipeline, 2)
    assert pulse.book == pipeline.bench.book_version.hash


def test_a_book_with_a_mistake_changes_nothing(folder: Path) -> None:
    """The running one stays, and the mistake is told with file and line."""
    pipeline = build_pipeline(Settings(book=folder))
    before = pipeline.bench.book_version.hash
    add_rule(folder)
    file = folder / "more.rules.yaml"
    file.write_text(file.read_text().replace("amount ==", "amuont =="), encoding="utf-8")
    pulse, metrics = reload(folder, pipeline)
    assert pipeline.bench.book_version.hash == before
    assert any("more.rules.yaml:8" in line for line in pulse.refused or [])
    refused = metrics.registry.get_sample_value(
        "risk_book_reloads_total", {"result": "refused"}
    )
    assert refused == 1


def test_a_book_whose_own_tests_fail_is_refused(folder: Path) -> None:
    """What its author expected is not what it does: better the old one."""
    add_rule(folder, expected="miss")
    with pytest.raises(BookError, match="fails on tree"):
        build_tested_bench(folder)


def test_a_book_in_another_currency_needs_a_restart(folder: Path) -> None:
    """Sums that were kept in euros cannot be read as dollars."""
    pipeline = build_pipeline(Settings(book=folder))
    file = folder / "book.yaml"
    file.write_text(
        file.read_text().replace("currency: EUR", "currency: CHF"), encoding="utf-8"
    )
    (folder / "rates.csv").write_text("currency,from,rate\n", encoding="utf-8")
    bench = build_tested_bench(folder)
    with pytest.raises(OtherVelocities, match="restart"):
        pipeline.adopt(bench)
