"""Laws of the archive: nothing twice, nothing lost, whatever is killed or run again."""

import os
from pathlib import Path

import pytest
from fakes.payments import arrivals, logs, payment
from fakes.recorded import decided
from hypothesis import given, settings

from risk.archive.labels import to_labels
from risk.archive.query import VIEWS, BadQuery, ask
from risk.archive.shelf import DECISIONS, LABEL_KIND, NOTE, Archive, Busy
from risk.archive.table import read_records
from risk.decision import Decision, decode
from risk.files import BadFile
from risk.pipeline import Arrival
from risk.replay.recorded import files_of

LABEL = (
    b'{"transaction_id":"p1","label":"fraud","kind":"scam","source":"bank",'
    b'"known_at":"2026-03-05T10:00:00Z"}'
)


def some_decisions(days: int = 3, each: int = 4) -> list[Decision]:
    values: list[dict[str, object] | bytes] = [
        payment(id=f"p{day}-{n}", time=f"2026-03-{2 + day:02}T10:{n:02}:00Z")
        for day in range(days)
        for n in range(each)
    ]
    return decided(arrivals([*values, b"no payment"]))


def kept(folder: Path) -> list[Decision]:
    files = Archive(folder).files(DECISIONS)
    return [decode(raw) for file in files for batch in read_records(file) for raw in batch]


def sorted_by_id(decisions: list[Decision]) -> list[Decision]:
    return sorted(decisions, key=lambda one: one.id)


@given(logs)
@settings(max_examples=15)
def test_what_is_archived_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, log: list[Arrival]
) -> None:
    """Any decisions, refused ones and repeats included, before and after compaction."""
    decisions = decided(log)
    archive = Archive(tmp_path_factory.mktemp("archive"))
    with archive.writing():
        half = len(decisions) // 2
        archive.add_decisions(decisions[:half])
        archive.add_decisions(decisions[half:])
        assert sorted_by_id(decisions) == sorted_by_id(kept(archive.folder))
        archive.compact()

    assert sorted_by_id(decisions) == sorted_by_id(kept(archive.folder))


def test_nothing_is_archived_twice(tmp_path: Path) -> None:
    """Overlapping data, another process, another order: each decision once."""
    decisions = some_decisions()
    for part in (decisions[:7], decisions[3:], decisions[::-1]):
        archive = Archive(tmp_path)
        with archive.writing():
            archive.add_decisions(part)

    assert sorted_by_id(decisions) == sorted_by_id(kept(tmp_path))


@pytest.mark.parametrize("removed", range(4))
def test_a_kill_while_files_are_put_together_is_mended(tmp_path: Path, removed: int) -> None:
    """After the note is written, at any step that follows."""
    archive = Archive(tmp_path)
    decisions = some_decisions(days=1, each=6)[:-1]
    with archive.writing():
        for n in range(0, 6, 2):
            archive.add_decisions(decisions[n : n + 2])
    (day,) = (tmp_path / "decisions").iterdir()
    old = {path: path.read_bytes() for path in day.glob("*.parquet")}
    with archive.writing():
        archive.compact()
    (new,) = day.glob("*.parquet")
    names = sorted(path.name for path in old)
    note = '{{"new":"{}","old":[{}]}}'.format(new.name, ",".join(f'"{name}"' for name in names))
    (day / NOTE).write_text(note)
    new.rename(day / f".{new.name}.new")
    for path in list(old)[removed:]:
        path.write_bytes(old[path])

    with Archive(tmp_path).writing():
        pass

    assert decisions == kept(tmp_path)
    assert [new] == list(day.iterdir())


def test_only_one_writes_at_a_time(tmp_path: Path) -> None:
    """The second one is told, and may come again."""
    with Archive(tmp_path).writing(), pytest.raises(Busy), Archive(tmp_path).writing():
        pass


def test_the_ready_questions_have_answers(tmp_path: Path) -> None:
    """Every view can be read, with labels and without."""
    archive = Archive(tmp_path)
    with archive.writing():
        archive.add_decisions(some_decisions())
    before = {name: ask(tmp_path, f"FROM {name}").rows for name in VIEWS}
    with archive.writing():
        assert 1 == archive.add(LABEL_KIND, to_labels([LABEL, b"no label"])[0])
        assert 0 == archive.add(LABEL_KIND, to_labels([LABEL])[0])

    assert 0 == len(before["latest_labels"])
    assert 1 == len(ask(tmp_path, "FROM latest_labels").rows)
    assert 4 == len(ask(tmp_path, "FROM outcomes_by_day").rows)
    assert [(13,)] == ask(tmp_path, "SELECT count(*) FROM decisions").rows


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/hostname')",
        "COPY decisions TO 'stolen.csv'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELEC",
    ],
)
def test_a_question_reaches_nothing_but_the_archive(tmp_path: Path, sql: str) -> None:
    """Other files, the network, and settings are out of reach; mistakes are told."""
    archive = Archive(tmp_path / "a")
    with archive.writing():
        archive.add_decisions(some_decisions())

    with pytest.raises(BadQuery):
        ask(archive.folder, sql)


def test_a_folder_that_is_no_archive_is_told(tmp_path: Path) -> None:
    """One clear message each."""
    with pytest.raises(BadFile, match="no archive"):
        ask(tmp_path, "SELECT 1")
    with pytest.raises(BadFile, match="no archive"):
        files_of(tmp_path)
    (tmp_path / "decisions" / "day=2026-03-02").mkdir(parents=True)
    (tmp_path / "decisions" / "day=2026-03-02" / "x.parquet").write_bytes(os.urandom(20))
    with pytest.raises(BadFile, match="cannot be read as Parquet"):
        kept(tmp_path)
