"""Reading, auditing and the readers' rule on a real log, with the holes that real logs have."""

import asyncio
from collections.abc import Iterator
from functools import partial

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka import ConsumerRebalanceListener as AsyncListener
from aiokafka.admin import AIOKafkaAdminClient
from kafka import (
    ConsumerRebalanceListener,
    KafkaConsumer,
    KafkaProducer,
    OffsetAndMetadata,
    TopicPartition,
)
from kafka.admin import KafkaAdminClient

from risk.audit import run_audit, wait_for_commits
from risk.kafka_admin import BrokerDown, Cluster, TopicMissing
from risk.offset_tally import Findings
from risk.preflight import Found, check_topics
from risk.reader import AsyncReader, Reader
from risk.settings import Settings
from risk.topics import Topic

pytestmark = pytest.mark.kafka

DECIDED = b'{"transaction_id":"t"}'
REFUSED = b'{"transaction_id":null}'


@pytest.fixture
def cluster(topics: Settings) -> Iterator[Cluster]:
    """A connection; the topics of the test exist."""
    with Cluster(topics.bootstrap) as found:
        yield found


def decide(cluster: Cluster, settings: Settings, offset: int, low: int, **more: int) -> None:
    """Write a decision about an offset of partition 0, on partition `on`."""
    headers = [("src", b"1:0:%d" % offset), ("low", b"%d" % low)]
    cluster.send(settings.topic_decisions, more.get("on", 0), b"p", DECIDED, headers)


def commit(admin: KafkaAdminClient, settings: Settings, offset: int) -> None:
    """Commit for the workers' group on partition 0."""
    place = TopicPartition(settings.topic_transactions, 0)
    admin.alter_group_offsets(settings.group, {place: OffsetAndMetadata(offset, "")})


def audit(cluster: Cluster, settings: Settings) -> Findings:
    """Audit, and take what is said of partition 0."""
    return run_audit(cluster, settings, lambda count, part: None)[0]


def test_markers_of_transactions_are_no_payments(
    topics: Settings, cluster: Cluster, admin: KafkaAdminClient
) -> None:
    """Upstream's transactions leave offsets without a record: read over, and never lost."""
    producer = KafkaProducer(bootstrap_servers=topics.bootstrap, transactional_id=topics.group)
    producer.init_transactions()
    for _ in range(3):
        producer.begin_transaction()
        producer.send(topics.topic_transactions, b"{}", key=b"p", partition=0)
        producer.commit_transaction()
    producer.close()
    span = cluster.spans(topics.topic_transactions)[0]
    offsets = [record.offset for record in cluster.read(topics.topic_transactions, 0, span)]
    assert (range(6), [0, 2, 4]) == (span, offsets)
    for offset in offsets:
        decide(cluster, topics, offset, offset - 1)
    commit(admin, topics, 5)
    found = audit(cluster, topics)
    assert (3, 0, 0, True) == (found.decided, found.lost, found.pending, found.holds)


def test_lost_is_told_from_still_to_be_decided(
    topics: Settings, cluster: Cluster, admin: KafkaAdminClient
) -> None:
    """An undecided payment is lost once it is committed, and on its way before."""
    for _ in range(4):
        cluster.send(topics.topic_transactions, 0, b"p", b"{}", [])
    assert 4 == audit(cluster, topics).pending
    for offset in (0, 2):
        decide(cluster, topics, offset, 0)
    commit(admin, topics, 3)
    found = audit(cluster, topics)
    assert (1, (1,), 1, False) == (found.lost, found.lost_examples, found.pending, found.holds)
    assert not wait_for_commits(cluster, topics, 0.3)


def test_what_retention_removed_is_not_lost(
    topics: Settings, cluster: Cluster, admin: KafkaAdminClient
) -> None:
    """Payments and decisions that the log no longer keeps are out of the audit's reach."""
    for offset in range(6):
        cluster.send(topics.topic_transactions, 0, b"p", b"{}", [])
        decide(cluster, topics, offset, offset - 1)
    commit(admin, topics, 6)
    admin.delete_records({TopicPartition(topics.topic_transactions, 0): 2})
    admin.delete_records({TopicPartition(topics.topic_decisions, 0): 4})
    near = topics.model_copy(update={"in_flight": 1})
    found = audit(cluster, near)
    assert (0, True, 3, 1) == (found.lost, found.holds, found.unaudited, found.decided)


def test_refusals_decisions_elsewhere_and_strangers_are_found(
    topics: Settings, cluster: Cluster, admin: KafkaAdminClient
) -> None:
    """Each kind of fault has its number."""
    for _ in range(2):
        cluster.send(topics.topic_transactions, 0, b"p", b"\x00", [])
    headers = [("src", b"1:0:0"), ("low", b"-1")]
    cluster.send(topics.topic_decisions, 0, b"p", REFUSED, headers)
    cluster.send(topics.topic_decisions, 0, b"p", b"nonsense", headers)
    decide(cluster, topics, 1, 0, on=1)
    commit(admin, topics, 2)
    here, there = run_audit(cluster, topics, lambda count, part: None)[:2]
    assert (1, 1, 1, 1) == (here.refused, here.letters_missing, here.strangers, here.lost)
    assert 1 == there.elsewhere
    cluster.send(topics.topic_dead_letters, 0, b"p", b"\x00", headers)
    assert 0 == audit(cluster, topics).letters_missing


def test_a_missing_topic_is_said(topics: Settings, cluster: Cluster) -> None:
    """The message names the topic and the command that makes it."""
    with pytest.raises(TopicMissing, match=r"nowhere.*risk topics create"):
        cluster.spans("nowhere")
    assert Found(4, []) == check_topics(topics, reads_labels=True)
    gone = topics.model_copy(update={"topic_decisions": "nowhere"})
    assert ["nowhere"] == [
        text.split()[1] for text in check_topics(gone, reads_labels=False).mistakes
    ]


def test_unequal_partition_counts_are_said(topics: Settings, cluster: Cluster) -> None:
    """Decisions could not stand on the partition of their payment."""
    odd = topics.model_copy(update={"topic_decisions": topics.topic_decisions + "-odd"})
    cluster.create([Topic(odd.topic_decisions, 1, 1)])
    assert 1 == len(check_topics(odd, reads_labels=False).mistakes)


def test_a_broker_that_is_down_is_said_with_its_address() -> None:
    """One message instead of a traceback."""
    with pytest.raises(BrokerDown, match=r"127\.0\.0\.1:1"):
        Cluster("127.0.0.1:1")


LOG = [(0, -1), (2, -1), (0, -1), (1, 0), (2, 0), (3, 2)]


def test_the_reader_keeps_its_mark_in_the_group(topics: Settings, cluster: Cluster) -> None:
    """Over kafka-python: each decision once, also by a second reader that goes on."""
    taken: list[int] = []
    for half in (LOG[:3], LOG[3:]):
        for offset, low in half:
            decide(cluster, topics, offset, low)
        consumer = KafkaConsumer(
            bootstrap_servers=topics.bootstrap,
            group_id=f"{topics.group}-reader",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        reader = Reader(consumer, OffsetAndMetadata)
        listener = reader.listener(ConsumerRebalanceListener)
        consumer.subscribe([topics.topic_decisions], listener=listener)
        wanted = cluster.ends(topics.topic_decisions)[0]
        place = TopicPartition(topics.topic_decisions, 0)
        while place not in consumer.assignment() or consumer.position(place) < wanted:
            taken += [record.offset for record in reader.poll(0.5)]
        reader.commit()
        consumer.close()
    assert [0, 1, 3, 5] == taken


def test_the_async_reader_keeps_its_mark_in_the_group(
    topics: Settings, cluster: Cluster
) -> None:
    """The same over aiokafka."""
    group = f"{topics.group}-reader"

    async def read_up_to(last: int) -> list[int]:
        admin = AIOKafkaAdminClient(bootstrap_servers=topics.bootstrap)
        await admin.start()
        consumer = AIOKafkaConsumer(
            bootstrap_servers=topics.bootstrap,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        reader = AsyncReader(consumer, partial(admin.list_consumer_group_offsets, group))
        listener = reader.listener(AsyncListener)
        consumer.subscribe([topics.topic_decisions], listener=listener)
        await consumer.start()
        taken: list[int] = []
        while last not in taken:
            taken += [record.offset for record in await reader.poll(0.5)]
        await reader.commit()
        await consumer.stop()
        await admin.close()
        return taken

    taken = []
    for half in (LOG[:3], LOG[3:]):
        for offset, low in half:
            decide(cluster, topics, offset, low)
        taken += asyncio.run(read_up_to(5 if taken else 1))
    assert [0, 1, 3, 5] == taken
