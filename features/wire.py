"""A payment as it stands on the wire: the strict structure of the JSON, and nothing more.

A field that is absent and one that is null say the same: not known. (Many serialisers write
every absent field as null; to refuse them would refuse their payments.)
"""

from datetime import datetime
from typing import Annotated

import msgspec

from features.money import MAX_MINOR
from features.transaction import (
    Channel,
    Device,
    Id,
    Kind,
    Memo,
    Merchant,
    Payee,
    Payer,
    Scalar,
    Status,
)


class Wire(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The JSON of one payment; `features.schema` documents each field for upstream."""

    id: Id
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    kind: Kind
    currency: str
    payer: Payer
    amount: str | None = None
    amount_minor: Annotated[int, msgspec.Meta(ge=0, le=MAX_MINOR)] | None = None
    channel: Channel | None = None
    status: Status | None = None
    payee: Payee | None = None
    merchant: Merchant | None = None
    device: Device | None = None
    memo: Memo | None = None
    attributes: dict[str, Scalar | None] | None = None


decode = msgspec.json.Decoder(Wire).decode
"""Bytes -> Wire; raises `msgspec.MsgspecError` or `UnicodeDecodeError`. Of a key that stands
twice it takes the last one silently."""

encode = msgspec.json.Encoder().encode
"""Wire -> compact JSON without the fields that are not known."""
