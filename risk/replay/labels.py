"""Labels of a log that is decided anew: the same ones before the same payments.

Of a topic each payment sees the labels up to the position that its decision recorded
(`risk.labels`). In files, and where no decision recorded one, all are told at the beginning,
and each waits until a payment of its time comes: what `risk train` does, too.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from risk.decide import Bench
from risk.files import BadFile
from risk.kafka_admin import Cluster
from risk.labels import Heard, Positions
from risk.pipeline import Pipeline
from risk.reader import Sieve, parse_low, parse_src
from risk.replay.payments import Payments
from risk.replay.recorded import TOPIC
from risk.reports import read_reports, require_labels
from risk.settings import Settings

ALL: Final = 2**62
"""A position behind every label."""


class Told(msgspec.Struct, frozen=True):
    """Where labels are: files of JSON lines, or one `topic:NAME`; none for a book without.

    `decisions` is the topic whose records say how far each payment saw them.
    """

    places: tuple[str, ...] = ()
    decisions: str | None = None
    bootstrap: str = ""


NOTHING: Final = Told()


def told_of(
    bench: Bench, places: Sequence[str] | None, payments: Payments, settings: Settings
) -> Told:
    """Where the labels of these payments are; raises `risk.reports.NoLabels`, or `BadFile`.

    Those of a topic are in the topic that the settings name, unless something else is said.
    """
    if not bench.reads_labels:
        return NOTHING
    is_topic = payments.topic is not None
    if not places and is_topic:
        places = [TOPIC + settings.topic_labels]
    places = places or ()
    require_labels(bench, places)
    topics = [place for place in places if place.startswith(TOPIC)]
    if topics and (len(places) > 1 or not is_topic):
        raise BadFile("labels are in files, or in one topic beside a topic of payments")
    decisions = settings.topic_decisions if topics else None
    return Told(tuple(places), decisions, settings.bootstrap)


class Labels:
    """The labels of some partitions, in their order, and how far they were told."""

    def __init__(
        self, heard: Mapping[int, Sequence[Heard]], positions: Mapping[int, Positions]
    ) -> None:
        self._heard = heard
        self._positions = positions
        self._places = dict.fromkeys(heard, 0)

    def tell(
        self, pipeline: Pipeline, partition: int, offset: int, recorded: int | None = None
    ) -> None:
        """Let the pipeline learn what a payment saw; `recorded` is what its decision says."""
        heard = self._heard.get(partition, ())
        begin = end = self._places.get(partition, 0)
        position = self._position(partition, offset) if recorded is None else recorded
        while end < len(heard) and heard[end].offset < position:
            end += 1
        if end > begin:
            self._places[partition] = end
            pipeline.learn(partition, heard[begin:end])

    def _position(self, partition: int, offset: int) -> int:
        positions = self._positions.get(partition)
        return ALL if positions is None else positions.at(offset)


def read_labels(told: Told, partitions: Collection[int], *, positions: bool = True) -> Labels:
    """Read the labels of partitions; raises `BadFile` or a broker's error.

    `positions` False: every payment will come with what its decision recorded.
    """
    if told.decisions is None:
        heard = read_reports([Path(place) for place in told.places])
        return Labels(dict.fromkeys(partitions, heard), {})
    topic = told.places[0].removeprefix(TOPIC)
    with Cluster(told.bootstrap) as cluster:
        spans = cluster.spans(topic)
        held = {
            p: [
                Heard(record.offset, record.value, record.timestamp)
                for record in cluster.read(topic, p, spans[p])
            ]
            for p in partitions
            if p in spans
        }
        found = _positions(cluster, told.decisions, partitions) if positions else {}
    return Labels(held, found if positions else dict.fromkeys(partitions, Positions()))


def _positions(
    cluster: Cluster, topic: str, partitions: Collection[int]
) -> dict[int, Positions]:
    """What the decisions of each partition recorded; those of which none did are absent."""
    found: dict[int, Positions] = {}
    sieve = Sieve()
    for partition, span in cluster.spans(topic).items():
        if partition not in partitions:
            continue
        for record in cluster.read(topic, partition, span):
            headers = dict(record.headers)
            position = parse_low(headers.get("lab"))
            src = parse_src(headers.get("src"))
            if src and sieve.accepts(partition, record) and position >= 0:
                found.setdefault(partition, Positions()).note(src[2], position)
    return found
