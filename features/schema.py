"""The published form of a payment: a strict model, its JSON Schema, and an example.

This is the door to pydantic for payments. The model is not on the fast path: it documents the
format for upstream teams and names every mistake of a refused message. A test holds it equal to
`features.message.parse`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic.config import JsonDict

from features.fields import END, is_category, is_clean, is_clean_memo, is_ip, microseconds
from features.money import EXPONENTS, MAX_MINOR, minor_units
from features.transaction import Channel, Kind, Status

_as_time = msgspec.json.Decoder(Annotated[datetime, msgspec.Meta(tz=True)]).decode
_as_json = msgspec.json.Encoder().encode


def _must(check: Callable[[str | None], bool], expected: str) -> AfterValidator:
    def hold(text: str) -> str:
        if not check(text):
            raise ValueError(expected)
        return text

    return AfterValidator(hold)


def _is_time(text: str | None) -> bool:
    try:
        return 0 <= microseconds(_as_time(_as_json(text))) < END
    except msgspec.MsgspecError:
        return False


_Clean = _must(is_clean, "must not hold control characters")
_Id = Annotated[str, Field(min_length=1, max_length=128), _Clean]
_Name = Annotated[str, Field(max_length=256), _Clean]
_Country = Annotated[
    str,
    Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2", examples=["DE"]),
]
_Time = Annotated[
    str,
    Field(
        description="event time, RFC 3339 with a zone, 1970 to 2099, to the microsecond",
        json_schema_extra={"format": "date-time"},
    ),
    _must(_is_time, "must be a real RFC 3339 time with seconds and a zone, from 1970 to 2099"),
]
_Ip = Annotated[
    str,
    Field(description="IPv4 or IPv6 address, no zone"),
    _must(is_ip, "must be an IPv4 or IPv6 address"),
]
_Category = Annotated[
    str,
    Field(
        description="ISO 18245 merchant category",
        json_schema_extra={"pattern": "^[0-9]{4}$"},
    ),
    _must(is_category, "must be four digits"),
]
_Currency = Annotated[
    str,
    Field(description="ISO 4217 code", examples=["EUR"]),
    _must(lambda text: text in EXPONENTS, "must be an ISO 4217 code of a currency in use"),
]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


_ONE_AMOUNT: Final[JsonDict] = {
    "oneOf": [
        {"required": ["amount"], "properties": {"amount": {"type": "string"}}},
        {"required": ["amount_minor"], "properties": {"amount_minor": {"type": "integer"}}},
    ]
}


class PayerModel(_Strict):
    """Who pays."""

    id: _Id = Field(description="stable id of the payer; also the key of the Kafka record")
    account: _Id | None = Field(None, description="the account, for instance an IBAN")
    country: _Country | None = None


class PayeeModel(_Strict):
    """Who is paid."""

    id: _Id = Field(description="stable id of the payee")
    name: _Name | None = Field(None, description="as the payer wrote it")
    account: _Id | None = Field(None, description="the account, for instance an IBAN")
    country: _Country | None = None


class MerchantModel(_Strict):
    """The shop of a card payment."""

    id: _Id = Field(description="stable id of the shop")
    category: _Category | None = None


class DeviceModel(_Strict):
    """What the payer used."""

    id: _Id = Field(description="stable id of the device")
    ip: _Ip | None = None
    country: _Country | None = Field(None, description="ISO 3166-1 alpha-2, where it was")


class TransactionModel(_Strict):
    """One payment. A field that is absent or null is not known. Unknown fields are refused.

    Exactly one of `amount` and `amount_minor` must be given.
    """

    model_config = ConfigDict(json_schema_extra=_ONE_AMOUNT)

    id: _Id = Field(description="id of the payment; a repeat gets the first answer again")
    time: _Time
    kind: Kind
    channel: Channel | None = None
    status: Status | None = Field(None, description="taken as pending if it is not given")
    currency: _Currency
    amount: str | None = Field(
        None,
        description="decimal text in major units, at most the currency's decimals",
        examples=["12.34"],
        json_schema_extra={"pattern": r"^(0|[1-9][0-9]{0,15})(\.[0-9]{1,4})?$"},
    )
    amount_minor: Annotated[int, Field(ge=0, le=MAX_MINOR)] | None = Field(
        None,
        validate_default=True,
        description="whole number of minor units: EUR cents, JPY yen, KWD fils",
    )
    payer: PayerModel
    payee: PayeeModel | None = None
    merchant: MerchantModel | None = None
    device: DeviceModel | None = None
    memo: (
        Annotated[
            str,
            Field(max_length=1000),
            _must(is_clean_memo, "must not hold control characters but tab and line ends"),
        ]
        | None
    ) = Field(None, description="free text of the payer")
    attributes: dict[str, Any] | None = Field(
        None,
        description="attributes that the rule book declares: text, number, true or false",
        json_schema_extra={
            "additionalProperties": {"type": ["string", "number", "boolean", "null"]}
        },
    )

    @field_validator("amount")
    @classmethod
    def _hold_decimals(cls, text: str | None, info: ValidationInfo) -> str | None:
        currency = info.data.get("currency")
        if text is not None and currency is not None:
            minor_units(text, currency)
        return text

    @field_validator("amount_minor")
    @classmethod
    def _hold_one_amount(cls, minor: int | None, info: ValidationInfo) -> int | None:
        if "amount" in info.data and (minor is None) == (info.data["amount"] is None):
            raise ValueError("exactly one of amount and amount_minor must be given")
        return minor


EXAMPLE: Final[dict[str, Any]] = {
    "id": "pay-2026-000123",
    "time": "2026-03-14T15:09:26.535+01:00",
    "kind": "transfer",
    "channel": "app",
    "status": "pending",
    "amount": "129.90",
    "currency": "EUR",
    "payer": {"id": "c-1001", "account": "DE89370400440532013000", "country": "DE"},
    "payee": {
        "id": "p-77",
        "name": "Fahrrad Huber",
        "account": "NL91ABNA0417164300",
        "country": "NL",
    },
    "device": {"id": "d-9", "ip": "203.0.113.7", "country": "DE"},
    "memo": "Rechnung 4711",
}
"""A payment that validates; it is part of the schema."""


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a payment, for upstream teams."""
    schema = TransactionModel.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Transaction",
        "examples": [EXAMPLE],
    }
