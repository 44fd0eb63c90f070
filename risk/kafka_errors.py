"""What can be wrong with Kafka, in words that say what to do."""


class BrokerDown(Exception):
    """No broker answers at the address in the text."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(
            f"no Kafka broker answers at {bootstrap}; start one (make kafka-start) or name"
            " yours with --bootstrap HOST:PORT or KAFKA_BOOTSTRAP"
        )


class TopicMissing(Exception):
    """A topic that was needed does not exist."""

    def __init__(self, topic: str, bootstrap: str) -> None:
        super().__init__(
            f"topic {topic} does not exist at {bootstrap}; `risk topics create` makes it"
        )


class KafkaRefused(Exception):
    """The broker answered, and said no."""
