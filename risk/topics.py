"""What the topics must be like for the promise to hold: equal partition counts, kept long."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from risk.settings import Settings

DAY_MS: Final = 24 * 3600 * 1000

MESSAGE_BYTES: Final = 1_048_588
"""Kafka's own default for what one batch may be."""


class Topic(msgspec.Struct, frozen=True):
    """A topic as it is, or as it should be made."""

    name: str
    partitions: int
    replication: int
    configs: Mapping[str, str] = {}


def plan(settings: Settings, partitions: int, replication: int, days: int) -> list[Topic]:
    """Say how the six topics are made.

    Dead letters carry the bytes of a payment and its mistakes, so they may be twice as long.
    All are kept for the same time: the state of a worker is a fold over the transactions, a
    repeated payment is answered from the decisions, and the audit compares the two.
    """
    kept = {"retention.ms": str(days * DAY_MS if days else -1)}
    safe = kept | {"min.insync.replicas": "2" if replication >= 3 else "1"}
    long = safe | {"max.message.bytes": str(2 * MESSAGE_BYTES)}
    short = safe | {"max.message.bytes": str(MESSAGE_BYTES)}
    wanted = [
        (settings.topic_transactions, short),
        (settings.topic_decisions, long),
        (settings.topic_dead_letters, long),
        (settings.topic_labels, short),
        (settings.topic_reading_log, short),
        (settings.topic_revisions, long),
    ]
    return [Topic(name, partitions, replication, configs) for name, configs in wanted]


def mismatches(wanted: list[Topic], found: dict[str, Topic]) -> list[str]:
    """Say which existing topics have another number of partitions than wanted."""
    return [
        f"topic {topic.name} exists with {found[topic.name].partitions} partitions, not"
        f" {topic.partitions}; ask for {found[topic.name].partitions}, or make it anew under"
        " another RISK_TOPIC_EPOCH (more partitions would put payers elsewhere)"
        for topic in wanted
        if topic.name in found and found[topic.name].partitions != topic.partitions
    ]


def unequal_partitions(topics: Sequence[Topic]) -> list[str]:
    """Say which topics differ from the first in the number of partitions."""
    first = topics[0]
    return [
        f"topic {topic.name} has {topic.partitions} partitions and {first.name} has"
        f" {first.partitions}: {topic.name} stand on the partition number of their payment, so"
        f" the numbers must be equal; make {topic.name} anew with {first.partitions} partitions"
        for topic in topics
        if topic.partitions != first.partitions
    ]
