"""`risk state`: what a checkpoint holds, for people."""

from pathlib import Path

import msgspec
import pytest
from fakes.payments import arrival, make_pipeline, payment

from risk.commands.app import run
from risk.state.stamp import Scope, Stamp, file_name, plan_hash
from risk.state.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state folder with one checkpoint of thirty payments, an hour apart."""
    pipeline = make_pipeline()
    sent = [
        payment(
            id=f"t{n}",
            time=f"2026-03-0{2 + n // 24}T{n % 24:02}:15:00Z",
            amount=f"{20 + n}.00",
            kind="transfer",
            payee={"id": f"x{n % 3}"},
            device={"id": "phone"},
        )
        for n in range(30)
    ]
    pipeline.take([arrival(value, offset) for offset, value in enumerate(sent)])
    changes = pipeline.shard(0).changes()
    scope = Scope("t", "1", 0, plan_hash(pipeline.plan), "EUR")
    stamp = Stamp(
        scope=scope, offset=30, labels=7, history=changes.origin,
        ledger_first=changes.ledger_first, ledger_next=changes.ledger_next,
    )  # fmt: skip
    store = Store(tmp_path / "state" / file_name(scope))
    store.commit(list(changes.states), list(changes.lines), stamp)
    store.close()
    return tmp_path


def told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str
) -> str:
    """What a command prints on a wide screen."""
    monkeypatch.setenv("COLUMNS", "240")
    with pytest.raises(SystemExit) as ended:
        run(["state", *words])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_every_window_of_a_payer_is_said_in_words(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts, money, different ones, first and last, and what a payment is compared with."""
    text = told(capsys, monkeypatch, "show", "payer:anna", "--state-dir", str(folder))
    rows = {
        line.split("│")[1].strip(): line.split("│")[2].strip()
        for line in text.splitlines()
        if line.startswith("│")
    }
    assert "newest payment: 2026-03-03 05:15:00 UTC" in text
    assert rows["payer_count_24h"] == "24 payments"
    assert rows["payer_sum_1h"] == "49.00 EUR"
    assert rows["payer_payees_24h"] == "3 different ones"
    assert rows["payer_ratio_30d"] == "against a median of 35.00 EUR"
    assert rows["payer_age_days"] == "1.2 days, at 2026-03-02 00:15:00 UTC"
    assert rows["payee_is_new"].endswith(" known in 180d")
    assert not [name for name, value in rows.items() if value == "-"]


def test_an_entity_that_is_not_there_is_said(folder: Path) -> None:
    """And so is a kind that the book keeps nothing of."""
    for entity, cause in (("payer:nobody", "holds payer"), ("cat:tom", "holds cat")):
        with pytest.raises(Exception, match=cause):
            run(["state", "show", entity, "--state-dir", str(folder)])


def test_stats_count_entities_and_bytes_and_say_how_old_they_are(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By kind; with the next offsets of payments and labels."""
    text = told(capsys, monkeypatch, "stats", "--state-dir", str(folder))
    assert "next offset 30, labels up to 7; complete since 2026-03-02 00:15 UTC" in text
    [payer] = [line for line in text.splitlines() if "│ payer " in line]
    assert payer.split("│")[3].strip() == "1"
    assert payer.split("│")[6].strip() == "2026-03-03 05:15 UTC"
    [payee] = [line for line in text.splitlines() if "│ payee " in line]
    assert payee.split("│")[3].strip() == "3"


def test_the_windows_of_a_hot_key_are_said_to_be_approximate(tmp_path: Path) -> None:
    """A mark stays with its value."""
    from features.glance import Seen
    from features.velocity import DAY, Velocity
    from risk.commands.windows import Tongue

    tongue = Tongue("EUR", 2)
    by = {"by": ("payer",), "window": 7 * DAY}
    total = Velocity(name="n", fn="sum", of=("amount",), **by)  # type: ignore[arg-type]
    assert tongue.say(total, Seen({"": 1234.5}, "approximate")) == "1,234.50 EUR (approximate)"
    assert tongue.say(total, Seen({})) == "unknown"
    norm = Velocity(name="z", fn="z_median", of=("amount",), **by)  # type: ignore[arg-type]
    parts = {"median": 20.0, "lower quartile": 10.0, "upper quartile": 30.0}
    said = "against a median of 20.00 EUR; half are 10.00 EUR to 30.00 EUR"
    assert tongue.say(norm, Seen(msgspec.convert(parts, dict[str, float]))) == said
    rate = Velocity(name="r", fn="label_rate", delay=DAY, **by)  # type: ignore[arg-type]
    assert tongue.say(rate, Seen({"": 0.125})) == "12.5 % of them"
    last = Velocity(name="l", fn="since_last", **by)  # type: ignore[arg-type]
    assert tongue.say(last, Seen({"at": 0})) == "the newest one at 1970-01-01 00:00:00 UTC"
