"""Two sides over one history -> the report."""

from collections.abc import Mapping
from itertools import chain
from typing import Final

import msgspec
import polars as pl

from features.fields import instant
from features.money import exponent
from risk.again import again
from risk.backtest.causes import Judging, causes
from risk.backtest.frame import SEGMENTS, Loaded
from risk.backtest.judge import OUTCOMES, Judgement, TableJudge
from risk.backtest.measures import Truth
from risk.backtest.report import Flips, Report, Sample, Segment, Side
from risk.backtest.rules import overlaps, rule_lines
from risk.decide import Bench
from risk.decision import decode
from risk.replay.reconsider import Records, id_of

SAMPLES: Final = 3
BANDS: Final = (
    (10, "under 10"),
    (100, "10 to 100"),
    (1000, "100 to 1,000"),
    (10_000, "1,000 to 10,000"),
)
TOP_BAND: Final = "10,000 and over"
DAY_US: Final = 86_400_000_000


class Contender(msgspec.Struct, frozen=True):
    """One side: what judges, the payments as its values tell them, and their records."""

    bench: Bench
    loaded: Loaded
    records: Records

    def judging(self, frame: pl.DataFrame) -> Judging:
        """The side over some rows."""
        return Judging(self.bench.book, self.bench.scorer, frame)


def prepare(frame: pl.DataFrame, digits: int, frauds: frozenset[str] | None) -> pl.DataFrame:
    """Add what is counted by: money in minor units, frauds, bands of amounts."""
    band = pl.lit(TOP_BAND)
    for limit, name in reversed(BANDS):
        band = pl.when(pl.col("amount") < limit).then(pl.lit(name)).otherwise(band)
    added = [
        (pl.col("amount").fill_null(0) * 10**digits).round().cast(pl.Int64).alias("minor"),
        pl.when(pl.col("amount").is_null())
        .then(pl.lit("unknown"))
        .otherwise(band)
        .alias("band"),
    ]
    if frauds is not None:
        labelled = pl.Series(sorted(frauds), dtype=pl.String)
        added.append(pl.col("transaction_id").is_in(labelled.implode()).alias("fraud"))
    return frame.with_columns(added)


def compare(
    before: Contender,
    after: Contender,
    frauds: frozenset[str] | None,
    is_partial: str | None = None,
) -> Report:
    """Compare two sides whose frames hold the same payments in the same order."""
    digits = exponent(before.bench.book.currency) or 0
    counted = prepare(before.loaded.frame, digits, frauds)
    truth = Truth(counted)
    judged = [_judge(side) for side in (before, after)]
    first, second = judged
    flipped = first.outcome != second.outcome
    return Report(
        rows=counted.height,
        days=days_of(counted),
        since=_day(counted["at"].min()),
        until=_day(counted["at"].max()),
        currency=before.bench.book.currency,
        exponent=digits,
        labels=None if frauds is None else int(counted["fraud"].sum()),
        skipped=before.loaded.skipped,
        is_partial=is_partial,
        before=_side(before.bench, first, truth, counted),
        after=_side(after.bench, second, truth, counted),
        matrix={
            one: {
                other: truth.group((first.outcome == one) & (second.outcome == other))
                for other in OUTCOMES
            }
            for one in OUTCOMES
        },
        flips=_flips(before, after, counted, first, second, flipped),
        rules=tuple(
            chain(
                rule_lines(
                    "before", before.bench.book, first, truth, first.outcome != "approve"
                ),
                rule_lines(
                    "after", after.bench.book, second, truth, second.outcome != "approve"
                ),
            )
        ),
        overlaps=tuple(overlaps(second)),
        segments=tuple(_segments(counted, first, second, flipped)),
    )


def days_of(frame: pl.DataFrame) -> float:
    """How many days the payments span, at least one."""
    if not frame.height:
        return 1.0
    return max(1.0, (int(frame["at"].max()) - int(frame["at"].min())) / DAY_US)  # type: ignore[arg-type] # whole numbers


def _judge(side: Contender) -> Judgement:
    return TableJudge(side.bench.book, side.bench.scorer).judge(side.loaded.frame)


def _side(bench: Bench, judgement: Judgement, truth: Truth, frame: pl.DataFrame) -> Side:
    stopped = judgement.outcome != "approve"
    held = None
    if truth.is_labelled:
        held = int((frame["minor"] * (stopped & ~frame["fraud"])).sum())
    return Side(
        book=bench.book_version,
        scorer=bench.scorer_version,
        outcomes={name: truth.group(judgement.outcome == name) for name in OUTCOMES},
        good_minor_held=held,
        quality=truth.quality(stopped),
    )


def _flips(
    before: Contender,
    after: Contender,
    counted: pl.DataFrame,
    first: Judgement,
    second: Judgement,
    flipped: pl.Series,
) -> tuple[Flips, ...]:
    if not flipped.any():
        return ()
    frames = [side.loaded.frame.filter(flipped) for side in (before, after)]
    why = causes(
        before.judging(frames[0]),
        after.judging(frames[1]),
        {**before.loaded.sources, **after.loaded.sources},
    )
    rows = counted.filter(flipped).with_columns(
        first.outcome.filter(flipped).alias("before"),
        second.outcome.filter(flipped).alias("after"),
        why,
    )
    keys = ["before", "after", "cause"]
    # The greatest amounts first: what people would be asked about.
    ordered = rows.sort([*keys, "minor", "id"], descending=[*[False] * 3, True, False])
    groups = ordered.partition_by(keys, as_dict=True, maintain_order=True)
    shown = [group.head(SAMPLES) for group in groups.values()]
    texts = Reasons(before, after, {name for group in shown for name in group["id"]})
    found = []
    for key, group in groups.items():
        one, other, cause = (str(part) for part in key)
        whole = Truth(group).group(pl.repeat(value=True, n=group.height, eager=True))
        samples = tuple(
            _sample(row, texts) for row in group.head(SAMPLES).iter_rows(named=True)
        )
        found.append(Flips(one, other, cause, whole, samples))
    return tuple(sorted(found, key=lambda flips: (-flips.group.payments, flips.cause)))


class Reasons:
    """The reasons of some payments on both sides, by decision id: decided anew by the core."""

    def __init__(self, before: Contender, after: Contender, wanted: set[str]) -> None:
        self.before = _reasons(before, wanted)
        self.after = _reasons(after, wanted)


def _reasons(side: Contender, wanted: set[str]) -> dict[str, tuple[str, ...]]:
    found = {}
    for raw in chain.from_iterable(side.records()):
        if id_of(raw) in wanted:
            decision = again(decode(raw), side.bench)
            found[decision.id] = tuple(f"{one.code}: {one.text}" for one in decision.reasons)
    return found


def _sample(row: Mapping[str, object], texts: Reasons) -> Sample:
    name, at, fraud = str(row["id"]), row["at"], row.get("fraud")
    return Sample(
        id=name,
        transaction_id=str(row["transaction_id"]),
        payer=str(row["payer"]),
        time=instant(at).isoformat() if isinstance(at, int) else "",
        amount="unknown" if row["amount"] is None else f"{row['amount']:.2f}",
        fraud=fraud if isinstance(fraud, bool) else None,
        before=texts.before.get(name, ()),
        after=texts.after.get(name, ()),
    )


def _segments(
    counted: pl.DataFrame, first: Judgement, second: Judgement, flipped: pl.Series
) -> list[Segment]:
    table = counted.with_columns(
        (first.outcome != "approve").alias("was"),
        (second.outcome != "approve").alias("is"),
        flipped.alias("flip"),
    )
    found = []
    for by in (*SEGMENTS, "band"):
        if by not in table.columns:
            continue
        named = pl.col(by).fill_null("unknown").alias("name")
        sums = [pl.len().alias("rows"), *(pl.col(name).sum() for name in ("was", "is", "flip"))]
        groups = table.group_by(named).agg(sums)
        for row in groups.sort(["rows", "name"], descending=[True, False]).head(12).iter_rows():
            found.append(Segment(by, *row))
    return found


def _day(at: object) -> str:
    return instant(at).isoformat() if isinstance(at, int) else ""


def unequal(before: Loaded, after: Loaded) -> bool:
    """Tell whether two frames hold other payments."""
    keys = ["partition", "offset"]
    return not before.frame.select(keys).equals(after.frame.select(keys))
