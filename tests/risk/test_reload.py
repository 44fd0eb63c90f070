"""A changed book is taken whole and tested, or not at all."""

import asyncio
import shutil
from functools import partial
from pathlib import Path

import pytest
from fakes.payments import arrivals, payment

from risk.assembly import build_pipeline, build_tested_bench, default_book
from risk.books import Books
from risk.pipeline import OtherVelocities, Pipeline
from risk.settings import Settings
from risk.worker.follow import build_challenger, follow
from risk.worker.metrics import Metrics
from risk.worker.reload import BookWatch, ChallengerWatch
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


def opposing(folder: Path, champion: Pipeline, **given: object) -> tuple[Pulse, Metrics]:
    """Let the watch read the challenger once; returns what it said."""
    named = Settings(challenger_book=folder, books_dir=folder.parent / "books")
    pulse, metrics = Pulse(), Metrics()
    book = champion.bench.book
    build = partial(build_challenger, named.model_copy(update=given), book)
    asyncio.run(ChallengerWatch(build, 100, champion, metrics, pulse).reload())
    return pulse, metrics


def beside(pipeline: Pipeline, number: int) -> str | None:
    """The book by which the challenger judged a plain payment."""
    (answer,) = pipeline.take(arrivals([payment(id=f"p{number}")]))
    found = answer.decision.challenger
    return found and found.book.hash


def test_a_changed_challenger_is_taken_while_the_pipeline_goes_on(folder: Path) -> None:
    """The next payment has its answer, by the changed book, which is kept by its hash."""
    pipeline = build_pipeline(Settings())
    first, _ = opposing(folder, pipeline)
    assert first.challenger == beside(pipeline, 1)
    add_rule(folder)
    second, _ = opposing(folder, pipeline)
    assert second.challenger == beside(pipeline, 2)
    assert first.challenger != second.challenger
    kept = {one.book for one in Books(folder.parent / "books").kept()}
    assert {first.challenger, second.challenger} <= kept


REFUSED = {
    "more.rules.yaml:8": ("more.rules.yaml", "amount ==", "amuont =="),
    "other velocities": ("book.yaml", "currency: EUR", "currency: CHF"),
    "fails on tree": ("more.rules.yaml", "expect: hit", "expect: miss"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_bad_challenger_is_refused_by_name_and_the_champion_goes_on(
    folder: Path, reason: str
) -> None:
    """At the start as later: a mistake, other velocities, or its own tests that fail."""
    name, old, new = REFUSED[reason]
    add_rule(folder)
    (folder / "rates.csv").write_text("currency,from,rate\n", encoding="utf-8")
    file = folder / name
    file.write_text(file.read_text().replace(old, new), encoding="utf-8")
    pipeline = build_pipeline(Settings())

    pulse, metrics = opposing(folder, pipeline)

    assert any(reason in line for line in pulse.refused_challenger or [])
    assert None is pulse.challenger is beside(pipeline, 1)
    named = ("risk_challenger_reloads_total", {"result": "refused"})
    assert 1 == metrics.registry.get_sample_value(*named)


def test_a_challenger_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    """A folder mistyped in the settings does not keep the worker from deciding."""
    pulse, _ = opposing(tmp_path / "nowhere", build_pipeline(Settings()))

    assert ["no such folder"] == [
        line.rpartition(": ")[2] for line in pulse.refused_challenger or []
    ]


def test_a_scorer_alone_may_challenge_with_the_champions_book(folder: Path) -> None:
    """What the settings do not name is the champion's."""
    card = folder / "other.yaml"
    text = (folder / "scorecard.yaml").read_text(encoding="utf-8")
    card.write_text(text.replace("name: starter-card", "name: strict-card"), encoding="utf-8")
    card = card.rename(folder.parent / "strict.yaml")
    pipeline = build_pipeline(Settings(book=folder))

    opposing(folder, pipeline, challenger_book=None, book=folder, challenger_scorer=card)

    (answer,) = pipeline.take(arrivals([payment()]))
    found = answer.decision.challenger
    assert found is not None
    assert ("strict-card", answer.decision.book) == (found.scorer.name, found.book)


def test_the_answers_of_a_challenger_are_counted_by_how_they_differ(folder: Path) -> None:
    """The same outcome, another one: an operator sees it without a report."""
    add_rule(folder)
    pipeline, metrics = build_pipeline(Settings()), Metrics()
    opposing(folder, pipeline)
    payments = [payment(id="p1"), payment(id="p2", amount="3.00")]

    metrics.decided(pipeline.take(arrivals([*payments, payments[0]])))

    def counted(result: str) -> float | None:
        return metrics.registry.get_sample_value("risk_challenger_total", {"result": result})

    assert (1, 1, None) == (counted("other"), counted("same"), counted("failed"))


def test_book_and_challenger_are_followed_by_their_files(folder: Path, tmp_path: Path) -> None:
    """A change of the book is followed by the challenger, which may not fit it any more."""

    async def changed() -> tuple[str | None, list[str] | None]:
        challenger = Path(shutil.copytree(folder, tmp_path / "challenger"))
        given = Settings(book=folder, challenger_book=challenger, books_dir=tmp_path / "books")
        pipeline, pulse = build_pipeline(given), Pulse()
        watches = await follow(given, pipeline, Metrics(), pulse)
        assert pulse.challenger == pulse.book
        tasks = [asyncio.create_task(watch.run(0)) for watch in watches]
        (folder / "rates.csv").write_text("currency,from,rate\n", encoding="utf-8")
        before = pulse.book
        watches[-1].ask()
        while pulse.book == before or pulse.refused_challenger is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        return pulse.challenger, pulse.refused_challenger

    challenger, reasons = asyncio.run(asyncio.wait_for(changed(), 60))

    assert (None, 1) == (challenger, len(reasons or []))
