"""`risk score`: every row of a file gets its decision, or the user one clear message."""

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from fakes.payments import arrival, make_pipeline, payment
from pyarrow import parquet

from risk.__main__ import describe, main
from risk.commands.app import run
from risk.decision import Decision, decode
from risk.partitioner import partition_of

PAYMENTS = [payment(id=f"p{n}", payer={"id": f"c{n % 7}"}) for n in range(40)]
HEADER = "TX,WHEN,SUM,WHO\n"
MAP = """
fields = {id = "TX", time = "WHEN", amount = "SUM", payer.id = "WHO"}
constants = {currency = "EUR", kind = "card"}
time = {zone = "UTC"}
"""


def lines(values: list[Any]) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def risk(*arguments: object) -> int:
    """Run a command line in this process; its exit status."""
    with pytest.raises(SystemExit) as caught:
        main(lambda: run([str(argument) for argument in arguments]))
    return int(caught.value.code or 0)


def decisions_in(path: Path) -> list[Decision]:
    raw = path.read_bytes()
    return [
        decode(line)
        for line in (gzip.decompress(raw) if path.suffix == ".gz" else raw).splitlines()
    ]


def test_decisions_stand_beside_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One a row, in order, equal to what the pipeline says; the summary counts them."""
    file = tmp_path / "a.jsonl"
    file.write_bytes(lines([*PAYMENTS, PAYMENTS[0], {"id": 1}]))
    assert 0 == risk("score", file, "--json", "--topic", "t")
    summary = json.loads(capsys.readouterr().out)
    found = decisions_in(tmp_path / "a.decisions.jsonl")
    expected = make_pipeline().take([arrival(v, n) for n, v in enumerate(PAYMENTS)])
    assert [a.decision.id for a in expected] == [d.id for d in found[:40]]
    assert [a.decision.values for a in expected] == [d.values for d in found[:40]]
    assert (42, 1, {"MALFORMED": 1}) == (
        summary["rows"],
        summary["repeats"],
        summary["refused"],
    )
    assert 42 == sum(summary["outcomes"].values()) == len(found)


def test_every_format_gives_the_same_decisions(tmp_path: Path) -> None:
    """JSONL, CSV and Parquet, compressed or not."""
    rows = [(v["id"], v["time"], v["amount"], v["payer"]["id"]) for v in PAYMENTS]
    bare = [{k: v for k, v in value.items() if k != "merchant"} for value in PAYMENTS]
    text = (HEADER + "".join(",".join(row) + "\n" for row in rows)).encode()
    (tmp_path / "map.toml").write_text(MAP)
    (tmp_path / "a.jsonl").write_bytes(lines(bare))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines(bare)))
    (tmp_path / "c.csv").write_bytes(text)
    (tmp_path / "d.csv.gz").write_bytes(gzip.compress(text))
    parquet.write_table(pa.Table.from_pylist(bare), tmp_path / "e.parquet")
    columns = dict(zip(HEADER.strip().split(","), zip(*rows, strict=True), strict=True))
    parquet.write_table(pa.table(columns), tmp_path / "f.parquet")
    found = []
    for name in ("a.jsonl", "b.jsonl.gz", "c.csv", "d.csv.gz", "e.parquet", "f.parquet"):
        out = tmp_path / "out.jsonl.gz"
        mapped = ["--map", tmp_path / "map.toml"] if name[0] in "cdf" else []
        assert 0 == risk("score", tmp_path / name, "--out", out, *mapped)
        found.append([(d.id, d.outcome, d.values) for d in decisions_in(out)])
    assert [found[0]] * 6 == found


def test_partitions_are_those_of_the_topic(tmp_path: Path) -> None:
    """Each payer in its partition, offsets counted there: the ids are the stream's."""
    file = tmp_path / "a.jsonl"
    file.write_bytes(lines(PAYMENTS))
    assert 0 == risk("score", file, "--partitions", 4, "--epoch", "9")
    seen = [0] * 4
    for value, decision in zip(
        PAYMENTS, decisions_in(tmp_path / "a.decisions.jsonl"), strict=True
    ):
        place = partition_of(value["payer"]["id"].encode(), 4)
        assert (place, seen[place], "9", ()) == (
            decision.source.partition,
            decision.source.offset,
            decision.source.epoch,
            decision.flags,
        )
        seen[place] += 1


def test_rejected_rows_are_listed_with_their_numbers(tmp_path: Path) -> None:
    """And their mistakes, but nothing of what they held."""
    file = tmp_path / "a.csv"
    file.write_text(HEADER + "1,2026-03-02T10:15:00,1,c\nSECRET,never,x,c\nSECRET,1\n")
    (tmp_path / "map.toml").write_text(MAP)
    bad = tmp_path / "bad.jsonl"
    mapped = ("--map", tmp_path / "map.toml", "--dead-letters", bad)
    assert 0 == risk("score", file, *mapped)
    assert b"SECRET" not in bad.read_bytes()
    first, second = (json.loads(line) for line in bad.read_bytes().splitlines())
    assert (3, ["time", "amount"]) == (first["row"], [m["path"] for m in first["mistakes"]])
    assert (4, 2) == (second["row"], second["offset"])
    assert "more or fewer cells" in second["mistakes"][0]["text"]


def test_standard_input_to_standard_output() -> None:
    """Decisions there, the summary on standard error, nothing else."""
    command = [sys.executable, "-m", "risk", "score", "-"]
    done = subprocess.run(command, input=lines(PAYMENTS), capture_output=True, check=True)
    assert 40 == len([decode(line) for line in done.stdout.splitlines()])
    assert b"40 payments decided" in done.stderr


def test_a_full_disk_is_one_message(tmp_path: Path) -> None:
    """A limit on the size of files stands for it; what was written is kept and named."""
    file = tmp_path / "a.jsonl"
    file.write_bytes(lines(PAYMENTS * 20))
    command = f"ulimit -f 64; exec {sys.executable} -m risk score {file}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    part = tmp_path / "a.decisions.jsonl.part"
    message = f"risk: {tmp_path}/a.decisions.jsonl: cannot be written: File too large\n"
    assert (1, f"{message}risk: what was written is kept as {part}\n") == (
        done.returncode,
        done.stderr,
    )
    assert part.stat().st_size > 0
    assert not part.with_suffix("").exists()


@pytest.mark.parametrize(
    ("name", "content", "options", "status", "said"),
    [
        ("a.jsonl", b"", [], 1, "a.jsonl: there are no rows in it"),
        ("a.csv", b"", [], 1, "a.csv: there are no rows in it"),
        ("a.csv", b"TX,SUM\n1,2\n", [], 2, "TX is no field of a payment"),
        ("a.csv", b"TX,WHEN,SUM,W\n1,2,3,4\n", ["--map", "m.toml"], 2, "no column WHO"),
        ("a.jsonl", b"{}\n", [], 1, "not one row is a payment"),
        ("a.txt", b"", [], 1, "give --format"),
        ("a.jsonl.gz", b"x", [], 1, "cannot be read after line 0"),
        ("a.parquet", b"x", [], 1, "cannot be read as Parquet"),
        ("a.jsonl", b"{}\n", ["--out", "a.jsonl"], 1, "give another --out"),
        ("a.jsonl", b"{}\n", ["--book", "nowhere"], 2, "book nowhere: no such folder"),
        ("a.jsonl", b"{}\n", ["--topic", "two words"], 2, "flag --topic"),
        ("a.jsonl", b"{}\n", ["--partitions", "0"], 2, "partitions"),
        ("b.jsonl", None, [], 1, "b.jsonl: No such file"),
    ],
)
def test_what_cannot_be_done_is_one_message(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: bytes | None,
    options: list[str],
    status: int,
    said: str,
) -> None:
    """With a status that tells the user's mistake (2) from the file's (1), and no traceback."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.toml").write_text(MAP)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert status == risk("score", name, *options)
    text = capsys.readouterr().err
    assert said in text
    assert "Traceback" not in text


def test_scoring_does_not_import_kafka() -> None:
    """`risk score` starts fast and runs where no Kafka client works."""
    code = (
        "import sys; from risk.commands.app import load_command; load_command('score');"
        "print([m for m in ('faust', 'aiokafka', 'kafka', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert b"[]\n" == done.stdout


def test_a_fault_of_the_program_is_named_without_its_text() -> None:
    """The text of a foreign error may quote a payment."""
    try:
        int("SECRET")
    except ValueError as error:
        text = describe(error)
    assert "SECRET" not in text
    assert "ValueError at test_score_command.py" in text


def test_an_error_of_the_system_names_its_file() -> None:
    """As people know it."""
    assert "x: No such file or directory" == describe(FileNotFoundError(2, "", "x"))


@pytest.mark.parametrize("arguments", [["--help"], ["score", "--help"], ["--version"]])
def test_help_is_printed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With an example and the exit statuses."""
    assert 0 == risk(*arguments)
    assert capsys.readouterr().out


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """With what was probably meant."""
    assert 2 == risk("scor")
    assert "score" in capsys.readouterr().err


def test_the_transaction_example_is_a_payment(capsys: pytest.CaptureFixture[str]) -> None:
    """What `risk schema transaction --example` prints can be sent as it is."""
    assert 0 == risk("schema", "transaction", "--example")
    raw = io.BytesIO(capsys.readouterr().out.encode()).read().strip()
    [answer] = make_pipeline().take([arrival(raw)])
    assert answer.dead_letter is None


def test_settings_are_printed_with_their_origin(capsys: pytest.CaptureFixture[str]) -> None:
    """All of them, also for programs."""
    assert 0 == risk("settings", "--json")
    rows = json.loads(capsys.readouterr().out)
    assert {"name", "value", "origin", "environment", "allowed", "description"} == set(rows[0])
    assert 0 == risk("settings")
    assert "RISK_BATCH" in capsys.readouterr().out
