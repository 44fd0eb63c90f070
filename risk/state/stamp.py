"""What a checkpoint says of itself, and whether it may be used.

A checkpoint holds the fold of one partition's log up to, not including, `offset`. It becomes
durable only after Kafka has committed that offset *for its writer*. Then every payment before
it was answered by this writer as the owner of the partition, and whoever is handed the
partition next starts at `offset` or later and folds the rest silently. Kafka refuses the commit
of a process that lost the partition, so one that only believes it owns it leaves no checkpoint.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, Literal, TypeAlias
from zlib import crc32

import msgspec

from features.codec import shape_of
from features.history import Origin
from features.plan import Plan

FORMAT: Final = 1
"""Raised with every change of what the bytes mean; older ones are rebuilt from the log."""

Reason: TypeAlias = Literal[
    "missing", "busy", "torn", "corrupt", "older format", "foreign", "other currency", "ahead",
    "behind",
]  # fmt: skip
"""Why there is no usable checkpoint: none was ever written; another process holds it; it is cut
off; a checksum fails; an earlier version wrote it; it is of another topic, epoch or partition;
its amounts are in another currency; it knows more than Kafka has committed; the log does not
reach back to it any more. Other velocities are no reason: what both books declare is carried
over, what is new is unknown until it is warm."""


class Unusable(Exception):
    """A checkpoint that must not be used; the state comes from the log instead."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"checkpoint {reason}{': ' + detail if detail else ''}")
        self.reason: Reason = reason


class Scope(msgspec.Struct, frozen=True):
    """Of what a checkpoint is: the partition, and what decides which values are kept."""

    topic: str
    epoch: str
    partition: int
    plan: str
    currency: str


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """The one row that makes a checkpoint.

    `offset`: the next one to be taken. `labels`: the next offset of the labels topic.
    `history`: what must be known to read the states. The ledger holds the places from
    `ledger_first` up to, not including, `ledger_next`.
    """

    format: int = FORMAT
    scope: Scope
    offset: int
    labels: int = 0
    history: Origin
    ledger_first: int = 0
    ledger_next: int = 0


def plan_hash(plan: Plan) -> str:
    """Equal for plans that keep the same of every entity: 32 hex digits."""
    parts = [f"{v.digest}:{v.kind}" for v in plan.velocities]
    parts += [f"{layout.kind}={shape_of(layout).version.hex()}" for layout in plan.layouts]
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def file_name(scope: Scope) -> str:
    """The file of a partition's checkpoint."""
    return f"{scope.topic}-{scope.partition}.db"


def seal(content: bytes, *context: str) -> bytes:
    """Content with four bytes behind it that tell damage, and content in another's place."""
    return content + crc32(content, _crc(context)).to_bytes(4, "little")


def unseal(sealed: object, *context: str) -> bytes:
    """What `seal` was given; raises `Unusable` if a bit of it differs."""
    if not isinstance(sealed, bytes):
        raise Unusable("corrupt", "a state of another type")  # SQLite keeps types by the value
    content = sealed[:-4]
    if seal(content, *context) != sealed:
        raise Unusable("corrupt", "a checksum fails")
    return content


def _crc(context: Sequence[str]) -> int:
    return crc32("\0".join(context).encode())


def write_stamp(stamp: Stamp) -> bytes:
    """Stamp -> sealed bytes."""
    return seal(msgspec.json.encode(stamp), "stamp")


def read_stamp(sealed: bytes) -> Stamp:
    """Sealed bytes -> stamp; raises `Unusable`."""
    content = unseal(sealed, "stamp")
    try:
        found = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
        if bytes(found.get("format", b"")) != b"%d" % FORMAT:
            raise Unusable("older format")
        return msgspec.json.decode(content, type=Stamp)
    except msgspec.MsgspecError:
        raise Unusable("corrupt", "its stamp cannot be read") from None


def require(stamp: Stamp, scope: Scope, log_begin: int, stop: int) -> None:
    """Raise `Unusable` unless the log from `stamp.offset` on leads to the state at `stop`."""
    given, wanted = stamp.scope, scope
    if (given.topic, given.epoch, given.partition) != (
        wanted.topic,
        wanted.epoch,
        wanted.partition,
    ):
        raise Unusable("foreign", f"of {given.topic} {given.partition}, epoch {given.epoch}")
    if given.currency != wanted.currency:
        raise Unusable("other currency", f"its amounts are in {given.currency}")
    if stamp.offset > stop:
        raise Unusable("ahead", f"at {stamp.offset}, Kafka's committed offset is {stop}")
    if stamp.offset < log_begin:
        raise Unusable("behind", f"at {stamp.offset}, the log begins at {log_begin}")
