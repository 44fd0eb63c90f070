"""A broker, topics of one's own for every test, and processes that end with the test."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, TypeAlias
from uuid import uuid4

import pytest
from guard import Guard
from kafka.admin import KafkaAdminClient
from kafka.errors import UnknownTopicOrPartitionError

from risk.kafka_admin import Cluster
from risk.settings import Settings

PARTITIONS = 4

Start: TypeAlias = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="session")
def bootstrap() -> str:
    """Address of the broker."""
    return os.environ["KAFKA_BOOTSTRAP"]


@pytest.fixture(scope="session")
def admin(bootstrap: str) -> Iterator[KafkaAdminClient]:
    """A client that creates and deletes topics."""
    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    with Cluster(bootstrap) as cluster:
        cluster.committed("nobody", "nothing")  # a broker just started has no coordinator yet
    yield client
    client.close()


@pytest.fixture
def settings(bootstrap: str, tmp_path: Path) -> Settings:
    """Settings whose topics (none exists yet), group and state no other test has."""
    name = f"t{uuid4().hex[:10]}"
    return Settings(
        bootstrap=bootstrap,
        topic_transactions=f"{name}-transactions",
        topic_decisions=f"{name}-decisions",
        topic_dead_letters=f"{name}-dead-letters",
        topic_labels=f"{name}-labels",
        topic_reading_log=f"{name}-reading-log",
        topic_revisions=f"{name}-revisions",
        group=name,
        state_dir=tmp_path / "state",
        port=0,
        session_seconds=4,
    )


@pytest.fixture
def topics(admin: KafkaAdminClient, settings: Settings) -> Iterator[Settings]:
    """Hand out the settings once all their topics exist, with `PARTITIONS` partitions each."""
    names = topic_names(settings)
    create_topics(admin, names)
    yield settings
    with suppress(UnknownTopicOrPartitionError):  # the test may have deleted one itself
        admin.delete_topics(names)


def topic_names(settings: Settings) -> list[str]:
    """List the topics that the settings name."""
    return [
        value for name, value in settings if name.startswith("topic_") and name != "topic_epoch"
    ]


def create_topics(
    admin: KafkaAdminClient, names: list[str], partitions: int = PARTITIONS
) -> None:
    """Create topics and wait until they have leaders."""
    wanted = {name: {"num_partitions": partitions, "replication_factor": 1} for name in names}
    admin.create_topics(wanted, wait_for_metadata=True)


@pytest.fixture(scope="session")
def guard() -> Iterator[Guard]:
    """Take processes along when pytest is killed."""
    held = Guard()
    yield held
    held.close()


@pytest.fixture
def start(settings: Settings, guard: Guard, tmp_path: Path) -> Iterator[Start]:
    """Start `python -m risk ARGUMENTS` with the test's settings; kill what is left after it.

    Output goes to `tmp_path/NUMBER.log`, where NUMBER counts the processes from 0. Other
    settings may be given by name: `start("worker", runtime="direct")`.
    """
    started: list[subprocess.Popen[bytes]] = []
    logs: list[IO[bytes]] = []

    def go(*arguments: str, **more: object) -> subprocess.Popen[bytes]:
        logs.append((tmp_path / f"{len(started)}.log").open("wb"))
        process = guard.start(
            [sys.executable, "-m", "risk", *arguments],
            env={**os.environ, **as_environment(settings.model_copy(update=more))},
            stdin=subprocess.DEVNULL,
            stdout=logs[-1],
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process

    yield go
    for process in started:
        process.kill()
        process.wait()
        guard.forget(f"stop {process.pid}")
    for log in logs:
        log.close()


def as_environment(settings: Settings) -> dict[str, str]:
    """Write settings as the environment variables that `risk.settings` reads."""
    return {f"RISK_{name.upper()}": str(value) for name, value in settings if value is not None}
