"""What stands in the log -> a payment, or why it is none."""

from collections.abc import Mapping
from typing import Final

import msgspec

from features.catalogue import Value
from features.errors import Malformed, Mistake
from features.message import parse
from features.transaction import Transaction
from risk.decision import Flag

MAX_AHEAD_US: Final = 24 * 3600 * 1_000_000
"""Event time may be this far after the record's own time; further is a broken clock upstream,
and would push a payer's real history out of its windows."""


class DeadLetter(msgspec.Struct, frozen=True, gc=False):
    """Why a message is no payment: a code of `risk.decide.REFUSALS` and every mistake."""

    code: str
    mistakes: tuple[Mistake, ...]


class Refused(Exception):
    """The message is no payment; carries the dead letter."""

    def __init__(self, code: str, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__(code)
        self.dead_letter = DeadLetter(code, mistakes)


def receive(
    raw: bytes, stamp_ms: int | None, max_bytes: int, attributes: Mapping[str, Value]
) -> Transaction:
    """Read a message; raises `Refused`. `stamp_ms` is its record's own time, if it has one."""
    if len(raw) > max_bytes:
        text = f"{len(raw)} bytes; at most {max_bytes} are read"
        raise Refused("OVERSIZED", (Mistake("", text),))
    try:
        transaction = parse(raw, attributes)
    except Malformed as malformed:
        raise Refused("MALFORMED", malformed.mistakes) from None
    if (
        stamp_ms is not None
        and stamp_ms > 0
        and transaction.at > stamp_ms * 1000 + MAX_AHEAD_US
    ):
        text = "lies more than 24 h after the record's own timestamp"
        raise Refused("MALFORMED", (Mistake("time", text),))
    return transaction


def condemn() -> Transaction:
    """Refuse a message without looking at it; raises `Refused`, always."""
    raise Refused("CRASHED", (Mistake("", "deciding it ended the process again and again"),))


def flags_of(
    key: bytes | None, transaction: Transaction, *, id_reused: bool
) -> tuple[Flag, ...]:
    """Say what is odd about a payment that can be judged all the same."""
    flags: tuple[Flag, ...] = ()
    if key != transaction.payer.id.encode():
        flags = ("key_mismatch",)
    return (*flags, "id_reused") if id_reused else flags
