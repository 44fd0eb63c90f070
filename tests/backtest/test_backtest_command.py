"""`risk backtest` as an analyst runs it: one answer with its causes, or one clear message."""

import json
from pathlib import Path
from typing import Any

import pytest
from fakes.command import risk
from fakes.payments import arrivals, payment
from fakes.recorded import changed_book, decided, write_log, write_records

from risk.assembly import default_book

BOOK = default_book()


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Kept books go to the test's own folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def log(place: Path) -> Path:
    """Sixty transfers abroad over three days, and a poison."""
    values: list[dict[str, object] | bytes] = [
        payment(
            id=f"p{n}",
            time=f"2026-03-{2 + n // 20:02}T10:{n % 20:02}:00Z",
            kind="transfer",
            channel="web",
            amount=f"{100 + n * 40}.00",
            payer={"id": f"payer-{n % 4}", "country": "DE"},
            payee={"id": f"payee-{n % 5}", "country": "NL" if n % 4 else "DE"},
        )
        for n in range(60)
    ]
    return write_log(place / "log.jsonl", arrivals([*values, b'{"id": 1}']))


@pytest.fixture
def records(place: Path, log: Path) -> Path:
    """What the default book decided of them."""
    sent = [json.loads(line) for line in log.read_bytes().splitlines()[:-1]]
    return write_records(place / "d.jsonl", decided(arrivals(sent)))


def report(*arguments: object, status: int = 0) -> dict[str, Any]:
    """Run a backtest; its report as JSON."""
    assert status == risk("backtest", *arguments, "--json", "r.json")
    found: dict[str, Any] = json.loads(Path("r.json").read_bytes())
    return found


def causes(found: dict[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for flips in found["flips"]:
        cause = flips["cause"]
        counts[cause] = counts.get(cause, 0) + flips["group"]["payments"]
    return counts


@pytest.mark.parametrize("on", ["log", "records"])
def test_a_changed_list_is_a_change_of_its_own(
    request: pytest.FixtureRequest, place: Path, on: str
) -> None:
    """Countries added to a list stop their payments; the list is the cause, nothing else is."""
    (place / "blocked.txt").write_text("IR\nKP\nNL\n", encoding="utf-8")

    found = report(
        *("--on", request.getfixturevalue(on), "--book", BOOK),
        *("--list", "sanctioned_countries=blocked.txt"),
    )

    assert {"list sanctioned_countries": 45} == causes(found)
    assert found["before"]["book"]["hash"] != found["after"]["book"]["hash"]


LISTS = {
    "nowhere=blocked.txt": "the book has no list nowhere",
    "mule_accounts=nothing.txt": "cannot be read",
    "mule_accounts": "NAME=FILE",
    "trusted_payees=blocked.txt": "needs expires and reason",
}


@pytest.mark.parametrize("text", LISTS)
def test_a_list_that_cannot_be_taken_says_why(
    place: Path, records: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """Wrong usage: the list's name, its file, or what stands in it."""
    (place / "blocked.txt").write_text("NL\n", encoding="utf-8")

    assert 2 == risk("backtest", "--on", records, "--book", BOOK, "--list", text)
    assert LISTS[text] in capsys.readouterr().err


def test_payments_and_their_recorded_decisions_give_the_same_report(
    place: Path, log: Path, records: Path
) -> None:
    """A threshold is changed: the same flips, whether values are recorded or folded anew."""
    book = changed_book(place / "b", {"book.yaml": ("score: {review: 45", "score: {review: 9")})
    given = ("--book", BOOK, "--book", book)

    one = report("--on", log, "--partitions", 1, *given)
    other = report("--on", records, *given)

    assert causes(one) == causes(other)
    assert {"score thresholds"} == set(causes(one))


def test_a_book_with_other_velocities_is_folded_for_itself(place: Path, log: Path) -> None:
    """What the other book does not keep, it keeps; the flips have the rule that reads it."""
    book = changed_book(place / "b", {"book.yaml": VELOCITY})
    (book / "more.rules.yaml").write_text(RULE, encoding="utf-8")

    found = report("--on", log, "--book", BOOK, "--book", book)

    assert {"feature sent_often and rule OFTEN (new)"} == set(causes(found))


def test_another_definition_of_a_feature_is_the_cause_of_its_flips(
    place: Path, log: Path
) -> None:
    """The same rule in both books; what it reads is counted over another window."""
    books = []
    for window in ("10m", "3m"):
        changed = (VELOCITY[0], VELOCITY[1].replace("10m", window))
        books.append(changed_book(place / window, {"book.yaml": changed}))
        (books[-1] / "more.rules.yaml").write_text(RULE, encoding="utf-8")

    found = report("--on", log, "--book", books[0], "--book", books[1])

    assert {"feature sent_often"} == set(causes(found))


VELOCITY = (
    "velocities:\n",
    """\
velocities:
  sent_often: {fn: count, by: payer, window: 10m, meaning: payments of this payer}
""",
)
RULE = """\
rules:
  - id: OFTEN
    title: Several within minutes
    owner: us
    severity: low
    tier: review
    when: sent_often >= 2
    reason: {code: R900, text: "{sent_often} payments"}
    tests:
      - {name: at it, given: {sent_often: 2}, expect: hit}
      - {name: below, given: {sent_often: 1}, expect: miss}
"""


def test_the_last_days_are_those_up_to_the_newest_payment(records: Path) -> None:
    """One day back from the last of three: a day's payments, and the one on its border."""
    found = report("--on", records, "--book", BOOK, "--last", "1d")

    assert 21 == found["rows"]
    assert "2026-03-03T10:19" == found["since"][:16]


WRONG = {
    "like 30d": ("--last", "30"),
    "either --last": ("--last", "30d", "--since", "2026-03-01"),
    "like 200/day": ("--capacity", "many"),
    "no parameter NO.most": ("--sweep", "NO.most"),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_usage_is_told(
    records: Path, capsys: pytest.CaptureFixture[str], message: str
) -> None:
    """Status 2, and how it is written."""
    assert 2 == risk("backtest", "--on", records, "--book", BOOK, *WRONG[message])
    assert message in capsys.readouterr().err


def test_records_that_cannot_be_read_to_their_end_are_reported_so_far(
    place: Path, records: Path, log: Path
) -> None:
    """A table cut short on disk: what was read is compared, marked, and the status is 1."""
    archive = place / "archive" / "decisions" / "day=2026-03-02"
    assert 0 == risk("archive", records, "--to", place / "archive")
    (table,) = archive.glob("*.parquet")
    cut = archive.parent / "day=2026-03-04" / "cut.parquet"
    cut.write_bytes(table.read_bytes()[:-100])

    found = report("--on", place / "archive", "--book", BOOK, status=1)

    assert 40 <= found["rows"] <= 60
    assert "cut.parquet: cannot be read" in found["is_partial"]


def test_nothing_in_the_span_is_one_message(
    records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A range with nothing in it is no report."""
    assert 1 == risk("backtest", "--on", records, "--book", BOOK, "--since", "2027-01-01")
    assert "no payment that was judged lies in the data and span" in capsys.readouterr().err


def test_values_that_nobody_recorded_are_one_message(
    place: Path, records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The book, the values that it reads, and the way out."""
    book = changed_book(place / "b", {"book.yaml": VELOCITY})
    (book / "more.rules.yaml").write_text(RULE, encoding="utf-8")

    assert 1 == risk("backtest", "--on", records, "--book", BOOK, "--book", book)
    told = capsys.readouterr().err
    assert "reads sent_often, which the recorded decisions do not hold" in told


def test_labels_may_come_from_the_archive(place: Path, records: Path) -> None:
    """The newest label of a payment counts there, whatever file it is in."""
    told = [("p1", "fraud", 3), ("p2", "fraud", 3), ("p2", "genuine", 4), ("p9", "fraud", 5)]
    lines = [
        {"transaction_id": name, "label": label, "known_at": f"2026-04-0{day}T00:00:00Z"}
        for name, label, day in told
    ]
    file = place / "l.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert 0 == risk("archive", records, "--labels", file, "--to", "archive")

    found = report("--on", "archive", "--labels", "archive", "--book", BOOK)

    assert 2 == found["labels"]
