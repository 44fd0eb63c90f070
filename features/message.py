"""The fast edge: bytes from upstream -> a trusted `Transaction`, or every mistake in them.

msgspec reads; only when it refuses, or a check behind it does, `features.refusal` looks again
and lists all mistakes. No library sees that a key stands twice, so it is counted: what was
read, written again, must have as many quotation marks as the message: a key that was dropped
took two with it. That costs a tenth of a second reader.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec.structs import astuple

from features.catalogue import Value
from features.errors import Malformed
from features.fields import (
    COUNTRIES,
    END,
    attribute_mistakes,
    instant,
    is_category,
    is_clean,
    is_clean_memo,
    is_ip,
    microseconds,
)
from features.money import EXPONENTS, minor_units
from features.refusal import list_mistakes, list_subtle_mistakes
from features.transaction import Scalar, Transaction
from features.wire import Wire, decode
from features.wire import encode as encode_wire

NONE_DECLARED: Final[Mapping[str, Value]] = MappingProxyType({})
BACKSLASH, DEL, C1 = b"\\\x7f\xc2"
_read = msgspec.json.Decoder().decode
_write = msgspec.json.Encoder().encode

_CONTROLS: Final = re.compile(rb"\\(?:[bfnrt]|u00(?:[0189]|7[fF]))|\x7f|\xc2[\x80-\x9f]")
"""What may be a control character: escapes, DEL, C1 in UTF-8. A bare C0 is no JSON."""


class _Refused(Exception):
    """A check behind the decoder failed; `features.refusal` will say which."""


def parse(raw: bytes, attributes: Mapping[str, Value] = NONE_DECLARED) -> Transaction:
    """Read one payment; `attributes` are those that the book declares, by bare name.

    Raises `Malformed` with every mistake, and nothing else, for any bytes whatever.
    """
    try:
        wire = decode(raw)
        transaction = _trust(wire, attributes)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, _Refused):
        raise Malformed(list_mistakes(raw, attributes)) from None
    if _may_repeat(raw, wire) or not _is_clean(raw, wire):
        mistakes = list_subtle_mistakes(raw, attributes)
        if mistakes:
            raise Malformed(mistakes)
    return transaction


def encode(transaction: Transaction) -> bytes:
    """Write a payment as compact JSON; `parse` gives the same payment again."""
    return encode_wire(
        Wire(
            id=transaction.id,
            time=instant(transaction.at),
            kind=transaction.kind,
            currency=transaction.currency,
            payer=transaction.payer,
            amount_minor=transaction.amount_minor,
            channel=transaction.channel,
            status=transaction.status,
            payee=transaction.payee,
            merchant=transaction.merchant,
            device=transaction.device,
            memo=transaction.memo,
            attributes=dict(transaction.attributes) or None,
        )
    )


def _may_repeat(raw: bytes, wire: Wire) -> bool:
    """Whether a key may stand twice; False is certain.

    The second count is for fields that are null: the first one does not write them again. A
    quotation mark written as u0022 would be written shorter again, and upset the count.
    """
    marks = raw.count(b'"')
    if BACKSLASH in raw and b"u0022" in raw:
        return True
    return encode_wire(wire).count(b'"') != marks and _write(_read(raw)).count(b'"') != marks


def _is_clean(raw: bytes, wire: Wire) -> bool:
    """Whether no field holds a control character; attributes have been looked at before."""
    if not (BACKSLASH in raw or DEL in raw or C1 in raw) or not _CONTROLS.search(raw):
        return True
    parties = (wire.payer, wire.payee, wire.merchant, wire.device)
    texts = [text for party in parties if party is not None for text in astuple(party)]
    return all(map(is_clean, (wire.id, *texts))) and is_clean_memo(wire.memo)


def _trust(wire: Wire, declared: Mapping[str, Value]) -> Transaction:
    payee, merchant, device = wire.payee, wire.merchant, wire.device
    at = microseconds(wire.time)
    if not (
        0 <= at < END
        and wire.payer.country in COUNTRIES
        and (payee is None or payee.country in COUNTRIES)
        and (merchant is None or is_category(merchant.category))
        and (device is None or (device.country in COUNTRIES and is_ip(device.ip)))
    ):
        raise _Refused
    return Transaction(
        id=wire.id,
        at=at,
        kind=wire.kind,
        amount_minor=_amount(wire),
        currency=wire.currency,
        payer=wire.payer,
        channel=wire.channel,
        status=wire.status or "pending",
        payee=payee,
        merchant=merchant,
        device=device,
        memo=wire.memo,
        attributes=_attributes(wire, declared) if wire.attributes else {},
    )


def _amount(wire: Wire) -> int:
    if wire.currency not in EXPONENTS or (wire.amount is None) == (wire.amount_minor is None):
        raise _Refused
    if wire.amount is None:
        return wire.amount_minor or 0
    try:
        return minor_units(wire.amount, wire.currency)
    except ValueError:
        raise _Refused from None


def _attributes(wire: Wire, declared: Mapping[str, Value]) -> dict[str, Scalar]:
    """In the order of their names: the order in the JSON makes no other payment."""
    given = wire.attributes or {}
    if attribute_mistakes(given, declared):
        raise _Refused
    return {name: value for name, value in sorted(given.items()) if value is not None}
