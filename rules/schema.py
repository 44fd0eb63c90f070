"""JSON Schemas of a book's files: editors complete and check while somebody types.

What a schema cannot say (names, types and units in expressions, ids that stand twice) is found
by reading the book; a file that the schema refuses, reading refuses too.
"""

from typing import Any, Final, TypeAlias, get_args

from rules.book_page import DEADLINE
from rules.book_page import NAME as LIST_NAME
from rules.model import TIERS, Ask, AtDeadline, Engine, ListKind, Mode, Outcome, Severity
from rules.param_page import PARAM
from rules.rule_page import CODE, ID, MAX_POINTS
from rules.sequence_page import NAME as STEP_NAME
from rules.sequence_page import STEPS
from rules.velocity import Entity, Function, Unit
from rules.vocabulary import Vocabulary

Schema: TypeAlias = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 300}
CONDITION: Final[Schema] = {"$ref": "#/$defs/condition"}
ASKED_OF_EACH: Final = (
    "payments that count: a condition on their own fields, the past and other velocities, by "
    "the values that they had when they passed"
)
MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
_SCALAR: Final[Schema] = {"type": ["string", "number", "boolean"]}


def rules_schema(words: Vocabulary) -> Schema:
    """The schema of `*.rules.yaml`; `words` complete what tests give."""
    given = {name: _value(word.type) for name, word in words.items()}
    return {
        "$schema": DIALECT,
        "title": "rules of a risk book",
        **_object(
            {
                "rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}},
                "fixtures": {"type": "object", "additionalProperties": _object(given)},
                "tests": {"type": "array", "items": _book_test(given)},
            }
        ),
        "$defs": {
            "condition": _condition(),
            "rule": _rule(given),
        },
    }


def book_schema(words: Vocabulary) -> Schema:
    """The schema of `book.yaml`; `words` complete what velocities read."""
    outcome = _choice(get_args(Outcome))
    fields = [name for name, word in words.items() if word.from_payment]
    points = {"type": "integer", "minimum": 1, "maximum": 100}
    return {
        "$schema": DIALECT,
        "title": "book.yaml of a risk book",
        **_object(
            {
                "name": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,59}$"},
                "version": TEXT | {"maxLength": 40},
                "owner": TEXT,
                "description": TEXT,
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
                "default": outcome,
                "on_malformed": outcome,
                "tiers": _object({tier: outcome for tier in TIERS}),
                "score": _object({"review": points, "reject": points, "rules": points}),
                "llm": _llm(),
                "rates": {"type": "string", "pattern": "[.]csv$"},
                "engine": _choice(get_args(Engine)),
                "lists": _named(LIST_NAME[0], _listing()),
                "attributes": {"type": "object", "additionalProperties": _attribute()},
                "velocities": _named(LIST_NAME[0], _velocity(fields)),
            },
            ("name", "version", "owner", "currency", "on_malformed"),
        ),
        "$defs": {"condition": _condition()},
    }


def _llm() -> Schema:
    low, high = DEADLINE
    return _object(
        {
            "ask": _choice(get_args(Ask)),
            "deadline_ms": {"type": "integer", "minimum": low, "maximum": high},
            "at_deadline": _choice(get_args(AtDeadline)),
        }
    )


def _rule(given: Schema) -> Schema:
    return {
        **_object(
            {
                "id": {"type": "string", "pattern": f"^{ID[0]}$"},
                "title": TEXT,
                "owner": TEXT,
                "severity": _choice(get_args(Severity)),
                "tier": _choice(TIERS),
                "points": {"type": "integer", "minimum": -MAX_POINTS, "maximum": MAX_POINTS},
                "mode": _choice(get_args(Mode)),
                "when": CONDITION,
                "sequence": _sequence(),
                "unless": CONDITION,
                "params": _named(PARAM, {"anyOf": [_SCALAR, _param()]}),
                "effective": _object({"from": MOMENT, "until": MOMENT}),
                "on_missing": _choice(("block", "reject", "review")),
                "rollout": _object(
                    {"percent": {"type": "number", "minimum": 0, "maximum": 100}, "by": TEXT},
                    ("percent", "by"),
                ),
                "reason": _object(
                    {"code": {"type": "string", "pattern": f"^{CODE[0]}$"}, "text": TEXT},
                    ("code", "text"),
                ),
                "runbook": TEXT,
                "labels": {"type": "array", "items": TEXT | {"maxLength": 40}},
                "tests": {"type": "array", "items": _rule_test(given)},
            },
            ("id", "title", "owner", "severity", "reason"),
        ),
        "allOf": [_one_of("tier", "points"), _one_of("when", "sequence")],
    }


def _one_of(*keys: str) -> Schema:
    return {"oneOf": [{"required": [key]} for key in keys]}


def _sequence() -> Schema:
    name = {"type": "string", "pattern": f"^{STEP_NAME[0]}$"}
    step = _object({"as": name, "when": CONDITION}, ("as", "when"))
    steps = {"type": "array", "items": step, "minItems": 2, "maxItems": STEPS}
    within = {"type": "string", "pattern": "^[1-9][0-9]{0,4}[smhd]$"}
    return _object({"by": TEXT, "within": within, "steps": steps}, ("by", "within", "steps"))


def _param() -> Schema:
    sweep = {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}
    return _object({"value": _SCALAR, "sweep": sweep}, ("value",))


def _condition() -> Schema:
    many = {"type": "array", "items": CONDITION, "minItems": 1}
    joined = {"all": many, "any": many, "not": CONDITION}
    expression = {"type": ["string", "boolean"], "maxLength": 2000}
    return {
        "description": "an expression like `amount > 500 and payee_is_new`, or all, any, not",
        "anyOf": [expression, *[_object({key: form}, (key,)) for key, form in joined.items()]],
    }


def _rule_test(given: Schema) -> Schema:
    return _object(
        {**_case(given), "expect": _choice(("hit", "miss", "unknown"))}, ("given", "expect")
    )


def _book_test(given: Schema) -> Schema:
    names = {"type": "array", "items": TEXT}
    expect = _object(
        {
            "outcome": _choice(get_args(Outcome)),
            "tier": _choice(TIERS),
            "score": {"type": "integer", "minimum": 0, "maximum": 100},
            **dict.fromkeys(("rules", "shadow", "unknown", "reasons"), names),
        }
    )
    return _object({**_case(given), "expect": expect}, ("name", "expect"))


def _case(given: Schema) -> Schema:
    return {"name": TEXT, "use": TEXT, "given": _object(given), "at": MOMENT}


def _listing() -> Schema:
    entry = _object(
        {"value": TEXT, "expires": MOMENT, "reason": TEXT, "added_by": TEXT}, ("value",)
    )
    return _object(
        {
            "kind": _choice(get_args(ListKind)),
            "file": {"type": "string", "pattern": "[.](txt|csv)$"},
            "values": {"type": "array", "items": {"anyOf": [TEXT, entry]}},
            "description": TEXT,
        },
        ("kind",),
    )


def _attribute() -> Schema:
    number = {"type": "number"}
    return _object(
        {
            "type": _choice(("number", "text", "flag")),
            "meaning": TEXT,
            "unit": TEXT,
            "low": number,
            "high": number,
            "from_text": {"type": "boolean"},
        },
        ("type", "meaning"),
    )


def _velocity(fields: list[str]) -> Schema:
    entity = _choice(get_args(Entity))
    of = _choice(fields)
    width = {"type": "string", "pattern": "^[1-9][0-9]*(m|h|d)$"}
    count = {"type": "integer", "minimum": 1, "maximum": 10_000}
    return _object(
        {
            "fn": _choice(get_args(Function)),
            "of": {"anyOf": [of, {"type": "array", "items": of, "minItems": 1}]},
            "by": {"anyOf": [entity, {"type": "array", "items": entity, "maxItems": 2}]},
            "window": width,
            "where": CONDITION | {"description": ASKED_OF_EACH},
            "include_current": {"type": "boolean"},
            "delay": width,
            "label": _choice(("fraud", "genuine")),
            "q": {"type": "number", "minimum": 0, "maximum": 1},
            "to": _choice(("mean", "median")),
            "plus": {"type": "number", "minimum": 0},
            "at_least": count,
            "newest": count,
            "unit": _choice(get_args(Unit)),
            "meaning": TEXT,
        },
        ("fn", "by", "window"),
    )


def _value(type_: str) -> Schema:
    kind = {"number": "number", "text": "string", "flag": "boolean"}[type_]
    return {"anyOf": [{"type": kind}, {"enum": ["unknown", None]}]}


def _choice(options: tuple[str, ...] | list[str]) -> Schema:
    return {"enum": list(options)}


def _named(pattern: str, form: Schema) -> Schema:
    names = {"pattern": f"^{pattern}$"}
    return {"type": "object", "propertyNames": names, "additionalProperties": form}


def _object(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": list(required)} if required else {}),
    }
