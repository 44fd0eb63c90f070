"""`risk challenger report`: what was recorded beside, as a backtest would tell it."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.command import risk
from fakes.payments import arrivals, default_bench, make_pipeline, payment
from fakes.recorded import changed_book, without_timings, write_records

from risk.assembly import build_bench
from risk.books import Books
from risk.challenger import Challenger, failure
from risk.decide import Bench
from risk.decision import Decision


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Kept books go to the test's own folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def keep(folder: Path) -> Bench:
    bench = build_bench(folder)
    Books(Path(".riskstream/books")).keep(folder, bench)
    return bench


@pytest.fixture
def stricter(place: Path) -> Bench:
    """The default book with a lower threshold of one rule, kept as the worker keeps it."""
    changed = {
        "velocity.rules.yaml": ("most: {value: 12, sweep: [8, 30, 2]}", "most: {value: 2}")
    }
    return keep(changed_book(place / "stricter", changed))


def decided(challenger: Bench, share: float = 100, first: int = 0) -> list[Decision]:
    """Sixty payments within minutes, a repeat and a poison, judged by both."""
    pipeline = make_pipeline()
    pipeline.oppose(Challenger(challenger, share))
    values: list[dict[str, object] | bytes] = [
        payment(
            id=f"p{n}",
            time=f"2026-03-02T{10 + n // 60}:{n % 60:02}:00Z",
            payer={"id": f"payer-{n % 3}"},
        )
        for n in range(first, first + 60)
    ]
    answers = pipeline.take(arrivals([*values, values[0], b"{"]))
    return [answer.decision for answer in answers]


def report(decisions: list[Decision], *arguments: object, status: int = 0) -> dict[str, Any]:
    """Write the decisions and report on them; the report as JSON."""
    file = write_records(Path("d.jsonl"), decisions)
    given = ("--on", file, "--json", "r.json", *arguments)
    assert status == risk("challenger", "report", *given)
    found: dict[str, Any] = json.loads(Path("r.json").read_bytes())
    return found


def recorded(decisions: list[Decision], one: str, other: str) -> int:
    return sum(
        decision.challenger is not None
        and (decision.outcome, decision.challenger.outcome) == (one, other)
        for decision in decisions
    )


def test_the_report_tells_what_was_recorded_and_why(stricter: Bench) -> None:
    """The matrix is that of the records; every flip has the changed rule as its cause."""
    decisions = decided(stricter)

    found = report(decisions)

    outcomes = ("approve", "review", "reject")
    assert {(a, b): recorded(decisions, a, b) for a in outcomes for b in outcomes} == {
        (a, b): found["matrix"][a][b]["payments"] for a in outcomes for b in outcomes
    }
    assert ["rule VELOCITY-COUNT-10M (most 12 to 2)"] == [
        flips["cause"] for flips in found["flips"]
    ]
    assert recorded(decisions, "approve", "review") > 0
    assert {"was no payment": 1, "repeats an earlier payment": 1} == found["skipped"]
    assert ("Champion and challenger", []) == (found["title"], found["doubts"])


def test_labels_give_precision_and_recall(place: Path, stricter: Bench) -> None:
    """Of champion and challenger, with intervals, as a backtest has them."""
    labels = place / "labels.jsonl"
    labels.write_text('{"transaction_id": "p50", "label": "fraud"}\n', encoding="utf-8")

    found = report(decided(stricter), "--labels", labels)

    assert 1 == found["labels"]
    assert 1.0 == found["after"]["quality"]["recall"]["value"]
    assert 0.0 == found["before"]["quality"]["recall"]["value"]


def test_payments_out_of_the_share_are_counted_and_left_out(stricter: Bench) -> None:
    """Of those that a challenger never saw nothing is said."""
    decisions = decided(stricter, share=60)
    shown = sum(decision.challenger is not None for decision in decisions)

    found = report(decisions)

    assert 0 < shown < 60
    assert (shown, 60 - shown) == (
        found["rows"],
        found["skipped"]["was not shown to a challenger"],
    )


def test_failures_of_a_challenger_are_counted(stricter: Bench) -> None:
    """They are no outcome, and stop no report."""
    decisions = decided(stricter)
    decisions[7] = msgspec.structs.replace(decisions[7], challenger=failure(stricter))

    found = report(decisions)

    assert (59, 1) == (found["rows"], found["skipped"]["made its challenger fail"])


def test_of_several_pairs_the_newest_is_reported(place: Path, stricter: Bench) -> None:
    """An hour later another challenger stood there: the report is about that one."""
    changed = {
        "velocity.rules.yaml": ("most: {value: 12, sweep: [8, 30, 2]}", "most: {value: 3}")
    }
    loose = keep(changed_book(place / "looser", changed))
    later = decided(loose, first=60)
    moved = [
        msgspec.structs.replace(
            one,
            id=f"{n:032x}",
            source=msgspec.structs.replace(one.source, offset=one.source.offset + 100),
            duplicate_of=None if one.duplicate_of is None else f"{0:032x}",
        )
        for n, one in enumerate(later)
    ]

    found = report([*moved, *decided(stricter)])

    assert loose.book_version.hash == found["after"]["book"]["hash"]
    assert 60 == found["skipped"]["was judged by another champion or challenger"]


def test_what_was_recorded_and_cannot_be_reproduced_is_doubted(stricter: Bench) -> None:
    """A forged answer of the challenger: the report says so instead of repeating it."""
    decisions = decided(stricter)
    answer = decisions[0].challenger
    assert answer is not None
    forged = msgspec.structs.replace(answer, outcome="reject")
    decisions[0] = msgspec.structs.replace(decisions[0], challenger=forged)

    (doubt,) = report(decisions)["doubts"]

    assert doubt.startswith("1 recorded outcomes are not what the kept books give")
    assert 1 == risk("verify", "d.jsonl", "--processes", 1)


def test_a_challenger_is_verified_as_the_decision_is(stricter: Bench) -> None:
    """Its answer is reproduced from the record too; without its book it cannot be."""
    write_records(Path("d.jsonl"), without_timings(decided(stricter)))
    assert 0 == risk("verify", "d.jsonl", "--processes", 1)

    Path(".riskstream").rename("elsewhere")

    assert 1 == risk("verify", "d.jsonl", "--processes", 1)


@pytest.mark.parametrize("command", [("challenger", "report", "--on"), ("verify",)])
def test_a_book_that_is_not_kept_is_named(
    stricter: Bench, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    """With the way out: the folder of a copy."""
    write_records(Path("d.jsonl"), decided(stricter))
    Path(".riskstream").rename("elsewhere")

    assert 1 == risk(*command, "d.jsonl")
    captured = capsys.readouterr()
    assert "give the folder of a copy with --book" in captured.out + captured.err


def test_without_any_challenger_the_settings_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Somebody who has not started one learns how."""
    decisions = [answer.decision for answer in make_pipeline().take(arrivals([payment()]))]
    write_records(Path("d.jsonl"), decisions)

    assert 1 == risk("challenger", "report", "--on", "d.jsonl")
    assert "challenger_book" in capsys.readouterr().err


def test_the_champion_itself_as_challenger_flips_nothing() -> None:
    """Same book, same scorer: the diagonal holds all."""
    found = report(decided(default_bench()))

    assert (60, []) == (found["rows"], found["flips"])
