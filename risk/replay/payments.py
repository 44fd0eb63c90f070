"""Payments in the order of the log, from files or from a topic.

A place is a file (JSON lines, CSV, Parquet; also .gz) or `topic:NAME`. Files are read in the
order of their names, whatever the order in which they are given, and sharded by payer as a
topic with so many partitions would be: the decisions have the ids of the stream's.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from features.catalogue import Value
from risk.filerun import key_of, plain
from risk.files import BadFile, Source, format_of, open_source
from risk.kafka_admin import Cluster
from risk.mapping import BadMap, ColumnMap, same_names
from risk.partitioner import partition_of
from risk.pipeline import Arrival
from risk.replay.recorded import TOPIC
from risk.rows import MessageMaker

Show: TypeAlias = Callable[[float], None]
"""Takes the part of the payments that was read, 0 to 1."""

SHOW_ROWS: Final = 5000


class Payments(msgspec.Struct, frozen=True):
    """Where payments are and how they are read. All places are topics, or all are files."""

    places: tuple[str, ...]
    partitions: int
    bootstrap: str
    column_map: ColumnMap | None = None

    @property
    def topic(self) -> str | None:
        """The topic, None if they are in files."""
        first = self.places[0]
        return first.removeprefix(TOPIC) if first.startswith(TOPIC) else None


def count_partitions(payments: Payments) -> int:
    """How many partitions the log has: as given for files, as it is for a topic."""
    if payments.topic is None:
        return payments.partitions
    with Cluster(payments.bootstrap) as cluster:
        return len(cluster.spans(payments.topic))


def read_payments(
    payments: Payments,
    wanted: Collection[int],
    attributes: Mapping[str, Value],
    show: Show,
) -> Iterator[Arrival]:
    """Yield the arrivals of the wanted partitions; raises `BadFile` or a broker's error.

    In each partition they come in the order of the log.
    """
    if payments.topic is not None:
        return _of_topic(payments, wanted, show)
    return _of_files(payments, wanted, attributes, show)


def _of_topic(payments: Payments, wanted: Collection[int], show: Show) -> Iterator[Arrival]:
    topic = payments.topic or ""
    with Cluster(payments.bootstrap) as cluster:
        spans = {p: span for p, span in cluster.spans(topic).items() if p in wanted}
        expected, done = sum(map(len, spans.values())), 0
        for partition, span in spans.items():
            for record in cluster.read(topic, partition, span):
                done += 1
                if done % SHOW_ROWS == 0:
                    show(done / expected)
                yield Arrival(
                    partition, record.offset, record.key, record.value, record.timestamp
                )


def _of_files(
    payments: Payments, wanted: Collection[int], attributes: Mapping[str, Value], show: Show
) -> Iterator[Arrival]:
    following = [0] * payments.partitions
    places = sorted(payments.places)
    for number, place in enumerate(places):
        path, column_map = Path(place), payments.column_map
        delimiter = column_map.csv.delimiter if column_map else ","
        with open_source(path, format_of(path), delimiter) as source:
            make = _maker(path, source, column_map, attributes)
            for row in source.rows:
                message = make(row) or b""
                key = key_of(message)
                partition = partition_of(key, payments.partitions)
                offset = following[partition]
                following[partition] += 1
                if offset % SHOW_ROWS == 0:
                    show((number + (source.fraction() or 0)) / len(places))
                if partition in wanted:
                    yield Arrival(partition, offset, key, message)


def _maker(
    path: Path,
    source: Source,
    column_map: ColumnMap | None,
    attributes: Mapping[str, Value],
) -> Callable[..., bytes | None]:
    try:
        if source.columns:
            column_map = column_map or same_names(source.columns, attributes)
            return MessageMaker(column_map, source.columns, attributes).make
        if column_map is None:
            return plain
        columns = tuple(dict.fromkeys(column_map.fields.values()))
        return MessageMaker(column_map, columns, attributes).make
    except BadMap as error:
        raise BadFile(f"{path}: {error}") from None
