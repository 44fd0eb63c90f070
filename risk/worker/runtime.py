"""The port between the stream's host and the desk: records in, offsets to commit out.

A host (faust, direct) owns the connection to the group: it hands over batches in log order, asks
the desk whether a partition is congested, and commits what the desk settles. It knows nothing
of payments; the desk knows nothing of the host.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Desk(Protocol):
    """What a host feeds."""

    async def take(self, records: Mapping[int, Sequence[Any]]) -> None:
        """Decide records by partition, in log order; returns before they are delivered."""
        ...

    def congested(self, partition: int) -> bool:
        """Whether a partition has too much undelivered to take more."""
        ...

    def relieved(self, partition: int) -> bool:
        """Whether a congested partition may go on."""
        ...

    async def drain(self) -> None:
        """Wait until everything taken is delivered."""
        ...


class Host(Protocol):
    """What brings records and commits offsets."""

    async def run(self, desk: Desk, stop: asyncio.Event) -> None:
        """Feed the desk until `stop`; then drain it, commit, and leave the group."""
        ...

    def settle(self, partition: int, next_offset: int) -> None:
        """Everything before `next_offset` is delivered and may be committed."""
        ...

    def lag(self) -> dict[int, int]:
        """Records between the newest of each assigned partition and the last one handed over."""
        ...
