"""`risk rules cost`: who would wait, because of what, for how much."""

import json
from pathlib import Path

from fakes.asking_book import payment, write_book
from typer.testing import CliRunner

from risk.commands.rules import app


def test_it_says_who_waits_why_and_what_it_costs(tmp_path: Path) -> None:
    """Rules by the payments that wait for them, alone or not; each text is asked about once."""
    rows = [
        payment(1, "a", 50, "chairs"),
        payment(2, "b", 500, "chairs"),
        payment(3, "c", 500, "chairs"),
        payment(4, "d", 5000, "tables"),
        payment(5, "e", 5000, None),
        payment(4, "d", 5000, "tables"),
        payment(6, "f", 5000, "bitcoin"),
        b"{",
    ]
    file = tmp_path / "payments.jsonl"
    file.write_bytes(b"\n".join(rows) + b"\n")
    book = write_book(tmp_path / "book", "{ask: never}")
    result = CliRunner().invoke(app, ["cost", str(book), "--on", str(file), "--json"])
    assert 0 == result.exit_code, result.output
    found = json.loads(result.output)
    assert (6, 5, 3, 2, 3) == tuple(
        found[key] for key in ("payments", "with_memo", "waits", "calls", "calls_always")
    )
    assert [
        {"rule": "ROMANCE", "waits": 3, "alone": 2},
        {"rule": "CRYPTO", "waits": 1, "alone": 0},
    ] == found["causes"]
    assert 0 < found["usd"] < 0.001
    shown = CliRunner().invoke(app, ["cost", str(book), "--on", str(file)]).output
    assert "3 would wait (50.00 %)" in shown
    assert "ROMANCE" in shown


def test_points_for_memos_make_wait_whom_they_could_lift(tmp_path: Path) -> None:
    """The score is a cause like a rule."""
    book = write_book(tmp_path / "book")
    frame = book / "book.yaml"
    frame.write_text(frame.read_text() + "score: {review: 10}\n")
    file = tmp_path / "payments.jsonl"
    file.write_bytes(payment(1, "a", 50, "chairs") + b"\n")
    result = CliRunner().invoke(app, ["cost", str(book), "--on", str(file), "--json"])
    assert [{"rule": "score", "waits": 1, "alone": 1}] == json.loads(result.output)["causes"]


def test_a_file_without_payments_costs_nothing(tmp_path: Path) -> None:
    """And divides by nothing."""
    file = tmp_path / "payments.jsonl"
    file.write_bytes(b"")
    book = write_book(tmp_path / "book")
    result = CliRunner().invoke(app, ["cost", str(book), "--on", str(file)])
    assert "0 would wait (0.00 %)" in result.output
