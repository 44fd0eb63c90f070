"""What every test gets: properties without a clock, a reason where the broker is missing."""

import os

import pytest
from hypothesis import settings

settings.register_profile("here", deadline=None, max_examples=100)
settings.register_profile("ci", deadline=None, max_examples=100, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

NO_BROKER = "needs a broker: `make test` brings one, or set KAFKA_BOOTSTRAP=host:port"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of tests/kafka as `kafka`; skip what has this mark where no broker is named."""
    for item in items:
        if "kafka" in item.path.parts[-3:-1]:
            item.add_marker(pytest.mark.kafka)
        if item.get_closest_marker("kafka") and not os.environ.get("KAFKA_BOOTSTRAP"):
            item.add_marker(pytest.mark.skip(reason=NO_BROKER))
