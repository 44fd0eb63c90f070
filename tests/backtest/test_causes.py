"""A planted change of each kind is named as the cause of exactly the flips that it makes."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
import polars as pl
import pytest
from fakes.payments import arrivals, default_bench, payment
from fakes.recorded import as_records, changed_book, decided

from risk.assembly import assemble, build_bench
from risk.backtest.causes import Judging, causes
from risk.backtest.compare import Contender, compare
from risk.backtest.frame import Loaded, load
from risk.decide import Bench

PLANTED = {
    "rule CARD-TESTING (most 6 to 2)": {
        "cards.rules.yaml": ("most: {value: 6, sweep: [4, 12, 1]}", "most: {value: 2}")
    },
    "score thresholds": {"book.yaml": ("score: {review: 45", "score: {review: 12")},
    "list sanctioned_countries": {"book.yaml": ('"IR", "KP"', '"IR", "NL", "KP"')},
    "what tiers mean": {"book.yaml": ("default: approve", "default: review")},
}


@lru_cache
def records() -> tuple[bytes, ...]:
    """Cards in small amounts, transfers abroad: some of it stopped, most not."""
    values: list[dict[str, object] | bytes] = []
    for n in range(120):
        transfer = n % 3 == 0
        values.append(
            payment(
                id=f"p{n}",
                time=f"2026-03-{2 + n // 40:02}T10:{n % 40:02}:00Z",
                kind="transfer" if transfer else "card",
                channel="web" if n % 2 else "app",
                amount="700.00" if transfer else "9.00",
                payer={"id": f"payer-{n % 4}", "country": "DE"},
                payee={"id": f"payee-{n % 5}", "country": "NL" if transfer and n % 4 else "DE"},
            )
        )
    return tuple(as_records(decided(arrivals(values))))


def batches() -> list[list[bytes]]:
    return [list(records())]


def side(bench: Bench, loaded: Loaded | None = None) -> Contender:
    found = loaded or load(batches(), bench.book.words, bench.names)
    return Contender(bench, found, lambda: iter(batches()))


def judging(bench: Bench, frame: pl.DataFrame | None = None) -> Judging:
    found = side(bench).loaded.frame if frame is None else frame
    return Judging(bench.book, bench.scorer, found)


def flipped_causes(before: Judging, after: Judging) -> Sequence[str]:
    flipped = before.outcomes() != after.outcomes()
    both = [
        msgspec.structs.replace(one, frame=one.frame.filter(flipped)) for one in (before, after)
    ]
    return causes(both[0], both[1], {"amount": "payment", "text.urgent": "local"}).to_list()


@pytest.mark.parametrize("cause", PLANTED)
def test_a_planted_change_is_the_cause_of_every_flip(tmp_path: Path, cause: str) -> None:
    """One change in a book: all flips are its flips, and there are some."""
    bench = build_bench(changed_book(tmp_path / "b", PLANTED[cause]))

    report = compare(side(default_bench()), side(bench), frozenset({"p1"}))

    assert {cause} == {flips.cause for flips in report.flips}
    assert report.flipped > 0


def test_another_scorer_is_named(tmp_path: Path) -> None:
    """The score's author changed it, not the book."""
    path = changed_book(
        tmp_path / "b",
        {"scorecard.yaml": ("name: starter-card", "name: strict-card\nbase: 40")},
    )

    report = compare(side(default_bench()), side(build_bench(path)), None)

    assert {"scorer strict-card 2026.11-1"} == {flips.cause for flips in report.flips}


def test_another_value_is_named() -> None:
    """What a payment's value is changed; nothing that judges did."""
    before = judging(default_bench())
    frame = before.frame.with_columns(pl.lit(60_000.0).alias("payer_sum_24h"))

    found = flipped_causes(before, judging(default_bench(), frame))

    assert {"feature payer_sum_24h"} == set(found)


def test_two_changes_share_out_their_flips(tmp_path: Path) -> None:
    """Each flip has the change without which it would not be."""
    bench = build_bench(
        changed_book(
            tmp_path / "b",
            {
                **PLANTED["list sanctioned_countries"],
                **PLANTED["rule CARD-TESTING (most 6 to 2)"],
            },
        )
    )
    only = {
        cause: compare(
            side(default_bench()),
            side(build_bench(changed_book(tmp_path / str(n), change))),
            None,
        )
        for n, (cause, change) in enumerate(PLANTED.items())
        if cause.startswith(("list", "rule"))
    }

    report = compare(side(default_bench()), side(bench), None)

    counts: Counter[str] = Counter()
    for flips in report.flips:
        counts[flips.cause] += flips.group.payments
    assert {cause: one.flipped for cause, one in only.items()} == counts


def test_either_of_two_changes_is_told_as_either() -> None:
    """Where each would do alone, both are named with `or`."""
    bench = default_bench()
    book = msgspec.structs.replace(
        bench.book,
        default="review",
        thresholds=msgspec.structs.replace(bench.book.thresholds, review=1),
    )
    after = judging(assemble(book, bench.scorer))
    scored = after.frame.filter(pl.Series(after.outcomes() == "review"))

    found = flipped_causes(
        judging(bench, scored), judging(assemble(book, bench.scorer), scored)
    )

    assert "score thresholds or what tiers mean" in found


def test_the_same_book_twice_flips_nothing() -> None:
    """No flips, and the diagonal of the matrix holds all."""
    report = compare(side(default_bench()), side(default_bench()), None)

    assert (0, ()) == (report.flipped, report.flips)
    assert report.rows == sum(report.matrix[name][name].payments for name in report.matrix)


def test_a_reason_that_only_reads_otherwise_is_no_change(tmp_path: Path) -> None:
    """Titles and texts do not decide."""
    bench = build_bench(
        changed_book(
            tmp_path / "b", {"cards.rules.yaml": ("title: Many small", "title: Several small")}
        )
    )

    assert () == compare(side(default_bench()), side(bench), None).flips
