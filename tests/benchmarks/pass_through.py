"""The floor: bytes in, the same bytes out, with the worker's own clients and settings."""

import asyncio
import signal

from aiokafka import TopicPartition
from aiokafka.abc import ConsumerRebalanceListener

from risk.settings import load
from risk.worker.clients import group_consumer, producer


class _Quiet(ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked: object) -> None:
        pass

    def on_partitions_assigned(self, assigned: object) -> None:
        pass


async def run() -> None:
    """Copy until SIGTERM."""
    settings, _ = load()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    consumer, output = group_consumer(settings, _Quiet()), producer(settings)
    await consumer.start()
    await output.start()
    while not stop.is_set():
        got = await consumer.getmany(timeout_ms=100, max_records=settings.batch)
        sent = []
        for place, records in got.items():
            batch = output.create_batch()
            for record in records:
                headers = [("src", b"%s:%d:%d" % (b"1", record.partition, record.offset))]
                batch.append(
                    timestamp=None, key=record.key, value=record.value, headers=headers
                )
            batch.close()
            sent.append(
                await output.send_batch(
                    batch, settings.topic_decisions, partition=place.partition
                )
            )
        if sent:
            await asyncio.gather(*sent)
            await consumer.commit(
                {
                    TopicPartition(place.topic, place.partition): records[-1].offset + 1
                    for place, records in got.items()
                }
            )
    await consumer.stop()
    await output.stop()


if __name__ == "__main__":
    asyncio.run(run())
