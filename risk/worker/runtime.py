"""The port between the stream's host and the desk: arrivals in, offsets to commit out.

A host (faust, direct) owns the connection to the group: it hands over arrivals in log order,
asks the desk whether a partition is congested, and commits what the desk settles. It knows
nothing of payments; the desk knows nothing of the host.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol

from risk.pipeline import Arrival


class Desk(Protocol):
    """What a host feeds."""

    async def take(self, arrivals: Mapping[int, Sequence[Arrival]]) -> None:
        """Decide arrivals by partition, in log order; returns before they are delivered."""
        ...

    def assign(self, partitions: Iterable[int]) -> None:
        """These partitions are this worker's: the first arrivals of each restore its state."""
        ...

    async def release(
        self, partitions: Iterable[int], commit: Callable[[], Awaitable[None]]
    ) -> None:
        """Give partitions up: take nothing more, deliver, commit, write the last checkpoint.

        They may come back later.
        """
        ...

    def committed(self, partition: int, offset: int) -> None:
        """Kafka has taken a commit of this worker: everything before `offset` is done."""
        ...

    def congested(self, partition: int) -> bool:
        """Whether a partition has too much undelivered to take more."""
        ...

    def relieved(self, partition: int) -> bool:
        """Whether a congested partition may go on."""
        ...

    async def relief(self, partitions: Iterable[int]) -> None:
        """Wait until none of these partitions is congested."""
        ...

    async def drain(self) -> None:
        """Wait until everything taken is delivered."""
        ...


class Host(Protocol):
    """What brings arrivals and commits offsets."""

    async def run(self, desk: Desk, stop: asyncio.Event) -> None:
        """Feed the desk until `stop`; then drain it, commit, and leave the group."""
        ...

    def settle(self, partition: int, next_offset: int) -> None:
        """Everything before `next_offset` is delivered and may be committed."""
        ...

    def lag(self) -> dict[int, int]:
        """By assigned partition: records in the log that were not handed over yet."""
        ...
