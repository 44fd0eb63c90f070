"""`risk schema`: the form of payments and decisions, for the teams upstream and downstream."""

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

MEMO = "URGENT, keep this between us: our bank details have changed"


class Subject(StrEnum):
    """What has a schema."""

    TRANSACTION = "transaction"
    DECISION = "decision"


def schema(
    subject: Annotated[Subject, typer.Argument(help="Whose form is printed.")],
    example: Annotated[bool, typer.Option("--example", help="Print only an example.")] = False,
) -> None:
    """Print the JSON Schema (2020-12) of payments or decisions, with an example that validates.

    Examples: risk schema transaction > transaction.schema.json

    risk schema transaction --example | kcat -P -b localhost:9092 -t transactions -k c-1001

    Exit status: 0.
    """
    found = transaction_schema() if subject == Subject.TRANSACTION else decision_schema()
    text = found["examples"][0] if example else found
    typer.echo(json.dumps(text, indent=None if example else 2, ensure_ascii=False))


def transaction_schema() -> dict[str, Any]:
    """JSON Schema of a payment."""
    from features.schema import json_schema

    return json_schema()


def decision_schema() -> dict[str, Any]:
    """JSON Schema of a decision; the example is made by the default book."""
    import msgspec

    from risk.decision import Decision

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(Decision),
        "title": "Decision",
        "examples": [example_decision()],
    }


def example_decision() -> dict[str, Any]:
    """Decide the example of a payment by the default book, as the first one of a log."""
    from features.schema import EXAMPLE
    from risk.assembly import build_pipeline
    from risk.pipeline import Arrival
    from risk.settings import load

    settings, _ = load(environment={})  # the defaults: the example is the same everywhere
    payment = {**EXAMPLE, "amount": "4900.00", "memo": MEMO}
    key = str(EXAMPLE["payer"]["id"]).encode()
    arrival = Arrival(0, 0, key, json.dumps(payment).encode())
    [answer] = build_pipeline(settings).take([arrival])
    found: dict[str, Any] = json.loads(answer.encoded)
    return {**found, "timings_us": dict.fromkeys(found["timings_us"], 0)}  # the same every time
