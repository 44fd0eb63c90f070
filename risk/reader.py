"""How to read decisions: each payment's answer once, although Kafka may hold it twice.

The protocol, for a reader in any language. Every record of the decisions topic stands on the
partition number of its payment and carries two headers, in ASCII. `src` =
`epoch:partition:offset` is the place of its payment in the transactions log (the epoch is a
name of up to 32 letters, digits and `._-`, changed when that topic is made anew). `low` = an
offset: every payment of this partition up to it was answered by an *earlier* record. Keep a
mark for each partition: the epoch, the greatest `low` seen (-1 at first) and the accepted
offsets above it. For each record, in log order:

1. no `src`, or another partition in it than the record's own: no decision of ours, pass on;
2. an epoch that the mark has left before: drop; a new one: start an empty mark for it;
3. `offset <= mark.low`, or `offset` among those above it: a repeat, drop. Otherwise accept;
4. raise `mark.low` to the header `low` if that is greater, forget the offsets up to it, and
   while `mark.low + 1` is among those above, move it there and raise `mark.low` by one.

Then every payment is accepted once and each payer's payments in the order of the log,
whatever crashes, re-runs and zombie workers repeat; the first answer wins. The offsets above
`low` are at most as many as a worker may have in flight. A crash of the reader must not lose
the mark: commit it with the offset, as Kafka's commit metadata (at most 4096 bytes), and load
it from there when the partition is assigned. What was accepted after the last commit then
comes again, so make the effect and the commit one, or key the effect by the decision's `id`.
A reader that begins in the middle of a log may take a repeat for a first answer until a `low`
covers it.

    consumer = KafkaConsumer(bootstrap_servers="127.0.0.1:9092", group_id="card-blocker",
                             enable_auto_commit=False, auto_offset_reset="earliest")
    reader = Reader(consumer, OffsetAndMetadata)
    consumer.subscribe(["decisions"], listener=reader.listener(ConsumerRebalanceListener))
    while True:
        for record in reader.poll(1.0):
            block_or_not(json.loads(record.value))
        reader.commit()

No Kafka client is imported here: kafka-python's or aiokafka's consumer is handed in.
"""

import base64
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

METADATA_BYTES = 4096
"""What a broker takes as commit metadata unless it is told otherwise."""

MOST_ABOVE = 131_072
"""More accepted offsets above `low` than any worker may have in flight."""

PAST_EPOCHS = 16
"""How many left epochs a mark remembers."""

_SPAN = 24_000  # bits of which base64 still fits into METADATA_BYTES
_SRC = re.compile(rb"([A-Za-z0-9._-]{1,32}):(\d{1,9}):(\d{1,18})")
_LOW = re.compile(rb"-1|\d{1,18}")


class BrokenPromise(Exception):
    """Not written by the rules: `low` stands still while offsets pile up above it."""


def parse_src(raw: bytes | None) -> tuple[str, int, int] | None:
    """Header `src` -> (epoch, partition, offset); None if it is absent or no such thing."""
    found = _SRC.fullmatch(raw or b"")
    return (found[1].decode(), int(found[2]), int(found[3])) if found else None


def parse_low(raw: bytes | None) -> int:
    """Header `low` -> an offset; -1, which says nothing, if it is absent or no such thing."""
    return int(raw) if raw is not None and _LOW.fullmatch(raw) else -1


class Mark:
    """What was accepted of one partition: all up to `low`, and the offsets `above` it."""

    def __init__(self) -> None:
        self.epoch = ""
        self.low = -1
        self.above: set[int] = set()
        self.past: list[str] = []

    def accept(self, epoch: str, offset: int, low: int) -> bool:
        """Take up one record in log order; True if it is the first answer to its payment.

        Raises `BrokenPromise` if the log is not written by the rules.
        """
        if epoch != self.epoch and not self._enter(epoch):
            return False
        first = offset > self.low and offset not in self.above
        if first:
            self.above.add(offset)
        self._raise(low)
        if len(self.above) > MOST_ABOVE:
            raise BrokenPromise(f"{MOST_ABOVE} decisions above low = {self.low}, and it stands")
        return first

    def save(self) -> str | None:
        """Write the mark as commit metadata; None if it does not fit: then commit nothing yet.

        A JSON list of the version 1, the epoch, `low`, the smallest offset above it, a bitmap
        in base64 (bit i of byte j is that offset + 8 j + i) and the epochs that were left.
        """
        base = min(self.above, default=self.low + 1)
        span = max(self.above, default=self.low) + 1 - base
        if span > _SPAN:
            return None
        bits = bytearray((span + 7) // 8)
        for offset in self.above:
            bits[(offset - base) >> 3] |= 1 << ((offset - base) & 7)
        bitmap = base64.b64encode(bits).decode()
        parts = [1, self.epoch, self.low, base, bitmap, self.past]
        text = json.dumps(parts, separators=(",", ":"))
        return text if len(text) <= METADATA_BYTES else None

    @classmethod
    def load(cls, text: str) -> "Mark":
        """Read what `save` wrote; an empty mark from no text, `ValueError` from any other."""
        mark = cls()
        if not text:
            return mark
        try:
            version, mark.epoch, mark.low, base, bitmap, mark.past = json.loads(text)
            bits = base64.b64decode(bitmap, validate=True)
        except (TypeError, ValueError):
            raise ValueError("the commit metadata is not the mark of a reader") from None
        if version != 1:
            raise ValueError(f"a mark of version {version}; this reader knows version 1")
        mark.above = {base + i for i in range(8 * len(bits)) if bits[i >> 3] >> (i & 7) & 1}
        return mark

    def _enter(self, epoch: str) -> bool:
        if epoch in self.past:
            return False
        if self.epoch:
            self.past = [*self.past, self.epoch][-PAST_EPOCHS:]
        self.epoch, self.low, self.above = epoch, -1, set()
        return True

    def _raise(self, low: int) -> None:
        if low > self.low:
            self.low = low
            self.above = {offset for offset in self.above if offset > low}
        while self.low + 1 in self.above:
            self.low += 1
            self.above.remove(self.low)


class Sieve:
    """The marks of all partitions, by whatever key the caller has for a partition."""

    def __init__(self) -> None:
        self.marks: dict[Any, Mark] = {}
        self.strangers = 0
        """Records that were no decisions of ours (step 1)."""

    def accepts(self, place: Any, record: Any) -> bool:
        """Take up a record of either client, in log order; True if it is a first answer."""
        headers = dict(record.headers)
        src = parse_src(headers.get("src"))
        if src is None or src[1] != record.partition:
            self.strangers += 1
            return False
        mark = self.marks.setdefault(place, Mark())
        return mark.accept(src[0], src[2], parse_low(headers.get("low")))


class _Position(Sieve):
    """A sieve, and the offset after the last record that went through it."""

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[Any, int] = {}

    def listener(self, base: type) -> Any:
        """Make a rebalance listener for `subscribe` from the client's own base class."""

        def forget(_: Any, places: Any) -> None:
            for place in places:
                self.marks.pop(place, None)
                self._next.pop(place, None)

        methods = {"on_partitions_revoked": forget, "on_partitions_assigned": forget}
        return type("Forget", (base,), methods)()

    def _sift(self, place: Any, records: Sequence[Any]) -> list[Any]:
        accepted = [record for record in records if self.accepts(place, record)]
        self._next[place] = records[-1].offset + 1
        return accepted

    def _due(self) -> dict[Any, tuple[int, str]]:
        marks = {place: self.marks[place].save() for place in self._next}
        return {p: (self._next[p], mark) for p, mark in marks.items() if mark is not None}

    def _settled(self, due: Mapping[Any, tuple[int, str]]) -> None:
        for place in due:
            self._next.pop(place, None)


class Reader(_Position):
    """The rule for kafka-python.

    Takes its consumer (with a group, without auto-commit) and its class `OffsetAndMetadata`.
    Subscribe with `listener`, or assign by hand.
    """

    def __init__(self, consumer: Any, offset_and_metadata: Callable[[int, str], Any]) -> None:
        super().__init__()
        self._consumer = consumer
        self._value = offset_and_metadata

    def poll(self, seconds: float) -> list[Any]:
        """Wait up to `seconds` for records; returns the accepted ones, in order per payer."""
        accepted = []
        for place, records in self._consumer.poll(timeout_ms=int(seconds * 1000)).items():
            if place not in self.marks:
                found = self._consumer.committed(place, metadata=True)
                self.marks[place] = Mark.load(found.metadata if found else "")
            accepted += self._sift(place, records)
        return accepted

    def commit(self) -> None:
        """Say that all that `poll` returned is done with. Raises what the client raises."""
        if due := self._due():
            self._consumer.commit({place: self._value(*found) for place, found in due.items()})
            self._settled(due)


class AsyncReader(_Position):
    """The rule for aiokafka.

    Takes its consumer (with a group, without auto-commit) and what gives the group's commits
    with their metadata: `functools.partial(admin.list_consumer_group_offsets, "card-blocker")`.
    """

    def __init__(
        self, consumer: Any, committed: Callable[[], Awaitable[Mapping[Any, Any]]]
    ) -> None:
        super().__init__()
        self._consumer = consumer
        self._committed = committed

    async def poll(self, seconds: float) -> list[Any]:
        """Wait up to `seconds` for records; returns the accepted ones, in order per payer."""
        got = await self._consumer.getmany(timeout_ms=int(seconds * 1000))
        if new := got.keys() - self.marks.keys():
            commits = await self._committed()
            for place in new:
                found = commits.get(place)
                self.marks[place] = Mark.load(found.metadata if found else "")
        return [one for place, records in got.items() for one in self._sift(place, records)]

    async def commit(self) -> None:
        """Say that all that `poll` returned is done with. Raises what the client raises."""
        if due := self._due():
            await self._consumer.commit(due)
            self._settled(due)
