"""The door to kafka-python: topics, offsets and plain reading and writing for people's tools.

Nothing here is on the way of a payment. Whatever the client raises becomes one of three errors
whose text says what to do.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NodeNotReadyError,
    NotCoordinatorError,
    UnknownTopicOrPartitionError,
    for_code,
)

from risk.kafka_errors import BrokerDown, KafkaRefused, TopicMissing
from risk.settings import Settings
from risk.topics import Topic

__all__ = ["BrokerDown", "Cluster", "KafkaRefused", "Record", "TopicMissing"]

PATIENCE_MS = 4_000
"""How long a broker may take to answer the first time."""

SILENCE_SECONDS = 10.0
"""How long a broker may be silent while there is something to read."""

FETCH_BYTES = 4 * 1024 * 1024

Headers = Sequence[tuple[str, bytes]]


class Record(Protocol):
    """What reading gives. `timestamp` is in milliseconds since 1970."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Cluster:
    """A connection. Use it with `with`; raises `BrokerDown` at once if nobody answers."""

    def __init__(self, bootstrap: str) -> None:
        # Its warnings about reconnecting would break into tables; what matters is raised.
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
        self.bootstrap = bootstrap
        self._hosts = bootstrap.split(",")
        with self._translated():
            self._admin = KafkaAdminClient(
                bootstrap_servers=self._hosts,
                bootstrap_timeout_ms=PATIENCE_MS,
                request_timeout_ms=2 * PATIENCE_MS,
            )
        self._producer: Any = None

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        if self._producer is not None:
            self._producer.close(timeout=1)
        self._admin.close()

    def topics(self, names: Iterable[str]) -> dict[str, Topic]:
        """Those of the topics that exist."""
        with self._translated():
            found = self._admin.describe_topics(list(names))
        return {one["name"]: _topic(one) for one in found if one["error_code"] == 0}

    def create(self, topics: Sequence[Topic]) -> None:
        """Make topics and wait until they can be used; raises `KafkaRefused` if one is not."""
        wanted = {
            topic.name: {
                "num_partitions": topic.partitions,
                "replication_factor": topic.replication,
                "configs": dict(topic.configs),
            }
            for topic in topics
        }
        with self._translated():
            answer = self._admin.create_topics(wanted, raise_errors=False)
            refused = [one for one in answer["topics"] if one["error_code"] not in (0, 36)]
            if refused:
                raise KafkaRefused("\n".join(_refusal(one) for one in refused))
            self._admin.wait_for_topics(list(wanted))

    def spans(self, topic: str) -> dict[int, range]:
        """The offsets of each partition, from the oldest kept one to the end."""
        begins = self._offsets(topic, OffsetSpec.EARLIEST)
        ends = self._offsets(topic, OffsetSpec.LATEST)
        return {partition: range(begins[partition], ends[partition]) for partition in begins}

    def ends(self, topic: str) -> dict[int, int]:
        """The end of each partition: the offset that the next record will have."""
        return self._offsets(topic, OffsetSpec.LATEST)

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """What a group has committed; partitions without a commit are absent."""
        deadline = time.monotonic() + SILENCE_SECONDS
        while True:
            try:
                with self._translated():
                    found = self._admin.list_group_offsets({group: None})[group]
            except _CoordinatorAway:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return {
                    place.partition: commit.offset
                    for place, commit in found.items()
                    if place.topic == topic and commit.offset >= 0
                }

    def read(self, topic: str, partition: int, span: range) -> Iterator[Record]:
        """The records of one partition whose offsets lie in `span`, in order.

        `span` must lie within the log; offsets in it may be empty (compaction, markers).
        """
        place = TopicPartition(topic, partition)
        with self._consumer({place: span.start}) as consumer, self._translated():
            heard = time.monotonic()
            while consumer.position(place) < span.stop:
                records = consumer.poll(timeout_ms=500).get(place, [])
                if records:
                    heard = time.monotonic()
                elif time.monotonic() - heard > SILENCE_SECONDS:
                    raise BrokerDown(self.bootstrap)
                yield from (record for record in records if record.offset < span.stop)

    def follow(self, topic: str, start: Mapping[int, int]) -> Iterator[list[Record]]:
        """Read on for ever from an offset a partition; an empty list when nothing came.

        Raises `BrokerDown` when the broker is gone while nothing comes.
        """
        places = {TopicPartition(topic, number): offset for number, offset in start.items()}
        with self._consumer(places) as consumer, self._translated():
            heard = time.monotonic()
            while True:
                found = consumer.poll(timeout_ms=200)
                if found or time.monotonic() - heard > SILENCE_SECONDS:
                    if not found:
                        self.ends(topic)
                    heard = time.monotonic()
                yield [record for records in found.values() for record in records]

    def send(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Headers,
    ) -> int:
        """Append one record and wait until the broker has it; returns its offset."""
        with self._translated():
            if self._producer is None:
                self._producer = KafkaProducer(
                    bootstrap_servers=self._hosts,
                    bootstrap_timeout_ms=PATIENCE_MS,
                    acks="all",
                    max_request_size=2 * FETCH_BYTES,
                )
            sent = self._producer.send(
                topic, value, key=key, headers=list(headers), partition=partition
            )
            return int(sent.get(timeout=SILENCE_SECONDS).offset)

    def _offsets(self, topic: str, spec: Any) -> dict[int, int]:
        found = self.topics([topic]).get(topic)
        if found is None:
            raise TopicMissing(topic, self.bootstrap)
        wanted = {TopicPartition(topic, number): spec for number in range(found.partitions)}
        with self._translated():
            answer = self._admin.list_partition_offsets(wanted)
        return {place.partition: at.offset for place, at in sorted(answer.items())}

    @contextmanager
    def _consumer(self, start: Mapping[Any, int]) -> Iterator[Any]:
        with self._translated():
            consumer = KafkaConsumer(
                bootstrap_servers=self._hosts,
                bootstrap_timeout_ms=PATIENCE_MS,
                enable_auto_commit=False,
                auto_offset_reset="none",
                max_partition_fetch_bytes=FETCH_BYTES,
                max_poll_records=5_000,
                check_crcs=False,  # in pure Python they take a quarter of the time
            )
        try:
            consumer.assign(list(start))
            for place, offset in start.items():
                consumer.seek(place, offset)
            yield consumer
        finally:
            consumer.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (KafkaTimeoutError, KafkaConnectionError, NodeNotReadyError):
            raise BrokerDown(self.bootstrap) from None
        except (
            CoordinatorNotAvailableError,
            CoordinatorLoadInProgressError,
            NotCoordinatorError,
        ):
            raise _CoordinatorAway(f"{self.bootstrap}: no group coordinator yet") from None
        except UnknownTopicOrPartitionError:
            raise TopicMissing("named here", self.bootstrap) from None
        except KafkaError as error:
            raise KafkaRefused(f"{self.bootstrap} answers {type(error).__name__}") from None


class _CoordinatorAway(KafkaRefused):
    pass


def end_offsets(settings: Settings, topic: str) -> dict[int, int]:
    """The end of each partition of a topic, over a connection of its own."""
    with Cluster(settings.bootstrap) as cluster:
        return cluster.ends(topic)


def _topic(found: Mapping[str, Any]) -> Topic:
    partitions = found["partitions"]
    replication = min((len(one["replica_nodes"]) for one in partitions), default=0)
    return Topic(found["name"], len(partitions), replication)


def _refusal(found: Mapping[str, Any]) -> str:
    text = found["error_message"] or for_code(found["error_code"]).__name__
    return f"topic {found['name']}: {text}"
