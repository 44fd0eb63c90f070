"""`risk train`, `scorer show`, `score --scorer` and `drift`, as people run them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from fakes.payments import payment
from typer.testing import CliRunner

from risk.assembly import build_bench, default_book, provided
from risk.commands.app import app
from risk.commands.score import maker_of
from risk.files import open_source
from risk.mapping import load_map
from risk.score.model_card import read_card
from risk.score.points import points_of
from risk.score.trees import Trees
from risk.train.gather import gather
from risk.train.log import Reader, from_file

RUN = CliRunner()
MAP = """\
[fields]
id = "id"
time = "time"
amount = "amount"
payer.id = "payer"
merchant.id = "shop"
[constants]
currency = "EUR"
kind = "card"
"""
DAYS = 9
COURSE = (
    *("--from", "2026-03-01", "--train-days", "5", "--delay-days", "1", "--test-days", "2"),
    *("--seeds", "2", "--complete", "--values", "amount,payer_count_24h"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine days of card payments in which large amounts are mostly fraud, and a map."""
    place = tmp_path_factory.mktemp("train")
    dice = np.random.default_rng(5)
    with (place / "cards.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "time", "amount", "payer", "shop", "fraud", "scheme"])
        for number in range(DAYS * 250):
            minute = number * 1440 // 250
            amount = round(float(dice.lognormal(3, 0.8)), 2)
            fraud = int(amount > 60 and dice.uniform() < 0.6)
            when = (
                f"2026-03-{1 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:00Z"
            )
            rows.writerow(
                [f"p{number}", when, amount, dice.integers(400), number % 7, fraud, "s"]
            )
    (place / "map.toml").write_text(MAP)
    return place


def train(folder: Path, *more: str) -> str:
    columns = ("--fraud-column", "fraud", "--kind-column", "scheme")
    files = (str(folder / "cards.csv"), "--map", str(folder / "map.toml"))
    found = RUN.invoke(
        app,
        ["train", *files, *columns, *COURSE, "--out", str(folder), *more],
        catch_exceptions=False,
    )
    assert 0 == found.exit_code, found.output
    return found.output


@pytest.fixture(scope="module")
def card(folder: Path) -> Path:
    """A trained scorer."""
    train(folder)
    return folder / "trees.json"


def test_training_writes_card_trees_report_and_pictures(card: Path) -> None:
    """Everything is in one folder; the card tells what was learned from and how good it is."""
    names = {
        "trees.txt",
        "trees.html",
        *(f"trees-{one}.png" for one in ("gain", "calibration")),
    }
    assert names <= {path.name for path in card.parent.iterdir()}
    told = json.loads(card.read_text())
    assert ["amount", "payer_count_24h"] == [one["name"] for one in told["features"]]
    assert "2026-03-01T00:00:00+00:00" == told["learned"]["begin"]
    assert 1250 == told["learned"]["payments"]
    assert told["metrics"]["AUC"] > 0.8
    assert told["metrics"]["calibration error"] < 0.1
    assert {"amount", "payer_count_24h", "score"} == set(told["snapshot"])


def test_the_report_needs_nothing_else(card: Path) -> None:
    """One file: pictures inside, nothing fetched."""
    page = card.with_suffix(".html").read_text()
    assert "data:image/png;base64," in page
    assert "http" not in page.replace('content="width', "")


def test_the_same_command_trains_the_same_scorer(card: Path, tmp_path: Path) -> None:
    """Training is reproducible: trees and card are equal byte for byte."""
    train(card.parent, "--out", str(tmp_path))
    assert card.read_bytes() == (tmp_path / "trees.json").read_bytes()
    assert card.with_suffix(".txt").read_bytes() == (tmp_path / "trees.txt").read_bytes()


def test_a_trained_scorer_decides_and_its_decisions_have_not_drifted(card: Path) -> None:
    """The scores that decisions carry are the trees', by name and version."""
    folder = card.parent
    out = folder / "decisions.jsonl"
    files = [str(folder / "cards.csv"), "--map", str(folder / "map.toml")]
    arguments = ["score", *files, "--scorer", str(card), "--out", str(out)]
    assert 0 == RUN.invoke(app, arguments, catch_exceptions=False).exit_code
    decisions = [json.loads(line) for line in out.read_text().splitlines()]
    assert {("trees", "2026-03-01")} == {
        (one["scorer"]["name"], one["scorer"]["version"]) for one in decisions
    }
    risky = [one for one in decisions if one["score"] >= 20]
    assert risky
    assert all(one["contributions"] for one in risky)
    drift = RUN.invoke(app, ["drift", str(out), "--scorer", str(card), "--json"])
    found = {one["name"]: one["psi"] for one in json.loads(drift.output)["drift"]}
    assert found["amount"] < 0.1


def test_the_card_is_shown(card: Path) -> None:
    """`risk scorer show` says what it learned from and what it reads."""
    found = RUN.invoke(app, ["scorer", "show", str(card)], catch_exceptions=False)
    assert 0 == found.exit_code
    for text in ("trees 2026-03-01", "1,250", "payer_count_24h", "AUC", "percent"):
        assert text in found.output
    told = json.loads(RUN.invoke(app, ["scorer", "show", str(card), "--json"]).output)
    assert "trees" == told["name"]


def test_labels_may_come_as_a_file_of_their_own(card: Path, tmp_path: Path) -> None:
    """The same verdicts, told apart from the payments, train the same trees."""
    folder = card.parent
    with (folder / "cards.csv").open() as file, (tmp_path / "labels.jsonl").open("w") as labels:
        for row in csv.DictReader(file):
            if row["fraud"] == "1":
                day = int(row["time"][8:10])
                known = row["time"].replace(f"-{day:02}T", f"-{day + 1:02}T")
                told = {"transaction_id": row["id"], "label": "fraud", "known_at": known}
                labels.write(json.dumps({**told, "kind": "s", "source": "bank"}) + "\n")
    files = [str(folder / "cards.csv"), "--map", str(folder / "map.toml")]
    said = ["--labels", str(tmp_path / "labels.jsonl"), "--out", str(tmp_path)]
    found = RUN.invoke(app, ["train", *files, *said, *COURSE], catch_exceptions=False)
    assert 0 == found.exit_code, found.output
    assert card.with_suffix(".txt").read_bytes() == (tmp_path / "trees.txt").read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--from", "2027-01-01"], "training: 0 payments"),
        (["--fraud-column", "odd"], "no column odd"),
        (["--values", "amount,payee_id"], "payee_id: no number or flag"),
        (["--labels", "missing.jsonl"], "missing.jsonl"),
    ],
)
def test_what_cannot_be_trained_is_said_in_a_sentence(
    folder: Path, change: list[str], message: str
) -> None:
    """Wrong dates, columns, values and files are named."""
    files = (str(folder / "cards.csv"), "--map", str(folder / "map.toml"))
    arguments = ["train", *files, "--fraud-column", "fraud", *COURSE, *change]
    found = RUN.invoke(app, arguments)
    assert 0 != found.exit_code
    assert message in str(found.exception)


def test_a_line_that_is_no_label_is_named(folder: Path, tmp_path: Path) -> None:
    """File and line, never its content."""
    labels = tmp_path / "labels.jsonl"
    labels.write_text(json.dumps({"transaction_id": "secret", "label": "perhaps"}) + "\n")
    files = (str(folder / "cards.csv"), "--map", str(folder / "map.toml"))
    found = RUN.invoke(app, ["train", *files, *COURSE, "--labels", str(labels)])
    assert "labels.jsonl: line 1 is no label" in str(found.exception)
    assert "secret" not in str(found.exception)


def test_a_scorer_for_another_book_is_refused_by_name(card: Path, tmp_path: Path) -> None:
    """The values that the book lacks are listed before anything is decided."""
    told = json.loads(card.read_text())
    told["features"][0]["name"] = "amuont"
    odd = tmp_path / "odd.json"
    odd.write_text(json.dumps(told))
    (tmp_path / "trees.txt").write_bytes(card.with_suffix(".txt").read_bytes())
    payments = tmp_path / "one.jsonl"
    payments.write_text(json.dumps(payment()))
    found = RUN.invoke(app, ["score", str(payments), "--scorer", str(odd)])
    assert "amuont is not provided by the book" in str(found.exception)
    assert "amount" in str(found.exception)


def test_live_values_and_scores_are_those_of_the_batch(card: Path) -> None:
    """What decisions record is, payment by payment, what training computed in one go."""
    folder = card.parent
    out = folder / "live.jsonl"
    files = [str(folder / "cards.csv"), "--map", str(folder / "map.toml")]
    RUN.invoke(app, ["score", *files, "--scorer", str(card), "--out", str(out)])
    live = [json.loads(line) for line in out.read_text().splitlines()]
    bench = build_bench(default_book())
    reader = Reader(bench.rates, bench.attributes, bench.base_exponent)
    column_map = load_map(folder / "map.toml")
    names = [name for name in provided(bench) if not name.startswith("text.")]
    with open_source(folder / "cards.csv", "csv") as source:
        maker = maker_of(source, column_map, {})
        log = from_file(source, maker, reader)
        batch = gather(log, bench.plan, names, 0, 2**62, since=None)
    told, trees, _ = read_card(card)
    raws = Trees(trees)
    columns = [names.index(feature.name) for feature in told.features]
    assert len(live) == len(batch)
    for decision, row in zip(live, batch.values.tolist(), strict=True):
        known = {**decision["values"]["payment"], **decision["values"]["history"]}
        assert [float(known.get(name, "nan")) for name in names] == pytest.approx(
            row, abs=0, rel=0, nan_ok=True
        )
        points = points_of(raws.raw([row[column] for column in columns]), told.cuts)
        assert decision["score"] == points
