"""A checkpoint is whole or refused by name; the scribe writes it, and only for one worker."""

import asyncio
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from fakes.payments import default_bench
from hypothesis import given
from hypothesis import strategies as st

from features.history import Origin
from risk.ledger import Line
from risk.state.keeper import ScribeKeeper, done
from risk.state.scribe import Order, Reply, Scribe, frame, read_frame, serve
from risk.state.stamp import (
    Scope,
    Stamp,
    Unusable,
    plan_hash,
    read_stamp,
    require,
    seal,
    unseal,
    write_stamp,
)
from risk.state.store import Reading, Row, Store, StoreFailed, set_aside

SCOPE = Scope("t", "1", 0, "plan", "EUR")
ROWS: list[Row] = [("payer", "anna", b"abc"), ("payer", "bela", b"def"), ("label", "x", b"g")]
LINES = [Line(4, b"f" * 16, "p4", b"i" * 16, b"{}"), Line(5, b"g" * 16, "p5")]


def stamp(offset: int = 10, first: int = 4, next_place: int = 6) -> Stamp:
    return Stamp(
        scope=SCOPE,
        offset=offset,
        history=Origin({}, {}),
        ledger_first=first,
        ledger_next=next_place,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A checkpoint at offset 10."""
    store = Store(tmp_path / "a.db")
    store.commit(ROWS, LINES, stamp())
    store.close()
    return tmp_path / "a.db"


def reason(work: Callable[[], object]) -> str:
    """Why a checkpoint is refused."""
    with pytest.raises(Unusable) as caught:
        work()
    return caught.value.reason


@given(st.binary(), st.data())
def test_a_turned_bit_or_another_place_is_seen(content: bytes, data: st.DataObject) -> None:
    """What is sealed for one entity is not read for another, nor after any single change."""
    sealed = seal(content, "payer", "anna")
    assert content == unseal(sealed, "payer", "anna")
    assert "corrupt" == reason(lambda: unseal(sealed, "payer", "bela"))
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    broken = bytearray(sealed)
    broken[place // 8] ^= 1 << place % 8
    assert "corrupt" == reason(lambda: unseal(bytes(broken), "payer", "anna"))


def test_a_stamp_read_back_equals_the_one_written() -> None:
    """And one of another version or of no shape is named."""
    assert stamp() == read_stamp(write_stamp(stamp()))
    older = msgspec.structs.replace(stamp(), format=0)
    assert "older format" == reason(lambda: read_stamp(write_stamp(older)))
    assert "corrupt" == reason(lambda: read_stamp(seal(b'{"format":1}', "stamp")))
    assert "corrupt" == reason(lambda: read_stamp(seal(b"[]", "stamp")))


@pytest.mark.parametrize(
    ("scope", "begin", "stop", "expected"),
    [
        (Scope("u", "1", 0, "plan", "EUR"), 0, 10, "foreign"),
        (Scope("t", "2", 0, "plan", "EUR"), 0, 10, "foreign"),
        (Scope("t", "1", 1, "plan", "EUR"), 0, 10, "foreign"),
        (Scope("t", "1", 0, "plan", "USD"), 0, 10, "other currency"),
        (SCOPE, 0, 9, "ahead"),
        (SCOPE, 11, 12, "behind"),
    ],
)
def test_a_checkpoint_that_does_not_lead_to_the_offset_is_refused(
    scope: Scope, begin: int, stop: int, expected: str
) -> None:
    """Of something else, beyond what is committed, or before what the log still holds."""
    assert expected == reason(lambda: require(stamp(), scope, begin, stop))


def test_a_checkpoint_that_leads_to_the_offset_is_taken() -> None:
    """At both ends, and with other velocities: those are carried over."""
    require(stamp(), SCOPE, 10, 10)
    require(stamp(), msgspec.structs.replace(SCOPE, plan="other"), 0, 11)
    plan = default_bench().plan
    assert plan_hash(plan) == plan_hash(plan)


def test_what_was_committed_is_read_back(path: Path) -> None:
    """States, ledger and stamp; a later commit changes only what it names."""
    store = Store(path)
    store.commit([("payer", "anna", b"new"), ("payer", "bela", b"")], (), stamp(20, 5))
    store.close()
    reading = Reading(path)
    assert stamp(20, 5) == reading.stamp()
    assert [b"new", None] == [reading.load("payer", "anna"), reading.load("payer", "bela")]
    assert [("label", "x", b"g")] == list(reading.states(["label"]))
    assert LINES[1:] == reading.lines(reading.stamp())
    assert {"payer", "label"} == {kind for kind, _, _ in reading.sizes()}
    reading.close()


def test_a_missing_file_and_one_without_a_checkpoint_are_missing(tmp_path: Path) -> None:
    """Nothing was ever there."""
    assert "missing" == reason(lambda: Reading(tmp_path / "a.db"))
    Store(tmp_path / "b.db").close()
    assert "missing" == reason(lambda: Reading(tmp_path / "b.db").stamp())


@pytest.mark.parametrize("content", [b"x" * 4096, b"", b"SQLite format 3\0" + b"x" * 100])
def test_what_is_no_checkpoint_is_refused(path: Path, content: bytes) -> None:
    """Whatever stands in the file: never a crash, never a silent empty state."""
    path.write_bytes(content)
    assert reason(lambda: Reading(path).stamp()) in ("torn", "corrupt")


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    """Torn in the middle: seen at the stamp, at the state, or at the ledger."""
    path = tmp_path / "a.db"
    store = Store(path)
    rows = [("payer", f"{number:06}", b"s" * 500) for number in range(3000)]
    store.commit(rows, LINES, stamp())
    store.close()
    path.write_bytes(path.read_bytes()[:200_000])

    def use() -> None:
        reading = Reading(path)
        reading.lines(reading.stamp())
        for number in range(3000):
            if reading.load("payer", f"{number:06}") is None:
                raise AssertionError("a state was lost in silence")

    assert reason(use) in ("torn", "corrupt")


def test_a_ledger_with_a_hole_is_refused(path: Path) -> None:
    """A forgotten answer would decide a repeat anew."""
    assert "corrupt" == reason(lambda: Reading(path).lines(stamp(first=3)))


@pytest.mark.parametrize("content", ["xxxxx", b"xxxxx"])
def test_a_damaged_state_is_set_aside_before_it_is_spoken_of(
    path: Path, content: object
) -> None:
    """So that the next start finds nothing there and folds the log."""
    store = Store(path)
    store._db.execute("update state set content = ? where key = 'anna'", (content,))
    store.close()
    reading = Reading(path, set_aside)
    assert "corrupt" == reason(lambda: reading.load("payer", "anna"))
    assert (False, True) == (path.exists(), path.with_name("a.db.damaged").exists())
    reading.close()


def test_a_full_disk_is_named_and_leaves_the_old_checkpoint(path: Path) -> None:
    """SQLite may use no more pages: all of the commit fails, the one before stays."""
    store = Store(path)
    store._db.execute("pragma max_page_count = 10")
    rows = [("payer", f"{number}", b"x" * 4000) for number in range(100)]
    with pytest.raises(StoreFailed, match="disk is full"):
        store.commit(rows, (), stamp(20))
    assert stamp() == Reading(path).stamp()
    assert None is Reading(path).load("payer", "1")
    store._db.execute("pragma max_page_count = 10000")
    store.commit(rows, (), stamp(20))
    assert stamp(20) == Reading(path).stamp()
    store.close()


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    """Where a folder stands in the way of the file."""
    (tmp_path / "a.db").mkdir()
    with pytest.raises(StoreFailed, match="cannot be written"):
        Store(tmp_path / "a.db")


def test_staged_rows_wait_for_the_commit(tmp_path: Path) -> None:
    """And a killed worker's half-told checkpoint leaves nothing."""
    scribe = Scribe(tmp_path, lock_seconds=0)
    assert Reply("a.db") == scribe.do(Order("open", "a.db"))
    assert None is scribe.do(Order("stage", "a.db", ROWS, LINES))
    assert "missing" == reason(lambda: Reading(tmp_path / "a.db").stamp())
    scribe.let_go()
    scribe.do(Order("open", "a.db"))
    scribe.do(Order("stage", "a.db", ROWS[:1]))
    scribe.do(Order("stage", "a.db", [("payer", "anna", b"later")], LINES))
    assert Reply("a.db") == scribe.do(Order("commit", "a.db", stamp=stamp()))
    assert b"later" == Reading(tmp_path / "a.db").load("payer", "anna")
    assert None is Reading(tmp_path / "a.db").load("payer", "bela")
    scribe.let_go()


def test_one_worker_holds_a_checkpoint(tmp_path: Path) -> None:
    """The other one is told that it is busy, until the first lets it go."""
    one, other = (Scribe(tmp_path, lock_seconds=0.05) for _ in range(2))
    one.do(Order("open", "a.db"))
    assert Reply("a.db", is_busy=True) == other.do(Order("open", "a.db"))
    one.do(Order("close", "a.db"))
    assert Reply("a.db") == other.do(Order("open", "a.db"))
    other.let_go()


def test_what_is_closed_is_shared_and_can_be_fetched(tmp_path: Path) -> None:
    """By a worker with a folder of its own; what it had staged before is gone."""
    shared = tmp_path / "shared"
    one, other = (Scribe(tmp_path / name, shared, 0, 0) for name in ("one", "other"))
    one.do(Order("open", "a.db"))
    one.do(Order("stage", "a.db", ROWS, LINES))
    one.do(Order("commit", "a.db", stamp=stamp()))
    assert stamp() == Reading(shared / "a.db").stamp()
    one.do(Order("close", "a.db"))
    other.do(Order("open", "a.db"))
    other.do(Order("stage", "a.db", [("payer", "anna", b"old")]))
    assert Reply("a.db") == other.do(Order("fetch", "a.db"))
    other.do(Order("commit", "a.db", stamp=stamp(11)))
    assert b"abc" == Reading(tmp_path / "other" / "a.db").load("payer", "anna")
    assert Reply("a.db") == other.do(Order("renew", "a.db"))
    assert "missing" == reason(lambda: Reading(tmp_path / "other" / "a.db"))
    other.let_go()


def test_what_cannot_be_done_is_answered_in_words(tmp_path: Path) -> None:
    """The worker must know it: it stops without a commit."""
    scribe = Scribe(tmp_path, tmp_path / "none", lock_seconds=0)
    scribe.do(Order("open", "a.db"))
    reply = scribe.do(Order("fetch", "a.db"))
    assert reply is not None
    assert "No such file" in reply.error
    scribe.let_go()


def test_orders_end_with_the_input_and_half_an_order_is_none(tmp_path: Path) -> None:
    """A worker may die while it writes one."""
    orders = [Order("open", "a.db"), Order("stage", "a.db", ROWS, LINES)]
    orders.append(Order("commit", "a.db", stamp=stamp()))
    told = b"".join(frame(msgspec.msgpack.encode(order)) for order in orders)
    later = frame(msgspec.msgpack.encode(Order("commit", "a.db", stamp=stamp(11))))
    for cut in range(len(later)):
        out = BytesIO()
        serve(Scribe(tmp_path, lock_seconds=0), BytesIO(told + later[:cut]), out)
        assert stamp() == Reading(tmp_path / "a.db").stamp()
    out.seek(0)
    found = [msgspec.msgpack.decode(read_frame(out), type=Reply) for _ in range(2)]
    assert [Reply("a.db")] * 2 == found
    assert b"" == read_frame(out)


async def _work(folder: Path) -> None:
    keeper = ScribeKeeper(folder, None, 300)
    await done(keeper, Order("open", "a.db"))
    await done(keeper, Order("stage", "a.db", ROWS, LINES))
    await done(keeper, Order("commit", "a.db", stamp=stamp()))
    assert b"abc" == keeper.read("a.db").load("payer", "anna")
    assert "missing" == reason(lambda: keeper.read_shared("a.db"))
    other = ScribeKeeper(folder, folder, 300)
    await done(keeper, Order("close", "a.db"))
    await done(other, Order("open", "a.db"))
    await keeper.stop()
    await other.stop()


def test_a_scribe_of_its_own_process_does_the_same(tmp_path: Path) -> None:
    """Through pipes, with its end at the end of the input."""
    asyncio.run(_work(tmp_path))
    assert stamp() == Reading(tmp_path / "a.db").stamp()


def test_a_full_disk_stops_a_real_scribe_s_commit(tmp_path: Path) -> None:
    """On a small tmpfs, where one may be mounted: the old checkpoint stays, room mends it."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        scribe = Scribe(folder, lock_seconds=0)
        scribe.do(Order("open", "a.db"))
        scribe.do(Order("stage", "a.db", ROWS, LINES))
        assert Reply("a.db") == scribe.do(Order("commit", "a.db", stamp=stamp()))
        ballast = folder / "ballast"
        ballast.write_bytes(b"x" * 700_000)
        many = [("payer", f"{number}", b"x" * 4000) for number in range(100)]
        scribe.do(Order("stage", "a.db", many))
        reply = scribe.do(Order("commit", "a.db", stamp=stamp(20)))
        assert reply is not None
        assert "cannot be written" in reply.error
        assert stamp() == Reading(folder / "a.db").stamp()
        ballast.unlink()
        assert Reply("a.db") == scribe.do(Order("commit", "a.db", stamp=stamp(20)))
        assert stamp(20) == Reading(folder / "a.db").stamp()
        scribe.let_go()
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
