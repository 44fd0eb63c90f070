"""An offset at which the process dies again and again is condemned, and only that one."""

from pathlib import Path

from risk.worker.attempts import Attempts


def die_at(folder: Path, offset: int) -> bool:
    """Begin an offset in a new process and never end it; returns whether it was admitted."""
    return Attempts(folder, "t", 3).of(0).begin(offset)


def test_three_deaths_in_a_row_condemn_an_offset(tmp_path: Path) -> None:
    """The fourth process is told not to look at it."""
    assert [die_at(tmp_path, 7) for _ in range(3)] == [True, True, True]
    fourth = Attempts(tmp_path, "t", 3).of(0)
    assert (fourth.begin(7), fourth.begin(8)) == (False, True)


def test_it_stays_condemned_after_later_starts(tmp_path: Path) -> None:
    """The fold of a later process must not die of it either."""
    for _ in range(3):
        die_at(tmp_path, 7)
    for _ in range(2):
        marks = Attempts(tmp_path, "t", 3).of(0)
        assert marks.begin(7) is False
        marks.begin(8)
        marks.end()


def test_a_clean_end_is_no_death(tmp_path: Path) -> None:
    """Stopping between batches leaves no suspicion."""
    for _ in range(5):
        marks = Attempts(tmp_path, "t", 3).of(0)
        assert marks.begin(7)
        marks.end()


def test_deaths_at_other_offsets_start_the_count_again(tmp_path: Path) -> None:
    """Kills by an operator hit here and there; only a repeat is a sign of poison."""
    assert [die_at(tmp_path, at) for at in (7, 7, 9, 7, 7)] == [True] * 5
    assert Attempts(tmp_path, "t", 3).of(0).begin(7)


def test_partitions_do_not_share_their_marks(tmp_path: Path) -> None:
    """Offset 7 of one partition is not offset 7 of another."""
    for _ in range(3):
        die_at(tmp_path, 7)
    assert Attempts(tmp_path, "t", 3).of(1).begin(7)


def test_a_torn_file_only_forgets(tmp_path: Path) -> None:
    """Refusing to start would stop payments; forgetting costs further attempts."""
    for _ in range(3):
        die_at(tmp_path, 7)
    (tmp_path / "t-0.crashes.json").write_text('{"suspect": 7', encoding="utf-8")
    (tmp_path / "t-0.attempt").write_bytes(b"\x01")
    assert Attempts(tmp_path, "t", 3).of(0).begin(7)
