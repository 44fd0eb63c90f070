"""The edge: which bytes are a payment, and what is said about the others."""

import contextlib
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from features.catalogue import Value
from features.errors import Malformed, Mistake
from features.fields import END, attribute_mistakes, microseconds
from features.message import encode, parse
from features.money import EXPONENTS, MAX_MINOR
from features.refusal import MAX_MISTAKES
from features.schema import EXAMPLE, TransactionModel
from features.transaction import Device, Merchant, Payee, Payer, Transaction


def declare(name: str, kind: Any, **more: Any) -> Value:
    """Declare an attribute as a book would."""
    return Value(name=f"attributes.{name}", type=kind, source="payment", meaning="", **more)


DECLARED = {
    "band": declare("band", "text"),
    "tries": declare("tries", "number", low=0, high=9),
    "score": declare("score", "number"),
    "vip": declare("vip", "flag"),
}
FULL: dict[str, Any] = {
    **EXAMPLE,
    "merchant": {"id": "m-1", "category": "5411"},
    "attributes": {"band": "low", "tries": 3, "vip": True},
}
MARK = "EVIL"


def put(path: str, value: object) -> bytes:
    """Replace the field at `path` of the full example; `...` takes it out."""
    message = json.loads(json.dumps(FULL))
    *parents, last = path.split(".")
    place = message
    for parent in parents:
        place = place[parent]
    place[last] = value
    if value is ...:
        del place[last]
    return json.dumps(message).encode()


def mistakes(raw: bytes) -> tuple[Mistake, ...]:
    """List what is said about bytes that must be refused."""
    with pytest.raises(Malformed) as refused:
        parse(raw, DECLARED)
    return refused.value.mistakes


def paths(raw: bytes) -> list[str]:
    """List only where the mistakes are."""
    return [mistake.path for mistake in mistakes(raw)]


def is_clean_text(text: str) -> bool:
    """Tell whether a text is free of control characters."""
    return not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in text)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(is_clean_text)
ids = texts.filter(bool)
countries = st.none() | st.sampled_from(["DE", "FR", "XK", "ZZ"])
ips = st.none() | st.ip_addresses().map(str)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "band": texts,
        "tries": st.integers(0, 9) | st.floats(0, 9),
        "score": st.integers(-(2**53), 2**53) | st.floats(-1e15, 1e15),
        "vip": st.booleans(),
    },
)
transactions = st.builds(
    Transaction,
    id=ids,
    at=st.integers(0, END - 1),
    kind=st.sampled_from(["card", "transfer", "direct_debit", "cash", "other"]),
    amount_minor=st.integers(0, MAX_MINOR),
    currency=st.sampled_from(sorted(EXPONENTS)),
    payer=st.builds(Payer, id=ids, account=st.none() | ids, country=countries),
    channel=st.none() | st.sampled_from(["app", "web", "pos", "atm", "api"]),
    status=st.sampled_from(["pending", "approved", "declined", "reversed"]),
    payee=st.none()
    | st.builds(Payee, ids, st.none() | texts, account=st.none() | ids, country=countries),
    merchant=st.none() | st.builds(Merchant, ids, st.none() | st.just("5411")),
    device=st.none() | st.builds(Device, ids, ips, countries),
    memo=st.none() | texts.map(lambda text: f"{text}\n\t{text}"),
    attributes=attributes,
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["EUR", "DE", "12.30", "2026-01-01T00:00:00Z", "\x00", "card", "1.2.3.4"])
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=3,
)


@given(transactions)
def test_a_payment_written_and_read_again_is_the_same(transaction: Transaction) -> None:
    """parse(encode(t)) == t for every payment there can be."""
    assert transaction == parse(encode(transaction), DECLARED)


@given(transactions, st.booleans(), st.sampled_from([None, 2]))
def test_the_spelling_of_the_json_does_not_matter(
    transaction: Transaction, ascii_only: bool, indent: int | None
) -> None:
    """Escapes, white space, order and fields that are null say the same."""
    message = json.loads(encode(transaction))
    for name in ("payee", "merchant", "device", "memo", "channel", "amount", "attributes"):
        message.setdefault(name, None)
    mirrored = dict(reversed(message.items()))
    raw = json.dumps(mirrored, ensure_ascii=ascii_only, indent=indent).encode()
    assert transaction == parse(raw, DECLARED)


@given(st.binary(max_size=60))
@example(b"")
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf{}")
@example(b"[" * 100_000)
@example(b'{"payer":' * 100_000)
@example(b'{"attributes":{"band":' + b"[" * 100_000)
@example(b"null")
@example(b'"text"')
@example(b"1" * 10_000)
@example(b'{"amount_minor":' + b"9" * 10_000 + b"}")
@example(b'{"id":"\\ud800"}')
def test_bytes_that_are_no_payment_are_malformed_and_nothing_else(raw: bytes) -> None:
    """Only `Malformed` leaves the edge, with at least one mistake."""
    assert mistakes(raw)


@settings(max_examples=150)
@given(st.data())
def test_a_damaged_message_is_a_payment_or_malformed(data: st.DataObject) -> None:
    """Bytes replaced, dropped or doubled anywhere: never another exception."""
    raw = bytearray(json.dumps(FULL).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    with contextlib.suppress(Malformed):
        parse(bytes(raw), DECLARED)


def from_model(model: TransactionModel) -> Transaction:
    """Make the payment that the published model describes, without the fast edge."""
    given = model.model_dump(exclude_none=True)
    minor = given.get("amount_minor")
    if minor is None:
        minor = int(Decimal(given["amount"]).scaleb(EXPONENTS[given["currency"]]))
    return Transaction(
        id=model.id,
        at=microseconds(msgspec.convert(model.time, datetime)),
        kind=model.kind,
        amount_minor=minor,
        currency=model.currency,
        payer=Payer(**given["payer"]),
        channel=model.channel,
        status=model.status or "pending",
        payee=Payee(**given["payee"]) if model.payee else None,
        merchant=Merchant(**given["merchant"]) if model.merchant else None,
        device=Device(**given["device"]) if model.device else None,
        memo=model.memo,
        attributes={k: v for k, v in (model.attributes or {}).items() if v is not None},
    )


PATHS = [
    *FULL,
    "amount_minor",
    "evil",
    *(f"payer.{name}" for name in ("id", "account", "country", "evil")),
    *(f"payee.{name}" for name in ("id", "name", "account", "country")),
    *(f"device.{name}" for name in ("id", "ip", "country")),
    *(f"attributes.{name}" for name in (*DECLARED, "evil")),
    "merchant.category",
]


@settings(max_examples=150)
@given(st.sampled_from(PATHS), scalars | anything)
@example("amount_minor", 1.0)
@example("time", "2026-01-01 00:00:00z")
@example("time", "1700000000")
@example("time", 1700000000)
@example("payer.id", "a" * 129)
@example("payer.country", "DE\n")
@example("device.ip", "fe80::1%eth0")
@example("device.ip", "01.2.3.4")
@example("attributes.score", float("inf"))
@example("attributes.score", 10**400)
@example("attributes", [])
@example("memo", "é" * 1000)
@example("memo", "\u2028")
def test_the_published_model_and_the_fast_edge_take_the_same(path: str, value: object) -> None:
    """The same messages are accepted, with the same result."""
    raw = put(path, value)
    try:
        model = TransactionModel.model_validate_json(raw)
    except ValidationError:
        assert mistakes(raw)
        return
    if attribute_mistakes(model.attributes or {}, DECLARED):
        assert mistakes(raw)
    else:
        assert from_model(model) == parse(raw, DECLARED)


GIVEN = [
    *FULL,
    *(
        f"{name}.{part}"
        for name, whole in FULL.items()
        if isinstance(whole, dict)
        for part in whole
    ),
]


def result(raw: bytes) -> Transaction | None:
    """Give the payment, None if it was refused."""
    try:
        return parse(raw, DECLARED)
    except Malformed:
        return None


@pytest.mark.parametrize("path", GIVEN)
def test_a_field_that_is_null_is_a_field_that_is_absent(path: str) -> None:
    """Null and absent are both unknown, or both a mistake."""
    assert result(put(path, ...)) == result(put(path, None))


@pytest.mark.parametrize("path", GIVEN)
def test_a_key_that_stands_twice_is_refused(path: str) -> None:
    """Readers differ in which one they take, so neither may decide about money."""
    *parents, name = path.split(".")
    whole = json.loads(put(path, ...))
    place = whole
    for parent in parents:
        place = place[parent]
    place["first"] = place["second"] = MARK
    good = FULL[path] if not parents else FULL[parents[0]][name]
    for first, second in [(good, good), (None, good), (good, None), ('"\\u0022', good)]:
        raw = json.dumps(whole)
        for slot, value in (("first", first), ("second", second)):
            raw = raw.replace(f'"{slot}": "{MARK}"', f'"{name}" : {json.dumps(value)}')
        assert path in paths(raw.encode())


def test_a_key_spelt_in_another_way_is_the_same_key() -> None:
    """Escapes in a name do not hide that it stands twice."""
    raw = put("id", "x").replace(b'"id": "x"', b'"\\u0069d": "y", "id": "x"')
    assert ["id"] == paths(raw)


POISON = {
    "id": ["", "x" * 129, "a\x00b", "a\nb", "a\x7fb", "a\x85b", 5, True, [], {}],
    "time": [
        "2026-02-30T00:00:00Z",
        "2026-01-01T00:00:00",
        "2026-01-01",
        "2026-01-01T24:00:00Z",
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "10000-01-01T00:00:00Z",
        "yesterday",
        "",
        1767225600,
    ],
    "kind": ["CARD", "", "wire", 1],
    "channel": ["App", "", 1],
    "status": ["done", "", 1],
    "currency": ["eur", "XAU", "XXX", "DEM", "EURO", "", 978],
    "amount": [
        "-1.00",
        "+1",
        "1,00",
        "1.",
        ".5",
        "1e3",
        "01.00",
        "1.234",
        "NaN",
        "Infinity",
        "",
        " 1",
        "٣",
        "9" * 16,
        "9" * 400,
        12.34,
        12,
        "90071992547409.93",
    ],
    "payer": ["c-1", [], 1],
    "payer.id": ["", "x" * 129, "\u0000", 7],
    "payer.account": ["", "\u001b[31m"],
    "payer.country": ["de", "DEU", "D", "", "D1", "ÄÖ", 49],
    "payee.name": ["x" * 257, "\u0007", 1],
    "payee.country": ["xx"],
    "merchant.category": ["541", "54111", "5a11", "٥٤١١", 5411],
    "device.ip": [
        "1.2.3",
        "1.2.3.256",
        "1.2.3.4.5",
        "01.2.3.4",
        "::g",
        "1.2.3.4/8",
        "fe80::1%1",
        "",
    ],
    "device.country": ["1A"],
    "memo": ["x" * 1001, "\u0000", "\u001b", 5],
    "attributes": [[], "x", 1],
    "attributes.band": [1, True, [], {}, "x" * 257, "\u0000"],
    "attributes.tries": ["3", True, -1, 10, 10**400, [1]],
    "attributes.vip": [0, "true"],
}
CASES = [(path, value) for path, values in POISON.items() for value in values]


@pytest.mark.parametrize(("path", "value"), CASES)
def test_poison_is_refused_with_the_path_of_its_field(path: str, value: object) -> None:
    """Each way of being wrong names the field that is wrong, and only that."""
    assert [path] == paths(put(path, value))


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "01", "0x1", "1_0"]
)
@pytest.mark.parametrize("path", ["amount_minor", "attributes.tries", "payer"])
def test_numbers_that_are_no_json_are_refused(path: str, number: str) -> None:
    """Not every reader refuses NaN; this one does, wherever it stands."""
    assert mistakes(put(path, MARK).replace(f'"{MARK}"'.encode(), number.encode()))


def test_every_mistake_is_named_at_once() -> None:
    """A message with mistakes of every kind is answered with all of them."""
    message = {
        **FULL,
        "time": "2026-02-30T00:00:00Z",
        "amount_minor": 5,
        "payer": {"country": "de", MARK: 1},
        "attributes": {"tries": "many", MARK: 1},
        MARK: 1,
    }
    raw = json.dumps(message).encode().replace(b'"memo"', b'"id": "x", "memo"')
    expected = [
        "",
        "amount_minor",
        "attributes",
        "attributes.tries",
        "id",
        "payer",
        "payer.country",
        "payer.id",
        "time",
    ]
    assert expected == sorted(paths(raw))


def test_one_of_the_amounts_must_be_given() -> None:
    """Neither is as wrong as both."""
    assert ["amount_minor"] == paths(put("amount", ...))
    assert ["amount_minor"] == paths(put("amount_minor", 5))


def test_no_mistakes_are_listed_without_end() -> None:
    """A message of a thousand mistakes has a short dead letter."""
    names = [f"n{number}" for number in range(1000)]
    raw = put("attributes", dict.fromkeys(names, 1))
    assert MAX_MISTAKES + 1 == len(mistakes(raw))


@given(
    st.sampled_from(["id", "kind", "currency", "amount", "payer.country", "device.ip", "time"])
)
def test_no_word_of_the_message_is_quoted(path: str) -> None:
    """What an attacker wrote, value or name, never reaches a log by way of a mistake."""
    for raw in (
        put(path, MARK * 50),
        put(MARK, 1),
        put(f"payer.{MARK}", 1),
        put(f"attributes.{MARK}", 1),
    ):
        with pytest.raises(Malformed) as refused:
            parse(raw, DECLARED)
        assert MARK not in str(refused.value)


def test_a_message_that_only_one_reader_refuses_is_still_malformed() -> None:
    """A byte order mark, or a number of a million digits: refused, whoever minds."""
    assert ("",) == tuple(paths(b"\xef\xbb\xbf" + put("id", "x")))


def test_a_control_character_is_told_from_its_picture() -> None:
    """Escaped backslashes and Latin letters are no control characters, line ends are in ids."""
    harmless = "a\\n £ \u00fc \\u0000"
    assert harmless == parse(put("payee.name", harmless), DECLARED).payee.name  # type: ignore[union-attr]
    assert ["payee.name"] == paths(put("payee.name", "a\nb"))


def test_a_quotation_mark_by_its_number_is_text() -> None:
    """An escape that upsets the count of marks is looked at with care, and taken."""
    raw = put("memo", MARK).replace(MARK.encode(), b"\\u0022quoted\\u0022")
    assert '"quoted"' == parse(raw, DECLARED).memo
