"""What a worker asks of the cluster before it starts: better refused now than lost later."""

from features.plan import Plan
from risk.kafka_admin import Cluster
from risk.kafka_errors import TopicMissing
from risk.settings import Settings
from risk.topics import unequal_partitions


def check_topics(settings: Settings) -> list[str]:
    """Say what is wrong with the topics that a worker needs, and what to do."""
    names = [settings.topic_transactions, settings.topic_decisions, settings.topic_dead_letters]
    if settings.llm_backend != "none":
        names += [settings.topic_reading_log, settings.topic_revisions]
    with Cluster(settings.bootstrap) as cluster:
        found = cluster.topics(names)
    missing = [
        str(TopicMissing(name, settings.bootstrap)) for name in names if name not in found
    ]
    return missing or unequal_partitions([found[name] for name in names])


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


def find_label_readers(plan: Plan) -> list[str]:
    """Name the velocities that look at labels, which a worker does not read yet.

    Payments and labels are two topics without a common order. Until the worker records with
    each decision how far it had read the labels, a restart could not repeat what it knew, so
    such a velocity would not be the same live, after a crash and in replay.
    """
    return [
        f"velocity {v.name} looks at labels, which the worker cannot take in yet: remove it"
        " from the book that the worker uses"
        for v in plan.velocities
        if v.delay is not None
    ]
