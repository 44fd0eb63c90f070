"""The arithmetic of the audit: which offsets were decided, how often, and in which order.

Pure. One `Tally` a partition is shown every decision in log order and every dead letter, and
then says what is missing. It holds three bits an offset, and a payer only while an earlier
offset than its own could still come: 10 million offsets take 4 MB.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from risk.reader import Mark

EXAMPLES: Final = 10


class Sight(msgspec.Struct, frozen=True, gc=False):
    """One record of the decisions topic: its headers, its key, and whether it is a refusal."""

    src: tuple[str, int, int] | None
    low: int
    key: bytes | None
    refused: bool


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit of one partition found; every number counts offsets or records.

    These must be 0. `lost`: committed and yet without a decision that a reader accepts;
    `doubled`: accepted twice; `disordered`: accepted after a later payment of the same payer;
    `elsewhere`: decisions of another partition; `letters_missing`: refusals without their dead
    letter. The others: `pending` is still to be decided; `repeats` were dropped by the reader's
    rule; `strangers` have no `src`; `other_epochs` are of another topic epoch; `letters_spare`
    belong to payments that were decided after all; `unaudited` are payments whose decisions are
    older than what the log keeps.
    """

    partition: int
    decided: int
    pending: int
    refused: int
    lost: int
    doubled: int
    disordered: int
    elsewhere: int
    letters_missing: int
    repeats: int
    strangers: int
    other_epochs: int
    letters_spare: int
    unaudited: int
    lost_examples: tuple[int, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        broken = self.lost + self.doubled + self.disordered + self.elsewhere
        return broken + self.letters_missing == 0


class Offsets:
    """A set of offsets within a span, one bit each."""

    def __init__(self, span: range) -> None:
        self._span = span
        self._bits = bytearray((len(span) + 7) // 8)

    def add(self, offset: int) -> bool:
        """Put an offset in; False if it was there. It must lie within the span."""
        place, bit = divmod(offset - self._span.start, 8)
        known = self._bits[place] >> bit & 1
        self._bits[place] |= 1 << bit
        return not known

    def mask(self, begin: int) -> int:
        """The set from `begin` on as a number, the bit of the span's start being the lowest."""
        skip = max(0, begin - self._span.start)
        return int.from_bytes(self._bits, "little") >> skip << skip

    def gaps(self) -> Iterator[range]:
        """Ranges of offsets that are not in the set, in order."""
        start = None
        for place, byte in enumerate(self._bits):
            if byte == (0xFF if start is None else 0):
                continue
            for bit in range(8):
                offset = self._span.start + 8 * place + bit
                if byte >> bit & 1:
                    if start is not None:
                        yield range(start, offset)
                    start = None
                elif start is None:
                    start = offset
        if start is not None and start < self._span.stop:
            yield range(start, self._span.stop)


class Tally:
    """The count of one partition.

    `span`: the offsets of the transactions log. `cut` says that the decisions log has lost its
    beginning; then the first record seen tells from where on the audit can speak, `in_flight`
    offsets above its `low`.
    """

    def __init__(
        self, partition: int, epoch: str, span: range, *, cut: bool = False, in_flight: int = 0
    ) -> None:
        self._partition = partition
        self._epoch = epoch
        self._span = span
        self._in_flight = in_flight
        self._begin = span.stop if cut else span.start
        self._cut = cut
        self._mark = Mark()
        self._decided, self._refused, self._buried = Offsets(span), Offsets(span), Offsets(span)
        self._last: dict[bytes | None, int] = {}
        self._doubled = self._disordered = self._elsewhere = 0
        self._repeats = self._strangers = self._other_epochs = 0

    def see(self, sight: Sight) -> None:
        """Take up the next record of the decisions topic."""
        if sight.src is None:
            self._strangers += 1
            return
        epoch, partition, offset = sight.src
        if partition != self._partition:
            self._elsewhere += 1
            return
        first = self._mark.accept(epoch, offset, sight.low)
        if epoch != self._epoch:
            self._other_epochs += 1
        elif first:
            self._accept(offset, sight)
        else:
            self._repeats += 1

    def bury(self, src: tuple[str, int, int] | None) -> None:
        """Take up a dead letter by its header `src`."""
        if src and src[:2] == (self._epoch, self._partition) and src[2] in self._span:
            self._buried.add(src[2])

    def gaps(self) -> list[range]:
        """Ranges of offsets without a decision, as far as the audit can speak."""
        found = (range(max(gap.start, self._begin), gap.stop) for gap in self._decided.gaps())
        return [gap for gap in found if gap]

    def findings(self, missing: Iterable[int], pending: int, letters_from: int = 0) -> Findings:
        """Sum up.

        `missing`: the offsets in `gaps` that exist and are committed; `pending`: how many exist
        and are not. Refusals below the offset `letters_from` are not held against the dead
        letters, which no longer reach back so far.
        """
        lost = list(missing)
        decided, refused = self._decided.mask(self._begin), self._refused.mask(self._begin)
        buried = self._buried.mask(self._begin)
        sent = self._refused.mask(max(self._begin, letters_from))
        return Findings(
            partition=self._partition,
            decided=decided.bit_count(),
            pending=pending,
            refused=refused.bit_count(),
            lost=len(lost),
            doubled=self._doubled,
            disordered=self._disordered,
            elsewhere=self._elsewhere,
            letters_missing=(sent & ~buried).bit_count(),
            repeats=self._repeats,
            strangers=self._strangers,
            other_epochs=self._other_epochs,
            letters_spare=(buried & decided & ~refused).bit_count(),
            unaudited=self._begin - self._span.start,
            lost_examples=tuple(lost[:EXAMPLES]),
        )

    def _accept(self, offset: int, sight: Sight) -> None:
        if self._cut:
            self._cut = False
            edge = sight.low + 1 + self._in_flight
            self._begin = min(max(self._span.start, edge), self._span.stop)
        if self._last.get(sight.key, -1) > offset:
            self._disordered += 1
        self._last[sight.key] = offset
        if len(self._last) > 4 * len(self._mark.above) + 1024:
            # Nothing at or below `low` is accepted any more, so nothing can come before these.
            low = self._mark.low
            self._last = {key: last for key, last in self._last.items() if last > low}
        if offset in self._span:
            self._doubled += not self._decided.add(offset)
            if sight.refused:
                self._refused.add(offset)


def merged(gaps: Iterable[range], near: int) -> list[range]:
    """Join gaps that lie closer than `near` offsets: one reading is cheaper than two seeks."""
    joined: list[range] = []
    for gap in gaps:
        if joined and gap.start - joined[-1].stop < near:
            joined[-1] = range(joined[-1].start, gap.stop)
        else:
            joined.append(gap)
    return joined
