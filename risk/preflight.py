"""What a worker asks of the cluster before it starts: better refused now than lost later."""

import msgspec

from risk.kafka_admin import Cluster
from risk.kafka_errors import TopicMissing
from risk.settings import Settings
from risk.topics import unequal_partitions


class Found(msgspec.Struct, frozen=True):
    """The topics as they are: partitions of the transactions, and what is wrong in words."""

    partitions: int
    mistakes: list[str]


def check_topics(settings: Settings, *, reads_labels: bool) -> Found:
    """Say what is wrong with the topics that a worker needs, and what to do.

    The labels are needed only by a book that reads them.
    """
    names = [settings.topic_transactions, settings.topic_decisions, settings.topic_dead_letters]
    if settings.llm_backend != "none":
        names += [settings.topic_reading_log, settings.topic_revisions]
    if reads_labels:
        names.append(settings.topic_labels)
    with Cluster(settings.bootstrap) as cluster:
        found = cluster.topics(names)
    missing = [
        str(TopicMissing(name, settings.bootstrap)) for name in names if name not in found
    ]
    if missing:
        return Found(0, missing)
    wrong = unequal_partitions([found[name] for name in names])
    return Found(found[names[0]].partitions, wrong)


def find_undecided_losses(settings: Settings) -> list[str]:
    """Say where retention removed payments that the workers had not decided yet."""
    with Cluster(settings.bootstrap) as cluster:
        spans = cluster.spans(settings.topic_transactions)
        committed = cluster.committed(settings.group, settings.topic_transactions)
    return [
        f"{settings.topic_transactions}, partition {partition}:"
        f" {spans[partition].start - at:,} payments from offset {at} on were removed by"
        " retention before they were decided"
        for partition, at in sorted(committed.items())
        if partition in spans and at < spans[partition].start
    ]
