"""A file of results stands under its name only when it is whole."""

import errno
import gzip
import io
import os
from pathlib import Path

import pytest

from risk.files import BadFile
from risk.output import Output


def test_lines_are_written_and_the_file_appears_at_the_end(tmp_path: Path) -> None:
    """Until then there is only the part."""
    path = tmp_path / "out.jsonl"
    with Output(path) as output:
        output.write([b"1", b"2"])
        output.write([])
        output.write([b"3"])
        assert not path.exists()
    assert b"1\n2\n3\n" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_a_name_in_gz_is_compressed_and_reproducible(tmp_path: Path) -> None:
    """The same lines give the same bytes, whatever the time and the name."""
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        with Output(tmp_path / name) as output:
            output.write([b"1"])
    first, second = ((tmp_path / name).read_bytes() for name in ("a.jsonl.gz", "b.jsonl.gz"))
    assert b"1\n" == gzip.decompress(first)
    assert first == second


def test_what_an_interrupted_run_wrote_is_kept_and_named(tmp_path: Path) -> None:
    """An older whole file stays as it was."""
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"old\n")

    def fail_halfway() -> None:
        with Output(path) as output:
            output.write([b"new"])
            raise KeyError

    with pytest.raises(KeyError) as caught:
        fail_halfway()
    assert b"old\n" == path.read_bytes()
    part = tmp_path / "out.jsonl.part"
    assert b"new\n" == part.read_bytes()
    assert [f"what was written is kept as {part}"] == caught.value.__notes__


def test_nothing_is_kept_of_nothing(tmp_path: Path) -> None:
    """A run that fails before its first line leaves no file."""
    with pytest.raises(KeyError), Output(tmp_path / "out.jsonl"):
        raise KeyError
    assert [] == list(tmp_path.iterdir())


def test_a_full_disk_is_one_message_and_what_was_written_is_kept(tmp_path: Path) -> None:
    """A stream that takes no more stands for the disk."""

    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    class OnFullDisk(Output):
        def write(self, lines: list[bytes]) -> None:
            super().write(lines[:1])
            self._stream.flush()
            self._stream = Full()
            super().write(lines[1:])

    path = tmp_path / "out.jsonl"
    with (
        pytest.raises(BadFile, match=r"out\.jsonl: cannot be written: No space left") as caught,
        OnFullDisk(path) as output,
    ):
        output.write([b"1", b"2"])
    assert b"1\n" == (tmp_path / "out.jsonl.part").read_bytes()
    assert ["what was written is kept as"] == [n[:27] for n in caught.value.__notes__]


def test_a_pipe_is_written_as_it_is(tmp_path: Path) -> None:
    """Renaming a file onto a pipe or a device (/dev/null) would destroy it."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDWR)
    try:
        with Output(path) as output:
            output.write([b"1"])
        assert b"1\n" == os.read(reader, 10)
    finally:
        os.close(reader)
    assert path.is_fifo()
    assert [path] == list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The folder is missing."""
    path = tmp_path / "nowhere" / "out.jsonl"
    with pytest.raises(BadFile, match=r"nowhere/out\.jsonl: cannot be written: No such file"):
        Output(path).__enter__()
