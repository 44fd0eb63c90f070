"""Latency as a reader of decisions sees it: from the payment's record timestamp to receipt.

`probe.py COUNT SKIP` reads both topics from their ends on, prints "ready", and after COUNT
decisions one JSON object: p50, p99, p99.9, max in milliseconds, the first SKIP left out.
"""

import asyncio
import json
import sys
import time
from itertools import chain

from aiokafka import AIOKafkaConsumer, TopicPartition

from risk.settings import load


async def run(count: int, skip: int) -> None:
    """Read, match by `src`, print."""
    settings, _ = load()
    topics = (settings.topic_transactions, settings.topic_decisions)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap, enable_auto_commit=False)
    await consumer.start()
    await consumer._client.force_metadata_update()
    cluster = consumer._client.cluster
    places = [
        TopicPartition(topic, partition)
        for topic in topics
        for partition in cluster.partitions_for_topic(topic) or ()
    ]
    consumer.assign(places)
    await consumer.seek_to_end(*places)
    print("ready", flush=True)
    sent: dict[tuple[int, int], int] = {}
    seen: dict[tuple[int, int], float] = {}
    while len(seen) < count or len(sent) < count:
        got = await consumer.getmany(timeout_ms=1000)
        now = time.time() * 1000
        for record in chain.from_iterable(got.values()):
            if record.topic == topics[0]:
                sent[record.partition, record.offset] = record.timestamp
            else:
                _, partition, offset = dict(record.headers)["src"].split(b":")
                seen.setdefault((int(partition), int(offset)), now)
    await consumer.stop()
    order = list(seen)[skip:]
    waits = sorted(seen[place] - sent[place] for place in order if place in sent)
    found = {f"p{share}": waits[int(len(waits) * share / 100)] for share in (50, 99, 99.9)}
    found["max"] = waits[-1]
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), int(sys.argv[2])))
