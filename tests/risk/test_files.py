"""Files are read as a stream, and what is wrong with one is said with its place."""

import gzip
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from risk.files import BadFile, Format, Row, format_of, open_source


def rows_of(path: Path, format_: Format | None = None, delimiter: str = ",") -> list[Row]:
    with open_source(path, format_ or format_of(path), delimiter) as source:
        return list(source.rows)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("a.jsonl", "jsonl"),
        ("a.b.NDJSON", "jsonl"),
        ("a.jsonl.gz", "jsonl"),
        ("a.csv", "csv"),
        ("a.csv.gz", "csv"),
        ("a.parquet", "parquet"),
    ],
)
def test_the_name_tells_the_format(name: str, format_: str) -> None:
    """With and without compression."""
    assert format_ == format_of(Path(name))


@pytest.mark.parametrize("name", ["a", "a.txt", "a.gz", "a.jsonl.zst"])
def test_a_name_that_tells_nothing_is_refused(name: str) -> None:
    """Guessing would turn a wrong file into dead letters."""
    with pytest.raises(BadFile, match="give --format"):
        format_of(Path(name))


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_lines_keep_their_numbers(tmp_path: Path, name: str) -> None:
    """Blank ones are no rows; a mark at the start and carriage returns are no content."""
    path = written(tmp_path / name, b"\xef\xbb\xbf{1}\r\n\n  \n{2}")
    assert [Row(1, b"{1}"), Row(4, b"{2}")] == rows_of(path)


def test_a_line_without_end_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept of it is enough to refuse it; the next line is a row of its own."""
    monkeypatch.setattr("risk.files.LONGEST_LINE", 4)
    path = written(tmp_path / "a.jsonl", b"abcdefghij\nkl\nmnop\nqrst")
    assert [Row(1, b"abcd"), Row(2, b"kl"), Row(3, b"mnop"), Row(4, b"qrst")] == rows_of(path)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_cells_stand_under_their_columns(tmp_path: Path, name: str) -> None:
    """With the line of the row; quotes may hold commas and line ends."""
    path = written(tmp_path / name, b'a,b\n1,"x,\ny"\n\n2,\xff\n3\n')
    with open_source(path, "csv") as source:
        assert ("a", "b") == source.columns
        found = list(source.rows)
        assert 1.0 == source.fraction()
    assert [Row(3, ["1", "x,\ny"]), Row(5, ["2", "\udcff"]), Row(6, ["3"])] == found


def test_another_delimiter_can_be_stated(tmp_path: Path) -> None:
    """As a mapping does."""
    assert [Row(2, ["1", "2"])] == rows_of(
        written(tmp_path / "a.csv", b"a;b\n1;2\n"), None, ";"
    )


@pytest.mark.parametrize("tail", [b'3,"open\n', b'3,"a"b\n'])
def test_a_quote_that_is_never_closed_is_no_row(tmp_path: Path, tail: bytes) -> None:
    """It would swallow payments; the file is refused with the last good line."""
    path = written(tmp_path / "a.csv", b"a,b\n1,2\n" + tail)
    with pytest.raises(BadFile, match=r"a\.csv: cannot be read after line 2"):
        rows_of(path)


def test_a_parquet_file_is_a_table(tmp_path: Path) -> None:
    """Nested columns are objects, nanoseconds are cut to microseconds."""
    path = tmp_path / "a.parquet"
    when = pa.array([1_529_272_815_000_000_001, None], pa.timestamp("ns", "UTC"))
    payer = pa.array([{"id": "x"}, None])
    parquet.write_table(pa.table({"when": when, "payer": payer}), path)
    with open_source(path, "parquet") as source:
        assert ("when", "payer") == source.columns
        assert 0.0 == source.fraction()
        [first, second] = source.rows
        assert 1.0 == source.fraction()
    assert "2018-06-17T22:00:15+00:00" == first.content[0].isoformat()
    assert (1, {"id": "x"}) == (first.number, first.content[1])
    assert Row(2, (None, None)) == second


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz"])
def test_a_truncated_file_is_named_with_the_last_line(tmp_path: Path, name: str) -> None:
    """The rows before it were read."""
    path = tmp_path / name
    lines = b"".join(b'{"a": %d}\n' % number for number in range(20_000))
    path.write_bytes(gzip.compress(lines)[:-2000])
    with pytest.raises(BadFile, match=rf"{name}: cannot be read after line [1-9]\d*: "):
        rows_of(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl.gz", b"no gzip"),
        ("a.csv.gz", b"no gzip"),
        ("a.csv.gz", b"\x1f\x8b\x08"),
        ("a.parquet", b"no parquet"),
        ("a.parquet", b""),
        ("a.parquet", b"PAR1" + bytes(50) + b"PAR1"),
    ],
)
def test_a_file_that_is_something_else_is_named(
    tmp_path: Path, name: str, content: bytes
) -> None:
    """One message."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadFile, match=rf"{name}: cannot be read"):
        rows_of(path)


def test_a_damaged_parquet_file_is_named_with_the_row(tmp_path: Path) -> None:
    """The index at its end may be whole while a page is not."""
    path = tmp_path / "a.parquet"
    numbers = pa.table({"a": [str(number) for number in range(50_000)]})
    parquet.write_table(numbers, path, row_group_size=10_000, compression="zstd")
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 3000] = bytes(3000)
    path.write_bytes(raw)
    with pytest.raises(BadFile, match=r"a\.parquet: cannot be read after row \d+: "):
        rows_of(path)


@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, format_: Format) -> None:
    """One message."""
    with pytest.raises(BadFile, match="nowhere"):
        rows_of(tmp_path / "nowhere", format_)


def test_parquet_cannot_come_from_a_pipe() -> None:
    """Its index stands at its end."""
    with pytest.raises(BadFile, match="standard input"):
        rows_of(Path("-"), "parquet")
