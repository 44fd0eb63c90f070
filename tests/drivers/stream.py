"""Drive a stream from a test: put payments in, wait, read what a reader accepts."""

import asyncio
import time
from collections.abc import Iterable, Sequence

import msgspec

from risk.decision import Decision, decode
from risk.kafka_admin import Cluster, Record
from risk.reader import Sieve
from risk.settings import Settings
from risk.worker.clients import producer

Payment = tuple[bytes | None, bytes | None]
"""Key and value of a record."""


def payments(count: int, payers: int = 50, first: int = 0) -> list[Payment]:
    """Transfers of `payers` people, a second apart, some large, some repeated later."""
    return [
        payment(number, f"p{number * 7919 % payers}") for number in range(first, first + count)
    ]


def payment(number: int, payer: str) -> Payment:
    """One transfer; its id, time, amount and payee follow from its number."""
    minute, second = divmod(number, 60)
    hour, minute = divmod(minute, 60)
    text = {
        "id": f"t{number}",
        "time": f"2026-03-{1 + hour // 24:02}T{hour % 24:02}:{minute:02}:{second:02}Z",
        "kind": "transfer",
        "channel": "app",
        "amount": f"{1 + number * 37 % 6000}.{number % 100:02}",
        "currency": "EUR",
        "payer": {"id": payer, "country": "DE"},
        "payee": {"id": f"q{number * 31 % 400}", "country": "DE"},
        "device": {"id": f"d-{payer}"},
        "memo": ("rent", "urgent gift cards", "invoice 12")[number % 3],
    }
    return payer.encode(), msgspec.json.encode(text)


def publish(settings: Settings, records: Sequence[Payment], partitions: int = 4) -> None:
    """Append records to the transactions topic; a payer always goes to the same partition."""
    asyncio.run(_publish(settings, records, partitions))


async def _publish(settings: Settings, records: Sequence[Payment], partitions: int) -> None:
    output = producer(settings)
    await output.start()
    try:
        sent = [
            await output.send(
                settings.topic_transactions,
                value,
                key=key,
                partition=sum(key or b"") % partitions,
            )
            for key, value in records
        ]
        await asyncio.gather(*sent)
    finally:
        await output.stop()


def accepted(settings: Settings) -> list[Decision]:
    """What a reader of the decisions topic takes, partition by partition in its order."""
    return [decode(record.value or b"") for record in first_records(settings)]


def first_records(settings: Settings) -> list[Record]:
    """The records that a reader accepts."""
    sieve = Sieve()
    with Cluster(settings.bootstrap) as cluster:
        return [
            record
            for partition, span in cluster.spans(settings.topic_decisions).items()
            for record in cluster.read(settings.topic_decisions, partition, span)
            if sieve.accepts(partition, record)
        ]


def records(settings: Settings, topic: str) -> list[Record]:
    """Everything in a topic, partition by partition."""
    with Cluster(settings.bootstrap) as cluster:
        spans = cluster.spans(topic).items()
        return [one for number, span in spans for one in cluster.read(topic, number, span)]


def await_committed(settings: Settings, seconds: float = 60) -> None:
    """Wait until the group has committed all that is in the transactions topic."""
    end = time.monotonic() + seconds
    with Cluster(settings.bootstrap) as cluster:
        wanted = {k: v for k, v in cluster.ends(settings.topic_transactions).items() if v}
        while cluster.committed(settings.group, settings.topic_transactions) != wanted:
            if time.monotonic() > end:
                found = cluster.committed(settings.group, settings.topic_transactions)
                raise TimeoutError(f"committed {found} of {wanted} after {seconds} s")
            time.sleep(0.1)


def comparable(decisions: Iterable[Decision]) -> list[Decision]:
    """Decisions in the order of the log, without what differs by run: timings."""
    bare = [msgspec.structs.replace(decision, timings_us={}) for decision in decisions]
    return sorted(bare, key=lambda one: (one.source.partition, one.source.offset))
