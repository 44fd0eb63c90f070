"""What upstream teams get: a schema, and an example that is right."""

import json

from features.message import parse
from features.schema import EXAMPLE, TransactionModel, json_schema
from features.transaction import Device, Merchant, Payee, Payer
from features.wire import Wire


def test_the_example_is_a_payment() -> None:
    """The schema's own example passes the model and the fast edge."""
    [example] = json_schema()["examples"]
    raw = json.dumps(example).encode()
    assert EXAMPLE == TransactionModel.model_validate_json(raw).model_dump(exclude_none=True)
    assert 12990 == parse(raw).amount_minor


def test_the_schema_names_the_fields_that_are_read() -> None:
    """Model and wire have the same fields, part by part, and refuse others."""
    schema = json_schema()
    parts = {
        "PayerModel": Payer,
        "PayeeModel": Payee,
        "MerchantModel": Merchant,
        "DeviceModel": Device,
    }
    for name, part in parts.items():
        assert list(part.__struct_fields__) == list(schema["$defs"][name]["properties"])
        assert schema["$defs"][name]["additionalProperties"] is False
    assert set(Wire.__struct_fields__) == set(schema["properties"])


def test_the_schema_is_json() -> None:
    """It can be written down."""
    assert json_schema() == json.loads(json.dumps(json_schema()))
