"""Where recorded decisions are: files, an archive, a topic. They are handed on as JSON.

A place is a file (JSON lines, also .gz, or Parquet), the folder of an archive, or
`topic:NAME`.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

from risk.archive.table import is_table, read_records
from risk.files import BadFile, format_of, open_source
from risk.kafka_admin import Cluster
from risk.reader import Sieve

TOPIC: Final = "topic:"
BATCH: Final = 2048

Batch = list[bytes]


def recorded(places: Sequence[str], bootstrap: str) -> Iterator[Batch]:
    """Yield the records of all places in batches; raises `BadFile` or a broker's error.

    Files are read in the order of their names, whatever the order in which they are given.
    """
    for place in sorted(places):
        if place.startswith(TOPIC):
            yield from _of_topic(place.removeprefix(TOPIC), bootstrap)
        else:
            for file in files_of(Path(place)):
                yield from _of_file(file)


def raw_records(places: Sequence[str], bootstrap: str) -> Iterator[Batch]:
    """Yield whatever stands in files of JSON lines or topics, in batches; no reader's rule."""
    for place in sorted(places):
        if not place.startswith(TOPIC):
            yield from _of_file(Path(place))
            continue
        with Cluster(bootstrap) as cluster:
            topic = place.removeprefix(TOPIC)
            for partition, span in cluster.spans(topic).items():
                read = cluster.read(topic, partition, span)
                values = (record.value for record in read if record.value is not None)
                while batch := list(islice(values, BATCH)):
                    yield batch


def files_of(place: Path) -> list[Path]:
    """The files that a place means: itself, or the days of an archive in their order."""
    if not place.is_dir():
        return [place]
    found = sorted((place / "decisions").glob("day=*/*.parquet"))
    if not found:
        raise BadFile(f"{place}: is no archive with decisions in it")
    return found


def holds_decisions(place: str) -> bool:
    """Tell recorded decisions from payments by the first row; raises `BadFile`."""
    path = Path(place)
    if path.is_dir():
        return True
    format_ = format_of(path)
    if format_ == "parquet":
        return is_table(path)
    if format_ == "csv":
        return False
    with open_source(path, format_) as source, closing(source.rows) as rows:  # type: ignore[type-var]  # a generator
        first = next(rows, None)
    return first is not None and b'"outcome":' in bytes(first.content)


def _of_file(path: Path) -> Iterator[Batch]:
    format_ = format_of(path)
    if format_ == "parquet":
        yield from read_records(path, BATCH)
        return
    if format_ == "csv":
        raise BadFile(f"{path}: decisions are read from JSON lines or Parquet")
    with open_source(path, format_) as source:
        while batch := [bytes(row.content) for row in islice(source.rows, BATCH)]:
            yield batch


def _of_topic(topic: str, bootstrap: str) -> Iterator[Batch]:
    sieve = Sieve()
    with Cluster(bootstrap) as cluster:
        for partition, span in cluster.spans(topic).items():
            records = (
                record.value
                for record in cluster.read(topic, partition, span)
                if record.value is not None and sieve.accepts(partition, record)
            )
            while batch := list(islice(records, BATCH)):
                yield batch
