"""The broker of the tests and the demo: a real one that leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from guard import Guard
from kafka.admin import KafkaAdminClient
from node import TOOLS, Node

pytestmark = pytest.mark.kafka
BROKER = [sys.executable, "deploy/kafka/broker.py"]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A broker of the test's own, not started."""
    guard = Guard()
    node = Node(tmp_path / "node", guard=guard)
    yield node
    node.kill()
    guard.close()


def topics(address: str) -> set[str]:
    client = KafkaAdminClient(bootstrap_servers=address)
    try:
        return set(client.list_topics())
    finally:
        client.close()


def test_a_killed_broker_comes_back_with_its_data_at_the_same_port(node: Node) -> None:
    """What was written is there after kill -9, and clients need no new address."""
    address = node.start()
    client = KafkaAdminClient(bootstrap_servers=address)
    client.create_topics({"kept": {"num_partitions": 3, "replication_factor": 1}})
    client.close()
    assert address == node.start()  # it runs: nothing is started
    node.kill()
    assert node.address() is None
    assert address == node.start()
    assert "kept" in topics(address)


def run(script: str) -> subprocess.Popen[str]:
    """Start `broker.py run` in a session of its own, without a broker that others named."""
    environment = {key: text for key, text in os.environ.items() if key != "KAFKA_BOOTSTRAP"}
    return subprocess.Popen(
        [*BROKER, "run", "--", "sh", "-c", script],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def left() -> set[str]:
    return {home.name for home in TOOLS.glob("run-*")}


def test_a_command_finds_its_broker_and_gives_its_status() -> None:
    """KAFKA_BOOTSTRAP names it, and its data is gone afterwards."""
    before = left()
    process = run("echo $KAFKA_BOOTSTRAP; exit 3")
    said, _ = process.communicate(timeout=120)
    assert (3, "127.0.0.1") == (process.returncode, said.split(":")[0])
    assert before == left()


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_after_a_signal(sign: signal.Signals) -> None:
    """Neither the command nor the broker nor its data outlive the program."""
    before = left()
    process = run("echo $KAFKA_BOOTSTRAP; exec sleep 600")
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    os.kill(process.pid, sign)
    process.communicate(timeout=60)  # until the command lets go of the pipe
    probe = "import sys, probe; sys.exit(probe.serving('127.0.0.1', int(sys.argv[1])))"
    while left() != before:
        time.sleep(0.1)
    port = address.split(":")[1]
    assert (
        0 == subprocess.run([sys.executable, "-c", probe, port], cwd="deploy/kafka").returncode
    )


def test_a_broker_that_does_not_answer_is_named() -> None:
    """A wrong KAFKA_BOOTSTRAP gives one message and status 1; nothing is run."""
    ended = subprocess.run(
        [*BROKER, "run", "--", "echo", "ran"],
        env={**os.environ, "KAFKA_BOOTSTRAP": "127.0.0.1:1"},
        capture_output=True,
        text=True,
    )
    expected = "broker: no Kafka broker answers at 127.0.0.1:1 (KAFKA_BOOTSTRAP)\n"
    assert (1, "", expected) == (ended.returncode, ended.stdout, ended.stderr)
