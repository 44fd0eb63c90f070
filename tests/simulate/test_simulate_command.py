"""`risk simulate` as people type it."""

from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from risk.commands.simulate import app

SMALL = ("--payers", "200", "--days", "3")


def simulate(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_file_of_payments_with_truth_and_labels_beside_it(tmp_path: Path) -> None:
    """The truth's first line names the world; the labels come in the order of their time."""
    out, truth, labels = (
        tmp_path / name for name in ("p.jsonl", "truth.jsonl", "labels.jsonl")
    )
    files = ("--out", str(out), "--truth", str(truth), "--labels", str(labels))
    assert 0 == simulate(*SMALL, *files).exit_code
    ids = {msgspec.json.decode(line)["id"] for line in out.read_bytes().splitlines()}
    header, *truths = map(msgspec.json.decode, truth.read_bytes().splitlines())
    assert "demo" == header["world"]["preset"]
    assert {one["transaction_id"] for one in truths} <= ids
    times = [msgspec.json.decode(line)["known_at"] for line in labels.read_bytes().splitlines()]
    assert sorted(times) == times


def test_parquet_holds_the_same_payments_and_names_the_world(tmp_path: Path) -> None:
    """A row is the wire message."""
    simulate("--count", "300", "--out", str(tmp_path / "p.jsonl"))
    assert 0 == simulate("--count", "300", "--out", str(tmp_path / "p.parquet")).exit_code
    table = pq.read_table(tmp_path / "p.parquet")
    lines = (tmp_path / "p.jsonl").read_bytes().splitlines()
    rows = [_without_absent(row) for row in table.to_pylist()]
    assert [msgspec.json.decode(line) for line in lines] == rows
    assert b'"preset":"demo"' in table.schema.metadata[b"world"]


def _without_absent(row: dict) -> dict:
    """What Parquet shows as null was absent."""
    present = {name: value for name, value in row.items() if value is not None}
    return {n: _without_absent(v) if isinstance(v, dict) else v for n, v in present.items()}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--days", "-1", "--out", "x.jsonl"), "--days -1: must lie between 1 and 3650"),
        (("--start", "2025-02-30", "--out", "x.jsonl"), "write YYYY-MM-DD"),
        (("--preset", "real", "--payers", "50", "--out", "x.jsonl"), "What would work"),
        (("--count", "10"), "say where to"),
        (("--out", "x.csv"), ".jsonl or .parquet"),
        (("--out", "x.jsonl", "--rate", "5"), "--rate and --speed-up go with --kafka"),
        (("--out", "x.jsonl", "--speed-up", "5"), "--rate and --speed-up go with --kafka"),
        (("--out", "x.jsonl", "--truth", "x.jsonl"), "three different files"),
        (("--kafka", "--truth", "t.jsonl"), "go with --out"),
    ],
)
def test_wrong_usage_is_status_2_and_says_what_would_work(words, told) -> None:
    """Before anything is made."""
    result = simulate(*words)
    assert 2 == result.exit_code
    assert told in " ".join(result.output.replace("│", " ").split())


def test_a_full_disk_is_an_error_of_the_system(tmp_path: Path) -> None:
    """It reaches the entrance of the command line, which makes one sentence of it."""
    full = tmp_path / "full.jsonl"
    full.symlink_to("/dev/full")
    result = simulate(*SMALL, "--out", str(full))
    assert isinstance(result.exception, OSError)


def test_a_description_counts_and_draws(tmp_path: Path) -> None:
    """With the name of the world at its head, and a picture where it was asked for."""
    pytest.importorskip("matplotlib")
    picture = tmp_path / "world.png"
    result = simulate("describe", *SMALL, "--draw", str(picture))
    assert 0 == result.exit_code
    assert "world: preset demo" in result.output
    assert "card_not_present" in result.output
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_story_marks_the_fraud_in_a_life() -> None:
    """The month of a victim whom the description names."""
    described = simulate("describe", *SMALL).output
    line = next(line for line in described.splitlines() if line.startswith("card_not_present"))
    told = simulate("story", *SMALL, "--payer", line.split()[-1]).output
    assert "! card_not_present" in told


def test_a_story_of_nobody_says_who_there_is() -> None:
    """The range of customers."""
    result = simulate("story", *SMALL, "--payer", "Bob")
    assert 2 == result.exit_code
    assert "P0000001 to P0000200" in " ".join(result.output.split())
