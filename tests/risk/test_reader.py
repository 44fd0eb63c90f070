"""The mark as commit metadata, the headers, and the two readers over fake consumers."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.reader import (
    METADATA_BYTES,
    MOST_ABOVE,
    AsyncReader,
    BrokenPromise,
    Mark,
    Reader,
    Sieve,
    parse_low,
    parse_src,
)

EPOCHS = st.from_regex(r"[A-Za-z0-9._-]{1,32}", fullmatch=True)


class Place(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class Commit(NamedTuple):
    """An offset with its metadata."""

    offset: int
    metadata: str


class Record(NamedTuple):
    """A record as both clients give it."""

    partition: int
    offset: int
    headers: list[tuple[str, bytes]]


def record(offset: int, src: bytes, low: int, partition: int = 0) -> Record:
    """Make a record of the decisions topic."""
    return Record(partition, offset, [("src", src), ("low", b"%d" % low)])


@given(EPOCHS, st.integers(0, 10**9 - 1), st.integers(0, 10**18 - 1))
def test_src_is_read_as_it_is_written(epoch: str, partition: int, offset: int) -> None:
    """`epoch:partition:offset` gives its three parts back."""
    assert (epoch, partition, offset) == parse_src(f"{epoch}:{partition}:{offset}".encode())


@given(st.binary(max_size=40))
def test_whatever_bytes_stand_in_a_header_nothing_is_raised(raw: bytes) -> None:
    """A header that is no place gives None, one that is no offset gives -1."""
    found = parse_src(raw)
    assert found is None or f"{found[0]}:".encode() == raw[: len(found[0]) + 1]
    assert parse_low(raw) >= -1


@pytest.mark.parametrize(
    "raw", [None, b"", b"1:2", b"1:2:3:4", b"1:-2:3", b"1:2:", b":2:3", b"1:2:3\n", b"1: 2:3"]
)
def test_what_is_no_src_is_none(raw: bytes | None) -> None:
    """Only the exact form counts."""
    assert parse_src(raw) is None


def test_an_absent_low_says_nothing() -> None:
    """No header is as good as -1."""
    assert [-1, -1, 7] == [parse_low(None), parse_low(b"-1"), parse_low(b"7")]


ENTRIES = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 300), st.integers(-1, 250)), max_size=60
)


@given(ENTRIES, ENTRIES)
@settings(max_examples=150)
def test_a_loaded_mark_goes_on_as_the_saved_one_would(
    before: list[tuple[str, int, int]], after: list[tuple[str, int, int]]
) -> None:
    """load(save(mark)) accepts and drops what the mark itself does, whatever comes."""
    mark = Mark()
    for entry in before:
        mark.accept(*entry)
    loaded = Mark.load(mark.save() or "")
    assert [mark.accept(*entry) for entry in after] == [
        loaded.accept(*entry) for entry in after
    ]
    assert vars(mark) == vars(loaded)


@given(EPOCHS, st.sets(st.integers(1, 20_000), max_size=300), st.integers(-1, 10**15))
@settings(max_examples=50)
def test_twenty_thousand_in_flight_fit_into_the_commit(
    epoch: str, offsets: set[int], low: int
) -> None:
    """Any set within 20,000 offsets fits, with the longest epochs, wherever the log is."""
    mark = Mark()
    for number in range(20):
        mark.accept(f"{number:032}", 0, -1)
    for offset in offsets:
        mark.accept(epoch, low + 1 + offset, low)
    text = mark.save()
    assert text is not None
    assert len(text.encode()) <= METADATA_BYTES


def test_a_mark_that_does_not_fit_is_not_saved() -> None:
    """Accepted offsets far apart: nothing may be committed until `low` has passed the gap."""
    mark = Mark()
    mark.accept("1", 5, -1)
    mark.accept("1", 100_000, -1)
    assert mark.save() is None
    mark.accept("1", 100_001, 5)
    assert mark.save() is not None


def test_a_writer_whose_low_stands_still_is_found_out() -> None:
    """The memory of a mark is bounded: what no worker does ends the reader."""
    mark = Mark()
    mark.accept("1", 1, -1)
    mark.above = set(range(1, MOST_ABOVE + 1))
    with pytest.raises(BrokenPromise, match="low = -1"):
        mark.accept("1", MOST_ABOVE + 1, -1)


@pytest.mark.parametrize(
    "text", ["x", "[]", "[1,2]", '[2,"1",0,1,"",[]]', '[1,"1",0,1,"%",[]]', "7", "null"]
)
def test_metadata_of_somebody_else_is_refused(text: str) -> None:
    """A mark is never guessed."""
    with pytest.raises(ValueError, match="mark"):
        Mark.load(text)


def test_a_sieve_counts_strangers() -> None:
    """Records without `src`, or with another partition in it, are no decisions of ours."""
    sieve = Sieve()
    records = [Record(0, 0, []), record(1, b"1:1:0", -1), record(2, b"1:0:0", -1)]
    assert [False, False, True] == [sieve.accepts(0, one) for one in records]
    assert 2 == sieve.strangers


PLACE = Place("decisions", 0)
LOG = [
    record(0, b"1:0:0", -1),
    record(1, b"1:0:2", -1),
    record(2, b"1:0:0", -1),
    record(3, b"1:0:1", 0),
    record(4, b"1:0:2", 0),
    record(5, b"1:0:3", 2),
]


class Consumer:
    """A consumer of one partition that gives two records a poll, sync and async."""

    def __init__(self, committed: dict[Place, Commit]) -> None:
        self.commits = committed
        self.position = committed[PLACE].offset if PLACE in committed else 0

    def poll(self, timeout_ms: int) -> dict[Place, list[Record]]:
        """kafka-python's way to read."""
        assert timeout_ms == 1000
        found = LOG[self.position : self.position + 2]
        self.position += len(found)
        return {PLACE: found} if found else {}

    def committed(self, place: Place, *, metadata: bool) -> Commit | None:
        """kafka-python's way to ask for a commit."""
        assert metadata
        return self.commits.get(place)

    def commit(self, offsets: dict[Place, Commit]) -> None:
        """kafka-python's way to commit."""
        self.commits |= offsets


class AsyncConsumer(Consumer):
    """The same with aiokafka's names."""

    async def getmany(self, timeout_ms: int) -> dict[Place, list[Record]]:
        """Read."""
        return self.poll(timeout_ms)

    async def commit(self, offsets: Mapping[Place, tuple[int, str]]) -> None:  # type: ignore[override]
        """Commit."""
        self.commits |= {place: Commit(*found) for place, found in offsets.items()}


def run_sync(polls: int, commits: dict[Place, Commit], *, commit: bool) -> list[int]:
    """Poll and perhaps commit with a new `Reader`; the positions of what was accepted."""
    reader = Reader(Consumer(commits), Commit)
    taken = []
    for _ in range(polls):
        taken += [one.offset for one in reader.poll(1.0)]
        if commit:
            reader.commit()
    return taken


def run_async(polls: int, commits: dict[Place, Commit], *, commit: bool) -> list[int]:
    """Do the same with a new `AsyncReader`."""

    async def committed() -> dict[Place, Commit]:
        return commits

    async def run() -> list[int]:
        reader = AsyncReader(AsyncConsumer(commits), committed)
        taken = []
        for _ in range(polls):
            taken += [one.offset for one in await reader.poll(1.0)]
            if commit:
                await reader.commit()
        return taken

    return asyncio.run(run())


BOTH = pytest.mark.parametrize("run", [run_sync, run_async], ids=["sync", "async"])


@BOTH
def test_a_reader_gives_each_decision_once(run: Any) -> None:
    """Repeats are dropped; committing when nothing came is no mistake."""
    commits: dict[Place, Commit] = {}
    assert [0, 1, 3, 5] == run(5, commits, commit=True)
    assert 6 == commits[PLACE].offset


@BOTH
def test_a_reader_that_crashed_goes_on_with_its_mark(run: Any) -> None:
    """The mark comes back with the offset, so that repeats are known after a restart."""
    commits: dict[Place, Commit] = {}
    assert [0, 1] == run(1, commits, commit=True)
    assert [3] == run(1, commits, commit=False)
    assert [3, 5] == run(2, commits, commit=True)


@BOTH
def test_a_reader_that_never_committed_begins_again(run: Any) -> None:
    """Without a commit everything comes again, still each once."""
    commits: dict[Place, Commit] = {}
    assert [0, 1, 3, 5] == run(3, commits, commit=False)
    assert [0, 1, 3, 5] == run(3, commits, commit=False)


def test_a_rebalance_forgets_what_was_not_committed() -> None:
    """Whoever has the partition next goes on from the commit, so must this reader."""
    commits: dict[Place, Commit] = {}
    consumer = Consumer(commits)
    reader = Reader(consumer, Commit)
    reader.poll(1.0)
    reader.commit()
    reader.poll(1.0)
    listener = reader.listener(object)
    listener.on_partitions_revoked([PLACE])
    listener.on_partitions_assigned([PLACE])
    consumer.position = commits[PLACE].offset
    assert [3] == [one.offset for one in reader.poll(1.0)]


def test_nothing_is_committed_while_the_mark_does_not_fit() -> None:
    """The commit waits, the reading does not."""
    commits: dict[Place, Commit] = {}
    reader = Reader(Consumer(commits), Commit)
    reader.poll(1.0)
    reader.marks[PLACE].above.add(100_000)
    reader.commit()
    assert {} == commits
