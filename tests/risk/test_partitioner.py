"""A file sharded here has its payments where a Kafka producer would have put them."""

import warnings

from hypothesis import given
from hypothesis import strategies as st

from risk.partitioner import murmur2, partition_of

with warnings.catch_warnings():  # kafka-python reads its schemas by a deprecated function
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka.partitioner.default import DefaultPartitioner
    from kafka.partitioner.default import murmur2 as kafka_murmur2


class Cluster:
    """What the client's partitioner asks of its cluster."""

    def __init__(self, partitions: int) -> None:
        self._partitions = set(range(partitions))

    def topics(self) -> set[str]:
        """One topic."""
        return {"t"}

    def partitions_for_topic(self, topic: str) -> set[int]:
        """All of them."""
        return self._partitions

    available_partitions_for_topic = partitions_for_topic


@given(st.binary(max_size=64))
def test_the_hash_is_the_one_of_the_kafka_client(key: bytes) -> None:
    """murmur2 over any bytes equals kafka-python's, which equals the Java client's."""
    assert kafka_murmur2(key) & 0xFFFFFFFF == murmur2(key)


@given(st.text(max_size=40), st.integers(1, 64))
def test_a_payer_goes_where_a_kafka_producer_sends_it(payer: str, partitions: int) -> None:
    """The default partitioner over the payer's id picks the same partition."""
    key = payer.encode()
    theirs = DefaultPartitioner().partition("t", payer, key, None, b"", Cluster(partitions))
    assert theirs == partition_of(key, partitions)


def test_a_known_hash_of_the_java_client_is_reproduced() -> None:
    """A vector from Apache Kafka's own UtilsTest."""
    assert -973932308 & 0xFFFFFFFF == murmur2(b"21")


def test_a_record_without_a_key_goes_to_the_first_partition() -> None:
    """Clients spread such records at will: any fixed place is as good."""
    assert partition_of(None, 4) == 0
