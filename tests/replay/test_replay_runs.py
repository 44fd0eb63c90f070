"""Laws of a replay: the stream's decisions in the log's order, whatever happened to it."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from fakes.command import risk
from fakes.payments import arrivals, default_bench, logs, payment
from fakes.recorded import changed_book, decided, without_timings, write_log, write_records
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.again import DataLacks, check_values
from risk.assembly import build_bench, default_book
from risk.books import Books
from risk.decision import Decision, decode
from risk.files import BadFile
from risk.pipeline import Arrival, Limits
from risk.replay.parts import Counts, OtherRun, Parts
from risk.replay.payments import Payments
from risk.replay.reconsider import within
from risk.replay.recorded import holds_decisions, recorded
from risk.replay.run import Judges, NoData, replay_payments, replay_recorded
from risk.replay.span import EVERYTHING, BadSpan, Span, last_days, read_span

LIMITS = Limits(topic="t", epoch="1", max_bytes=65_536, known_ids=1000)
FEW = 4
"""Decisions in a part, so that small logs have several."""


SCORED = payment(amount="5000.00", channel="web")
"""A payment that the default card gives some points."""


class Killed(Exception):
    """Stands for a kill: whatever was not on the disk is lost."""


def quiet(rows: int, part: float | None) -> None:
    """Nobody watches."""


@pytest.fixture
def judges(tmp_path: Path) -> Judges:
    """The default book, kept."""
    books = Books(tmp_path / "books")
    kept = books.keep(default_book(), default_bench())
    return Judges(books, (kept.book, kept.scorer))


def payments_in(*files: Path, partitions: int = 2) -> Payments:
    return Payments(tuple(map(str, files)), partitions, "")


def replayed(
    payments: Payments, judges: Judges, out: Path, processes: int = 1, span: Span = EVERYTHING
) -> bytes:
    parts = Parts(out, FEW)
    parts.begin({})
    replay_payments(payments, span, judges, LIMITS, parts, processes, quiet)
    parts.join()
    parts.remove()
    return out.read_bytes()


def read_out(raw: bytes) -> list[Decision]:
    return [decode(line) for line in raw.splitlines()]


def mixed_log(count: int = 60) -> list[Arrival]:
    """Payers, repeats, poison and reused ids, in turns."""
    values: list[dict[str, object] | bytes] = []
    for n in range(count):
        day, minute = 2 + n // 30, n % 30
        values.append(
            payment(
                id=f"p{n % 50}",
                time=f"2026-03-{day:02}T10:{minute:02}:00Z",
                amount=f"{(n * 37) % 900}.00",
                payer={"id": f"payer-{n % 7}"},
            )
        )
        if n % 9 == 0:
            values += [b'{"id": 1}', values[-1]]
    return arrivals(values)


@given(logs)
@settings(max_examples=25)
def test_a_replayed_log_is_what_the_stream_decided(
    tmp_path_factory: pytest.TempPathFactory, log: list[Arrival]
) -> None:
    """Payments of a file, folded anew, give the decisions of the pipeline itself."""
    folder = tmp_path_factory.mktemp("replay")
    file = write_log(folder / "log.jsonl", log)
    lines = file.read_bytes().splitlines()
    if not lines:
        return
    bench = default_bench()
    books = Books(folder / "books")
    judges = Judges(books, (bench.book_version.hash, bench.scorer_version.hash))
    again = [
        Arrival(0, n, one.key, line)
        for n, (line, one) in enumerate(
            zip(lines, [a for a in log if a.value and a.value.strip()], strict=True)
        )
    ]

    found = read_out(replayed(payments_in(file, partitions=1), judges, folder / "out.jsonl"))

    assert without_timings(decided(again)) == found


def test_any_number_of_processes_gives_the_same_bytes(tmp_path: Path, judges: Judges) -> None:
    """One process and three make the same file."""
    file = write_log(tmp_path / "log.jsonl", mixed_log())
    payments = payments_in(file, partitions=4)

    one = replayed(payments, judges, tmp_path / "one.jsonl")

    assert one == replayed(payments, judges, tmp_path / "three.jsonl", processes=3)


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet"])
def test_any_order_of_files_gives_the_same_bytes(
    tmp_path: Path, judges: Judges, name: str
) -> None:
    """Files are read by their names, however they are listed."""
    log = mixed_log()
    files = [
        write_log(tmp_path / f"{n}.jsonl", log[start : start + 20])
        for n, start in enumerate(range(0, len(log), 20))
    ]

    found = {
        replayed(payments_in(*order), judges, tmp_path / name) for order in (files, files[::-1])
    }

    assert 1 == len(found)


@given(kills=st.lists(st.integers(0, 12), min_size=1, max_size=6))
@settings(max_examples=15)
def test_a_killed_replay_loses_and_doubles_nothing(
    tmp_path_factory: pytest.TempPathFactory, kills: list[int]
) -> None:
    """Whatever parts were whole when a run was killed, the file is the same in the end."""
    folder = tmp_path_factory.mktemp("kill")
    file = write_log(folder / "log.jsonl", mixed_log())
    payments = payments_in(file, partitions=3)
    bench = default_bench()
    judges = Judges(
        Books(folder / "books"), (bench.book_version.hash, bench.scorer_version.hash)
    )
    expected = replayed(payments, judges, folder / "whole.jsonl")
    for kill in kills:
        parts = DyingParts(folder / "out.jsonl", kill)
        parts.begin({})
        with suppress(Killed):
            replay_payments(payments, EVERYTHING, judges, LIMITS, parts, 1, quiet)

    assert expected == replayed(payments, judges, folder / "out.jsonl")


class DyingParts(Parts):
    """Parts that write some and then no more."""

    def __init__(self, result: Path, life: int) -> None:
        super().__init__(result, FEW)
        self._life = life

    def write(self, *given: object, **named: object) -> Counts:
        if self._life == 0:
            raise Killed
        self._life -= 1
        return super().write(*given, **named)  # type: ignore[arg-type] # passed on


def test_parts_of_another_run_are_not_taken_up(tmp_path: Path) -> None:
    """Other data or another book must not be mixed into a file."""
    Parts(tmp_path / "out.jsonl", FEW).begin({"book": 1})

    with pytest.raises(OtherRun, match="another replay"):
        Parts(tmp_path / "out.jsonl", FEW).begin({"book": 2})


def records_of(file: Path) -> Callable[[], object]:
    return partial(recorded, [str(file)], "")


@given(logs)
@settings(max_examples=25)
def test_recorded_decisions_replayed_by_their_book_are_themselves(
    tmp_path_factory: pytest.TempPathFactory, log: list[Arrival]
) -> None:
    """The values of the record are all that is needed, for repeats and refusals too."""
    folder = tmp_path_factory.mktemp("recorded")
    if not log:
        return
    decisions = decided(log)
    file = write_records(folder / "d.jsonl", decisions)
    bench = default_bench()
    judges = Judges(
        Books(folder / "books"), (bench.book_version.hash, bench.scorer_version.hash)
    )
    parts = Parts(folder / "out.jsonl", FEW)
    parts.begin({})
    replay_recorded(records_of(file), judges, parts, 1, quiet)  # type: ignore[arg-type] # batches
    parts.join()

    assert without_timings(decisions) == read_out((folder / "out.jsonl").read_bytes())


def test_another_book_gives_repeats_the_new_first_answer(tmp_path: Path) -> None:
    """A repeat says what its first payment is answered by the new book."""
    folder = changed_book(tmp_path / "b", {"book.yaml": ("review: 45", "review: 1")})
    books = Books(tmp_path / "books")
    kept = books.keep(folder, build_bench(folder))
    file = write_records(tmp_path / "d.jsonl", decided(arrivals([SCORED, SCORED])))
    parts = Parts(tmp_path / "out.parquet", FEW)
    parts.begin({})

    replay_recorded(
        records_of(file),  # type: ignore[arg-type] # batches
        Judges(books, (kept.book, kept.scorer)),
        parts,
        1,
        quiet,
    )

    assert ["review", "review"] == [decode(raw).outcome for raw in parts.records()]


def test_a_span_gives_a_part_of_the_whole_replay(tmp_path: Path, judges: Judges) -> None:
    """Payments before it are folded: what lies in the span is as in the whole."""
    file = write_log(tmp_path / "log.jsonl", mixed_log())
    span = read_span("2026-03-03", "2026-03-03T10:20:00Z", None)

    whole = read_out(replayed(payments_in(file), judges, tmp_path / "whole.jsonl"))
    part = read_out(replayed(payments_in(file), judges, tmp_path / "part.jsonl", span=span))

    assert [one for one in whole if span.holds(one.source, one.event_time)] == part
    assert part


def test_offsets_pick_records_too(tmp_path: Path) -> None:
    """Recorded decisions are picked by the same span."""
    decisions = decided(mixed_log())
    file = write_records(tmp_path / "d.jsonl", decisions)
    records = within(records_of(file), read_span(None, None, "0:3-5"))  # type: ignore[arg-type] # batches

    assert [3, 4, 5] == [decode(raw).source.offset for batch in records() for raw in batch]


def test_the_last_days_reach_back_from_the_newest_decision(tmp_path: Path) -> None:
    """30d is counted from the data, not from today."""
    file = write_records(tmp_path / "d.jsonl", decided(mixed_log()))

    span = last_days(records_of(file), "1d")  # type: ignore[arg-type] # batches

    assert "2026-03-02" == str(span.since)[:10]


@pytest.mark.parametrize(
    "given", [("now", None, None), (None, None, "0:1"), (None, "1 March", None)]
)
def test_a_span_that_cannot_be_read_says_how_it_is_written(
    given: tuple[str | None, str | None, str | None],
) -> None:
    """One clear message."""
    with pytest.raises(BadSpan, match=r"like|written"):
        read_span(*given)


def test_an_empty_span_is_told(tmp_path: Path, judges: Judges) -> None:
    """A range with nothing in it is no result."""
    file = write_log(tmp_path / "log.jsonl", mixed_log())

    with pytest.raises(NoData, match="span"):
        replayed(
            payments_in(file),
            judges,
            tmp_path / "o.jsonl",
            span=read_span("2027-01-01", None, None),
        )


def test_a_truncated_table_keeps_what_was_read(tmp_path: Path, judges: Judges) -> None:
    """A Parquet file cut short is named, and nothing appears under the result's name."""
    file = write_log(tmp_path / "log.jsonl", mixed_log())
    replayed(payments_in(file), judges, tmp_path / "d.parquet")
    whole = (tmp_path / "d.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(BadFile, match="cannot be read as Parquet"):
        list(recorded([str(tmp_path / "cut.parquet")], ""))


def test_a_table_without_its_columns_is_told(tmp_path: Path, judges: Judges) -> None:
    """The message names the column that is missing."""
    (tmp_path / "p.csv").write_text("id,time\n1,2026-03-02\n", encoding="utf-8")

    with pytest.raises(BadFile, match="column"):
        replayed(payments_in(tmp_path / "p.csv"), judges, tmp_path / "o.jsonl")


def test_a_record_that_turns_into_something_else_is_named(
    tmp_path: Path, judges: Judges
) -> None:
    """A type that changes half way ends the run; the parts before it stay."""
    records = decided(mixed_log())[:10]
    file = write_records(tmp_path / "d.jsonl", records)
    with file.open("ab") as out:
        out.write(b'{"id": 7, "outcome": 3}\n')
    parts = Parts(tmp_path / "out.jsonl", FEW)
    parts.begin({})

    with pytest.raises(BadFile, match="record 11 is no decision"):
        replay_recorded(records_of(file), judges, parts, 1, quiet)  # type: ignore[arg-type] # batches
    assert 2 * FEW == parts.totals().rows

    partial = parts.keep_partial()

    assert tmp_path / "partial-out.jsonl" == partial
    assert without_timings(records[: 2 * FEW]) == read_out(partial.read_bytes())
    assert not parts.folder.exists()


BAD_REPLAYS = {
    "record 1 is no decision": ('{"id": 7, "outcome": 3}\n', ()),
    "no decision lies in the data": ('{"id": 7, "outcome": 3}\n', ("--since", "2030-01-01")),
    "payer_id is no field": ("id,time,payer_id\n1,2026-03-02,p\n", ()),
}


@pytest.mark.parametrize("message", BAD_REPLAYS)
def test_a_replay_of_nothing_that_can_be_decided_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    message: str,
) -> None:
    """One message; no folder of parts stands in the way of the next run."""
    monkeypatch.chdir(tmp_path)
    content, more = BAD_REPLAYS[message]
    file = tmp_path / ("p.csv" if "," in content[:5] else "d.jsonl")
    file.write_text(content, encoding="utf-8")

    assert 1 == risk("replay", file, "--out", "out.jsonl", "--processes", 1, *more)
    assert message in capsys.readouterr().err
    assert [] == [path.name for path in tmp_path.iterdir() if "out" in path.name]


def test_values_that_nobody_recorded_are_told(tmp_path: Path) -> None:
    """A book that reads an attribute which no record names cannot judge these records."""
    folder = changed_book(
        tmp_path / "b",
        {
            "book.yaml": (
                "currency: EUR",
                "currency: EUR\nattributes: {vip: {type: flag, meaning: is known by name}}",
            ),
            "cards.rules.yaml": (
                "when: kind == 'card' and amount <= $small and",
                "when: kind == 'card' and attributes.vip and amount <= $small and",
            ),
        },
    )

    with pytest.raises(DataLacks, match=r"attributes\.vip"):
        check_values(build_bench(folder), decided(arrivals([payment()])))


def test_payments_and_decisions_are_told_apart(tmp_path: Path) -> None:
    """By the first row of the file."""
    log = mixed_log(3)

    assert not holds_decisions(str(write_log(tmp_path / "p.jsonl", log)))
    assert holds_decisions(str(write_records(tmp_path / "d.jsonl", decided(log))))
