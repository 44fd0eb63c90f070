"""A replay's decisions onto a topic of its own, each on the partition of its payment.

Records carry the headers of the stream, so every reader of decisions can read them. Whatever a
run that was killed had sent is found at the end of each partition and not sent again.
"""

import msgspec

from risk.decision import Decision, decode
from risk.files import BadFile
from risk.kafka_admin import Cluster
from risk.reader import parse_src
from risk.replay.parts import Parts
from risk.settings import Settings
from risk.topics import plan


def check_target(topic: str, settings: Settings) -> None:
    """Raise `BadFile` for a topic that the stream itself uses."""
    names = {value for name, value in settings if name.startswith("topic_")}
    if topic in names:
        raise BadFile(f"topic {topic} belongs to the stream; a replay needs one of its own")


def publish(parts: Parts, topic: str, partitions: int, settings: Settings) -> int:
    """Send the decisions of all parts; return how many were not there yet.

    Makes the topic if it is missing. Raises what the broker's client raises.
    """
    sent = 0
    with Cluster(settings.bootstrap) as cluster:
        _prepare(cluster, topic, partitions, settings)
        done = {p: _last(cluster, topic, p, span) for p, span in cluster.spans(topic).items()}
        for raw in parts.records():
            decision = decode(raw)
            place = decision.source
            if place.offset > done[place.partition]:
                headers = _headers(decision, done[place.partition])
                key = None if decision.payer_id is None else decision.payer_id.encode()
                cluster.send(topic, place.partition, key, raw, headers)
                done[place.partition] = place.offset
                sent += 1
    return sent


def _prepare(cluster: Cluster, topic: str, partitions: int, settings: Settings) -> None:
    found = cluster.topics([topic]).get(topic)
    if found is None:
        made = msgspec.structs.replace(plan(settings, partitions, 1, 0)[1], name=topic)
        cluster.create([made])
    elif found.partitions < partitions:
        raise BadFile(
            f"topic {topic} has {found.partitions} partitions and the payments have"
            f" {partitions}"
        )


def _headers(decision: Decision, before: int) -> list[tuple[str, bytes]]:
    place = decision.source
    src = f"{place.epoch}:{place.partition}:{place.offset}".encode()
    return [("src", src), ("low", str(before).encode())]


def _last(cluster: Cluster, topic: str, partition: int, span: range) -> int:
    """The offset of the payment whose decision is the last one sent; -1 before the first."""
    last = -1
    for record in cluster.read(topic, partition, span[-1:]) if span else ():
        found = parse_src(dict(record.headers).get("src"))
        last = found[2] if found else -1
    return last
