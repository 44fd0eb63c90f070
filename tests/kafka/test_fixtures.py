"""The broker that the tests run on is a real one, with topics as they need them."""

from kafka.admin import KafkaAdminClient

from risk.settings import Settings


def test_every_test_has_topics_of_its_own(topics: Settings, admin: KafkaAdminClient) -> None:
    """The four topics of the settings exist, with equal partition counts."""
    found = {
        topic["name"]: len(topic["partitions"])
        for topic in admin.describe_topics(
            [
                topics.topic_transactions,
                topics.topic_decisions,
                topics.topic_dead_letters,
                topics.topic_labels,
            ]
        )
    }
    assert {4} == set(found.values())
    assert 4 == len(found)
