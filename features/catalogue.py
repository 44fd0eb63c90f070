"""Every value that a rule or a scorer may name: type, unit, range, meaning.

The catalogue is the one list of words. Code that makes a value, a rule that reads it and the
documentation of it all point here; a name that is not here is a mistake, never a silent miss.
"""

from typing import Any, Final, Literal, TypeAlias

import msgspec

Type: TypeAlias = Literal["number", "text", "flag"]
Source: TypeAlias = Literal["payment", "history", "local"]
"""Where a value came from: the payment's fields, the fold over the log, the local reader."""


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """One word of the vocabulary.

    `low` and `high` bound a number (inclusive; None = unbounded); `choices` are all that a text
    may be (empty = anything); `unit` is for people. `worse` is the direction of more risk, in
    which alone a model's answer may move the value. Of the values of a memo that have none, an
    answer may say any text, and no number: those are measured here.
    """

    name: str
    type: Type
    source: Source
    meaning: str
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    worse: Literal["up", "down"] | None = None
    example: str = ""


_WINDOWS = ("10m", "1h", "24h", "7d")


def _payment(name: str, type_: Type, meaning: str, **more: Any) -> Value:
    return Value(name=name, type=type_, source="payment", meaning=meaning, **more)


def _history(name: str, type_: Type, meaning: str, **more: Any) -> Value:
    return Value(name=name, type=type_, source="history", meaning=meaning, **more)


def _text(name: str, type_: Type, meaning: str, **more: Any) -> Value:
    return Value(name=f"text.{name}", type=type_, source="local", meaning=meaning, **more)


def _sign(name: str, meaning: str) -> Value:
    return _text(name, "flag", meaning, worse="up")


PAYMENT: Final = (
    _payment(
        "amount",
        "number",
        "amount in major units of the book's base currency; unknown without a rate",
        unit="base",
        low=0,
        example="129.90",
    ),
    _payment("currency", "text", "ISO 4217 code of the payment", example="EUR"),
    _payment("kind", "text", "card, transfer, direct_debit, cash or other", example="card"),
    _payment(
        "channel", "text", "app, web, pos, atm, branch, phone, api or other", example="app"
    ),
    _payment("status", "text", "pending, approved, declined or reversed", example="pending"),
    _payment("payer_id", "text", "who pays"),
    _payment("payer_country", "text", "ISO 3166 code of the payer's country", example="DE"),
    _payment("payee_id", "text", "who is paid"),
    _payment("payee_country", "text", "ISO 3166 code of the payee's country", example="NL"),
    _payment("merchant_id", "text", "the shop of a card payment"),
    _payment("merchant_category", "text", "ISO 18245 code of the shop", example="5411"),
    _payment("device_id", "text", "what the payer used"),
    _payment("device_country", "text", "ISO 3166 code of where the device was", example="DE"),
    _payment("ip", "text", "address of the device"),
    _payment(
        "is_foreign",
        "flag",
        "payee or device country differs from the payer's; unknown if none can be compared",
    ),
    _payment("hour", "number", "hour of the event time, UTC", unit="hour", low=0, high=23),
    _payment(
        "weekday",
        "number",
        "day of the event time, UTC, Monday is 0",
        unit="day",
        low=0,
        high=6,
    ),
)

HISTORY: Final = (
    *(
        _history(
            f"payer_count_{window}",
            "number",
            f"payments of the payer in {window}, this one included",
            unit="payments",
            low=1,
        )
        for window in _WINDOWS
    ),
    *(
        _history(
            f"payer_sum_{window}",
            "number",
            f"money sent by the payer in {window}, this payment included",
            unit="base",
            low=0,
        )
        for window in _WINDOWS
    ),
    *(
        _history(
            f"payer_payees_{window}",
            "number",
            f"different payees (or merchants) of the payer in {window}, this one included",
            unit="payees",
            low=0,
        )
        for window in _WINDOWS
    ),
    _history(
        "payer_declines_1h",
        "number",
        "earlier payments of the payer in 1h with status declined",
        unit="payments",
        low=0,
    ),
    _history(
        "payer_mean_7d",
        "number",
        "mean amount of the payer's earlier payments in 7d; unknown if there were none",
        unit="base",
        low=0,
    ),
    _history(
        "payer_gap_seconds",
        "number",
        "time since the payer's last payment; unknown for the first one",
        unit="seconds",
        low=0,
    ),
    _history(
        "payer_age_days", "number", "time since the payer's first payment", unit="days", low=0
    ),
    _history(
        "payee_is_new",
        "flag",
        "the payer never paid this payee (or merchant); unknown for the payer's first payment",
    ),
    _history(
        "device_is_new",
        "flag",
        "the payer never used this device; unknown for the payer's first payment with a device",
    ),
)

PURPOSES: Final = (
    *("none", "other", "goods", "services", "invoice", "rent", "salary", "utilities", "taxes"),
    *("insurance", "loan", "savings", "investment", "gift", "family", "donation", "travel"),
    *("medical", "education", "refund", "fee"),
)
"""What a memo may be for: `none` is no memo, `other` is a memo that does not say."""

LANGUAGES: Final = (
    *("none", "und", "ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr"),
    *("he", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nl", "no", "pl", "pt"),
    *("ro", "ru", "sk", "sl", "sr", "sv", "th", "tr", "uk", "vi", "zh"),
)
"""ISO 639-1 codes; `none` is no memo, `und` is a language that cannot be told."""

TEXT: Final = (
    _text(
        "length",
        "number",
        "characters of the memo after normalising",
        unit="characters",
        low=0,
        high=1000,
    ),
    _text(
        "sentiment",
        "number",
        "tone of the memo, from hostile to friendly; 0 is neutral",
        low=-1,
        high=1,
        worse="down",
    ),
    _text("urgency", "number", "how much the memo presses", low=0, high=1, worse="up"),
    _text("purpose", "text", "what the memo says the payment is for", choices=PURPOSES),
    _text("language", "text", "ISO 639-1 code of the memo's language", choices=LANGUAGES),
    _text(
        "entities",
        "number",
        "people, firms, places, accounts and products that the memo names",
        low=0,
        high=32,
        worse="up",
    ),
    _text(
        "list_match",
        "number",
        "how well a name in the memo matches a name list, 0 not at all; unknown without a list",
        low=0,
        high=1,
    ),
    _sign("urgent", "the memo presses for time"),
    _sign("secrecy", "the memo asks to tell nobody"),
    _sign("gift_card", "the memo names gift cards or vouchers"),
    _sign("crypto", "the memo names crypto currency"),
    _sign("investment", "the memo promises returns"),
    _sign("remote_access", "the memo names remote access or technical support"),
    _sign("impersonation", "the memo speaks for a bank, police or tax office"),
    _sign("advance_fee", "the memo names a fee for a release, prize, loan or parcel"),
    _sign("invoice_change", "the memo says that bank details have changed"),
    _sign("romance", "the memo speaks of love to someone never met"),
    _sign("extortion", "the memo threatens, or pays a ransom"),
    _sign("sanctions_evasion", "the memo speaks of going round sanctions or controls"),
    _sign("instruction", "the memo gives orders to whoever reads it"),
    _sign("link", "the memo holds a web address"),
    _sign("obfuscated", "the memo hides what it says: invisible signs, mixed scripts"),
)

CATALOGUE: Final = (*PAYMENT, *HISTORY, *TEXT)
"""All values that the code makes, in the order of the documentation."""
