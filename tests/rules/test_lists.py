# ruff: noqa: E501 # a table is read across
"""List and rate files: what they hold, and every mistake with its line."""

from pathlib import Path

import pytest
from fakes.books import FRAME, causes, load, rule_text

from rules.lists import MAX_BYTES, read_list
from rules.model import FOREVER
from rules.rates import read_rates

END = 1_798_761_600_000_000  # 2027-01-01T00:00:00Z


def test_a_text_file_has_one_entry_a_line() -> None:
    """Folded; blank lines and comments are left out."""
    listing, mistakes = read_list("l", "watch", "l.txt", "# who\nStraße\n\n  b \n".encode())
    assert ({"strasse": FOREVER, "b": FOREVER}, []) == (listing.ends, mistakes)


def test_a_csv_file_has_columns_by_name() -> None:
    """In any order; a reason and who added it are kept as notes."""
    raw = b'added_by,value,expires,reason\nme,Ann,2027-01-01T00:00:00Z,"known, long"\n,Bob,,\n'
    listing, mistakes = read_list("l", "block", "l.csv", raw)
    assert ({"ann": END, "bob": FOREVER}, []) == (listing.ends, mistakes)
    assert {"ann": ("known, long", "me")} == listing.notes


def test_an_allow_list_is_exact() -> None:
    """Two ids that merely look alike do not share a permission."""
    raw = b"value,expires,reason\nAnn,2027-01-01T00:00:00Z,r\nann,2027-01-01T00:00:00Z,r\n"
    listing, mistakes = read_list("l", "allow", "l.csv", raw)
    assert ({"Ann": END, "ann": END}, []) == (listing.ends, mistakes)


@pytest.mark.parametrize(
    ("file", "raw", "line", "cause"),
    [
        ("l.txt", b"\xff", 1, "no UTF-8 text (byte 0)"),
        ("l.txt", b"a\nA\n", 2, "entry 'A' stands in the list twice"),
        ("l.txt", b"a" * 201, 1, "an entry has 1 to 200 characters"),
        ("l.txt", b"x" * (MAX_BYTES + 1), 1, f"longer than {MAX_BYTES} bytes"),
        ("l.csv", b"", 1, "the header needs value and known columns only"),
        ("l.csv", b"value,resaon\n", 1, "the header needs value and known columns only"),
        ("l.csv", b"value\na,b\n", 2, "2 columns; the header has 1"),
        ("l.csv", b'value\n"a', 2, "no CSV: unexpected end of data"),
        ("l.csv", b"value,expires\na,2027-01-01\n", 2, "expires must be a date and time with a zone"),
        ("l.csv", b"value,expires\na,2027-13-01T00:00:00Z\n", 2, "expires is no date: there is no month 13"),
        ("l.csv", b"value,expires\na,2027-04-31\n", 2, "expires is no date: there is no 31 April 2027"),
        ("l.csv", b"value,expires\na,0000-01-01\n", 2, "expires must be a date and time with a zone"),
        ("l.csv", b"value,expires\na,2027-04-30T25:00:00Z\n", 2, "expires must be a date and time with a zone"),
    ],
)  # fmt: skip
def test_a_wrong_list_file_is_told(file: str, raw: bytes, line: int, cause: str) -> None:
    """The line and the cause."""
    _, mistakes = read_list("l", "watch", file, raw)
    assert [(line, cause)] == [(m.line, m.cause) for m in mistakes]


def test_an_allow_list_needs_expiry_and_reason() -> None:
    """A permission that nobody renews ends by itself."""
    _, mistakes = read_list("l", "allow", "l.txt", b"ann\n")
    assert ["an entry of an allow list needs expires and reason"] == [m.cause for m in mistakes]


def test_files_of_a_book_are_read_and_hashed(tmp_path: Path) -> None:
    """Lists and rates belong to the content that the hash stands for."""
    frame = FRAME.replace('values: ["KP", "IR"]', "file: b.txt") + "rates: rates.csv\n"
    files = {
        "book.yaml": frame,
        "lists/b.txt": "kp\n",
        "rates.csv": "currency,from,rate\nUSD,2026-01-01T00:00:00Z,0.9\n",
    }
    book = load(tmp_path, rule_text(), files=files)
    assert {"kp": FOREVER} == book.lists["blocked"].ends
    assert (("USD", 1_767_225_600_000_000, "0.9"),) == book.rates
    more = load(tmp_path, rule_text(), files={**files, "lists/b.txt": "kp\nir\n"})
    assert book.hash != more.hash
    wrong = {**files, "lists/b.txt": "kp\nKP\n", "rates.csv": "currency\n"}
    assert [
        "lists/b.txt:2:1: entry 'KP' stands in the list twice",
        "rates.csv:1:1: the header must be currency,from,rate",
    ] == causes(tmp_path, rule_text(), files=wrong)


@pytest.mark.parametrize(
    ("raw", "line", "cause"),
    [
        (b"\xff", 1, "no CSV in UTF-8"),
        (b"", 1, "the header must be currency,from,rate"),
        (b"USD,x", 2, "2 columns, not 3"),
        (b"usd,2026-01-01T00:00:00Z,1", 2, "currency must be three capitals like USD"),
        (
            b"USD,2026-01-01T00:00:00Z,0.0",
            2,
            "rate must be a positive decimal number like 0.92",
        ),
        (
            b"USD,2026-01-01T00:00:00Z,1e3",
            2,
            "rate must be a positive decimal number like 0.92",
        ),
        (b"USD,2026-02-29T00:00:00Z,1", 2, "from is no date: there is no 29 February 2026"),
        (
            b"USD,2026-01-01,1",
            2,
            "from must be a date and time with a zone like 2026-01-01T00:00:00Z",
        ),
        (
            b"USD,2026-01-01T00:00:00Z,1\nUSD,2026-01-01T01:00:00+01:00,2",
            3,
            "this currency has two rates for one moment",
        ),
    ],
)
def test_a_wrong_rate_is_told(raw: bytes, line: int, cause: str) -> None:
    """The line and the cause."""
    header = b"currency,from,rate\n" if raw not in (b"", b"\xff") else b""
    _, mistakes = read_rates("rates.csv", header + raw)
    assert [(line, cause)] == [(m.line, m.cause) for m in mistakes]


def test_a_list_tells_its_first_hundred_mistakes() -> None:
    """A million wrong lines are one mistake of whoever wrote the file; blank ones are none."""
    raw = b"value\na,b\n\n"
    _, one = read_list("l", "watch", "l.csv", raw)
    _, many = read_list("l", "watch", "l.csv", b"value\n" + b"a,b\n" * 1000)
    assert (1, 100) == (len(one), len(many))
