"""What people type against a real broker: exit statuses, and text that no terminal obeys."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from kafka import OffsetAndMetadata, TopicPartition
from kafka.admin import KafkaAdminClient

from risk.__main__ import main
from risk.commands.app import run
from risk.decision import Contribution, Decision, Hit, Reason, Source, Version, encode
from risk.kafka_admin import Cluster
from risk.settings import Settings

pytestmark = pytest.mark.kafka

EVIL = "\x1b[2J\x07[bold red]x[/] \u202egpj.exe"
BYTES = b"\x1b[2J[red]{\xff"
Risk = Callable[..., tuple[int, str, str]]


@pytest.fixture
def risk(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Risk:
    """Type `risk ARGUMENTS`; gives the exit status and both outputs."""
    for name, value in settings:
        if value is not None:
            monkeypatch.setenv(f"RISK_{name.upper()}", str(value))

    def type_it(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(lambda: run(list(arguments)))
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return type_it


def decision(settings: Settings, offset: int, *, refused: bool = False) -> Decision:
    """Make a decision about partition 1, full of text that somebody else wrote."""
    version = Version("default", "1", "0" * 8)
    return Decision(
        id=f"{offset:032x}",
        source=Source(settings.topic_transactions, "1", 1, offset),
        transaction_id=None if refused else f"t{offset}{EVIL}",
        payer_id=None if refused else f"p{EVIL}",
        event_time=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        amount_minor=1250 + offset,
        currency=("EUR", "JPY", "KWD")[offset % 3],
        outcome="review" if offset % 2 else "approve",
        tier=None,
        score=offset,
        contributions=(Contribution("payment.amount", 5),),
        reasons=(Reason("MALFORMED" if refused else "R-1", EVIL),),
        hits=(Hit("first-rule", "review"),),
        values={"payment": {"memo": EVIL}},
        unknowns=("history.count_1h",),
        book=version,
        scorer=version,
        timings_us={"parse": 7},
    )


@pytest.fixture
def filled(topics: Settings, admin: KafkaAdminClient) -> Settings:
    """Six payments on partition 1, decided and committed; the last one is no payment."""
    with Cluster(topics.bootstrap) as cluster:
        for offset in range(6):
            headers = [("src", b"1:1:%d" % offset), ("low", b"%d" % (offset - 1))]
            refused = offset == 5
            cluster.send(topics.topic_transactions, 1, b"p", BYTES, [])
            if refused:
                mistakes = b'[{"path":"payer.id","text":"is missing"}]'
                more = [*headers[:1], ("reason", b"MALFORMED"), ("mistakes", mistakes)]
                cluster.send(topics.topic_dead_letters, 1, b"p", BYTES, more)
            value = encode(decision(topics, offset, refused=refused))
            for _ in range(2):
                cluster.send(topics.topic_decisions, 1, b"p", value, headers)
    place = TopicPartition(topics.topic_transactions, 1)
    admin.alter_group_offsets(topics.group, {place: OffsetAndMetadata(6, "")})
    return topics


def harmless(text: str) -> bool:
    """Nothing in it steers a terminal."""
    return not set(text) & {"\x1b", "\x07", "\u202e"}


def test_topics_are_made_once_and_never_otherwise(risk: Risk, settings: Settings) -> None:
    """A second run says what exists; another number of partitions is refused."""
    first = risk("topics", "create", "--partitions", "2")
    again = risk("topics", "create", "--partitions", "2")
    other = risk("topics", "create", "--partitions", "3")
    assert (0, 6) == (first[0], first[1].count("created  "))
    assert (0, 6) == (again[0], again[1].count("exists  "))
    assert (1, 6) == (other[0], other[2].count("exists with 2 partitions, not 3"))
    status, out, _ = risk("topics", "describe", "--json")
    assert (0, 12) == (status, len(json.loads(out)))


def test_the_audit_of_a_good_log_holds(risk: Risk, filled: Settings) -> None:
    """Exit status 0, and the repeats are counted apart."""
    status, out, _ = risk("audit", "--json")
    totals = json.loads(out)["totals"]
    assert (0, 6, 6) == (status, totals["decided"], totals["repeats"])
    status, out, _ = risk("audit", "--wait", "0.1")
    assert (0, True) == (status, "the audit holds" in out)


def test_the_audit_of_a_gap_does_not_hold(
    risk: Risk, filled: Settings, admin: KafkaAdminClient
) -> None:
    """A committed payment without a decision gives exit status 1 and its place."""
    with Cluster(filled.bootstrap) as cluster:
        cluster.send(filled.topic_transactions, 1, b"p", BYTES, [])
    assert 0 == risk("audit")[0]
    assert 1 == risk("audit", "--wait", "0.1")[0]
    place = TopicPartition(filled.topic_transactions, 1)
    admin.alter_group_offsets(filled.group, {place: OffsetAndMetadata(7, "")})
    status, out, _ = risk("audit")
    assert (1, True, True) == (status, "lost in partition 1: 1:6" in out, "NOT" in out)


def test_tail_shows_each_decision_once_and_harmless(risk: Risk, filled: Settings) -> None:
    """Repeats are dropped, amounts have their currency's decimals, escapes are written out."""
    status, out, _ = risk("tail", "--from", "beginning", "--count", "6")
    lines = out.splitlines()
    assert (0, 6, True) == (status, len(lines), harmless(out))
    for amount, line in zip(["12.50 EUR", "1251 JPY", "1.252 KWD"], lines[:3], strict=True):
        assert f" {amount} " in line


def test_tail_filters(risk: Risk, filled: Settings) -> None:
    """By outcome and by payer, as whole decisions in JSON."""
    chosen = ("--outcome", "review", "--payer", f"p{EVIL}", "--json", "--count", "2")
    status, out, _ = risk("tail", "--from", "beginning", *chosen)
    found = [json.loads(line) for line in out.splitlines()]
    assert (0, ["review", "review"], True) == (
        status,
        [one["outcome"] for one in found],
        harmless(out),
    )


@pytest.mark.parametrize("name", ["1:3", f"{3:032x}", f"t3{EVIL}"], ids=["place", "id", "tx"])
def test_show_finds_a_decision_by_each_of_its_names(
    risk: Risk, filled: Settings, name: str
) -> None:
    """All of it is there, and harmless."""
    status, out, _ = risk("show", name)
    assert (0, True) == (status, harmless(out))
    for part in (
        "REVIEW",
        "R-1",
        "first-rule",
        "+5",
        "memo",
        "count_1h",
        "default 1",
        "parse 7",
    ):
        assert part in out
    status, out, _ = risk("show", name, "--json")
    assert decision(filled, 3) == msgspec.json.decode(out, type=Decision)


def test_show_says_when_there_is_none(risk: Risk, filled: Settings) -> None:
    """Exit status 1 and a message that does not repeat escapes."""
    for name in ("9:9", "1:77", EVIL):
        status, _, said = risk("show", name)
        assert (1, True, True) == (status, "no decision" in said, harmless(said))


def test_dead_letters_are_listed_shown_and_sent_again(
    risk: Risk, filled: Settings, tmp_path: Path
) -> None:
    """The bytes come back exactly, and go in again with their key and where they came from."""
    status, out, _ = risk("dlq", "list")
    assert (0, True) == (status, "1:5" in out and "MALFORMED" in out)
    assert "" == risk("dlq", "list", "--reason", "OVERSIZED")[1]
    status, out, _ = risk("dlq", "show", "1:5", "--raw", str(tmp_path / "raw"))
    assert (0, True, BYTES) == (status, harmless(out), (tmp_path / "raw").read_bytes())
    assert r"\x1b[2J[red]{\xff" in out
    assert "payer.id: is missing" in out
    assert 1 == risk("dlq", "show", "1:5", "--raw", str(tmp_path / "raw"))[0]
    assert (0, "1:5 sent again as 1:6\n") == risk("dlq", "redrive", "1:5", "--yes")[:2]
    (tmp_path / "better").write_bytes(b"{}")
    file = ("--file", str(tmp_path / "better"))
    assert 0 == risk("dlq", "redrive", "1:5", "--yes", *file)[0]
    with Cluster(filled.bootstrap) as cluster:
        sent = list(cluster.read(filled.topic_transactions, 1, range(6, 8)))
    assert [(b"p", BYTES), (b"p", b"{}")] == [(one.key, one.value) for one in sent]
    assert [("redriven", b"1:1:5")] == list(sent[0].headers)


def test_redriving_asks_first_and_knows_its_letters(risk: Risk, filled: Settings) -> None:
    """Without an answer nothing is sent; a place without a letter is an error."""
    assert 1 == risk("dlq", "redrive", "1:5")[0]
    assert 1 == risk("dlq", "redrive", "1:4", "--yes")[0]
    assert 2 == risk("dlq", "redrive", "1:5", "1:4", "--file", "x")[0]
    with Cluster(filled.bootstrap) as cluster:
        assert 6 == cluster.ends(filled.topic_transactions)[1]


@pytest.mark.parametrize(
    "command", ["audit", "tail", "show 1:1", "dlq list", "topics describe"]
)
def test_a_command_says_that_the_broker_is_down(risk: Risk, command: str) -> None:
    """One sentence with the address, exit status 1."""
    status, out, said = risk(*command.split(), "--bootstrap", "127.0.0.1:1")
    assert (1, "", 1, True) == (status, out, said.count("\n"), "127.0.0.1:1" in said)
