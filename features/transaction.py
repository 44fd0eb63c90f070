"""What arrives, as the core sees it: parsed, normalised, money in minor units, time in UTC.

A `Transaction` is only made by `features.message.parse` (from bytes) or by a test; everything
behind that edge trusts it. The parties are decoded from the wire as they stand here, so their
bounds are the wire's bounds; `features.fields` holds what a type cannot say.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import msgspec

Scalar: TypeAlias = str | float | int | bool
"""What a value may be. Absent means unknown; it is never `None` and never a stand-in 0."""

Kind: TypeAlias = Literal["card", "transfer", "direct_debit", "cash", "other"]
Channel: TypeAlias = Literal["app", "web", "pos", "atm", "branch", "phone", "api", "other"]
Status: TypeAlias = Literal["pending", "approved", "declined", "reversed"]

Id: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
"""Names one thing, without control characters; compared byte for byte."""

Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=256)]
Memo: TypeAlias = Annotated[str, msgspec.Meta(max_length=1000)]


class Party(
    msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True
):
    """Somebody or something in a payment; a field that is absent or null is not known."""


class Payer(Party, frozen=True, gc=False):
    """Who pays. `id` is the key of the Kafka record; countries are ISO 3166-1 alpha-2."""

    id: Id
    account: Id | None = None
    country: str | None = None


class Payee(Party, frozen=True, gc=False):
    """Who is paid."""

    id: Id
    name: Name | None = None
    account: Id | None = None
    country: str | None = None


class Merchant(Party, frozen=True, gc=False):
    """The shop of a card payment; `category` is an ISO 18245 code of four digits."""

    id: Id
    category: str | None = None


class Device(Party, frozen=True, gc=False):
    """What the payer used."""

    id: Id
    ip: str | None = None
    country: str | None = None


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """One payment, trusted.

    `at` is the event time in microseconds since 1970 UTC; `amount_minor` is >= 0 in minor units
    of `currency` (ISO 4217, so JPY 500 is 500 and KWD 1.250 is 1250).
    """

    id: str
    at: int
    kind: Kind
    amount_minor: int
    currency: str
    payer: Payer
    channel: Channel | None = None
    status: Status = "pending"
    payee: Payee | None = None
    merchant: Merchant | None = None
    device: Device | None = None
    memo: str | None = None
    attributes: Mapping[str, Scalar] = {}
