"""The image and the compose file agree with what they run."""

import re
from pathlib import Path

import yaml
from jars import kafka_version

COMPOSE = yaml.safe_load(Path("deploy/compose.yaml").read_text())
DOCKERFILE = Path("deploy/Dockerfile").read_text()
LOCKS = [Path("requirements.lock"), Path("deploy/requirements.lock")]


def pins(lock: Path) -> set[str]:
    return set(re.findall(r"^[a-z].*?==[^ ;]+", lock.read_text(), re.MULTILINE))


def test_compose_runs_the_kafka_that_the_tests_run() -> None:
    """One version, the one of pom.xml."""
    assert f"apache/kafka:{kafka_version()}" == COMPOSE["services"]["kafka"]["image"]


def test_the_image_is_not_root_and_says_whether_it_is_well() -> None:
    """The last user is a number, and the health check asks the watch port."""
    assert "10001" == re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE)[-1]
    assert "http://127.0.0.1:9464/healthz" in DOCKERFILE


def test_our_services_cannot_write_their_root() -> None:
    """Read-only, without capabilities."""
    ours = [service for name, service in COMPOSE["services"].items() if name != "kafka"]
    assert [(True, ["ALL"])] * 3 == [(one["read_only"], one["cap_drop"]) for one in ours]


def test_the_image_has_the_versions_that_are_tested() -> None:
    """The image's lock is a part of the whole one."""
    everything, runtime = map(pins, LOCKS)
    assert set() == runtime - everything
    assert not any(pin.startswith("pytest==") for pin in runtime)


def test_no_lock_names_an_address() -> None:
    """Packages come from wherever the user's pip takes them."""
    for lock in LOCKS:
        assert "://" not in lock.read_text()
