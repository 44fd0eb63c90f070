"""What arrives, as the core sees it: parsed, normalised, money in minor units, time in UTC.

A `Transaction` is only made by `features.message.parse` (from bytes) or by a test; everything
behind that edge trusts it.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

Scalar: TypeAlias = str | float | int | bool
"""What a value may be. Absent means unknown; it is never `None` and never a stand-in 0."""

Kind: TypeAlias = Literal["card", "transfer", "direct_debit", "cash", "other"]
Channel: TypeAlias = Literal["app", "web", "pos", "atm", "branch", "phone", "api", "other"]
Status: TypeAlias = Literal["pending", "approved", "declined", "reversed"]


class Payer(msgspec.Struct, frozen=True, gc=False):
    """Who pays. `id` is the key of the Kafka record; countries are ISO 3166-1 alpha-2."""

    id: str
    account: str | None = None
    country: str | None = None


class Payee(msgspec.Struct, frozen=True, gc=False):
    """Who is paid."""

    id: str
    name: str | None = None
    account: str | None = None
    country: str | None = None


class Merchant(msgspec.Struct, frozen=True, gc=False):
    """The shop of a card payment; `category` is an ISO 18245 code of four digits."""

    id: str
    category: str | None = None


class Device(msgspec.Struct, frozen=True, gc=False):
    """What the payer used."""

    id: str
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
