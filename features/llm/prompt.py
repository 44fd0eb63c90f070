"""What the model is told: a constant system message, and the texts as marked data.

The system message never changes within a version, so that the provider's prefix cache holds it;
everything that varies is in the last message. Words are joined by a mark drawn for each call
(spotlighting by datamarking, arXiv 2403.14720), items are named by ids drawn for each call: a
text can neither imitate the frame nor address its neighbours.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from importlib import resources
from re import compile as pattern
from typing import Any, Final

import msgspec

from features.catalogue import LANGUAGES, PURPOSES
from features.llm.backend import Structured
from features.llm.wire import Message
from features.text.schema import FLAGS

VERSION: Final = "reading-1"
"""The prompt in use; a change of a word is a new version."""

KINDS: Final = ("person", "organisation", "place", "product")
"""Entities that a model may report; accounts and list names are found here, not there."""

MARKS: Final = "‡¦§¶¤※⁂†"

_TEMPLATE_TOKENS: Final = pattern(r"<\|[^|>]{0,40}\|?>|\[/?INST\]|<</?SYS>>|</?s>|```")
_TOKENS_AN_ITEM: Final = 160
_CHARACTERS_A_TOKEN: Final = 3  # a cautious mean over languages, for estimates before a call


class Prompt(msgspec.Struct, frozen=True):
    """A version of the system message; `hash` is over its bytes."""

    version: str
    hash: str
    system: str


@cache
def load_prompt(version: str = VERSION) -> Prompt:
    """A prompt of the package; raises `FileNotFoundError` for a version that is not there."""
    file = resources.files("features.llm") / "prompts" / f"{version}.md"
    system = file.read_text(encoding="utf-8")
    return Prompt(version, blake2b(system.encode(), digest_size=8).hexdigest(), system)


def choose_mark(texts: Sequence[str], choose: Callable[[Sequence[str]], str]) -> str:
    """A mark that no text holds; if they hold all, a run of one that is longer than any."""
    free = [mark for mark in MARKS if not any(mark in text for text in texts)]
    return choose(free) if free else MARKS[0] * (1 + max(map(len, texts)))


def messages(prompt: Prompt, mark: str, items: Mapping[str, str]) -> list[Message]:
    """System and user message. Template tokens of chat models are broken up in the texts."""
    marked = {
        id_: _TEMPLATE_TOKENS.sub("", text).replace(" ", mark) for id_, text in items.items()
    }
    user = json.dumps({"mark": mark, "items": marked}, ensure_ascii=False)
    return [
        {"role": "system", "content": prompt.system},
        {"role": "user", "content": user},
    ]


def completion_tokens(items: int) -> int:
    """The bound that is set for an answer about so many items."""
    return 40 + _TOKENS_AN_ITEM * items


def estimate_tokens(prompt: Prompt, texts: Sequence[str]) -> int:
    """Tokens that a call will take at most, for the budget."""
    characters = len(prompt.system) + sum(len(text) + 20 for text in texts)
    return characters // _CHARACTERS_A_TOKEN + completion_tokens(len(texts))


def shape(structured: Structured, ids: Sequence[str]) -> dict[str, Any]:
    """The fields of a request that hold a server to the shape of the answer."""
    match structured:
        case "json_object":
            return {"response_format": {"type": "json_object"}}
        case "json_schema":
            schema = {"name": "readings", "schema": reply_schema(ids), "strict": True}
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        case "strict_tool":
            tool = {"name": "report", "strict": True, "parameters": reply_schema(ids)}
            named = {"type": "function", "function": {"name": "report"}}
            return {"tools": [{"type": "function", "function": tool}], "tool_choice": named}
        case "none":
            return {}


def reply_schema(ids: Sequence[str]) -> dict[str, Any]:
    """JSON Schema of an answer about these items, in the subset that strict tools allow.

    Shaped by the ids alone, never by a text. An object by id, since small models repeat ids in
    arrays; ranges and lengths are checked here, not there.
    """
    quote = {"type": "string"}
    entity = _object({"k": {"type": "string", "enum": list(KINDS)}, "t": quote})
    flag = _object({"f": {"type": "string", "enum": list(FLAGS)}, "t": quote})
    purposes = [purpose for purpose in PURPOSES if purpose != "none"]
    languages = [language for language in LANGUAGES if language != "none"]
    item = _object(
        {
            "s": {"type": "number"},
            "u": {"type": "number"},
            "p": {"type": "string", "enum": purposes},
            "l": {"type": "string", "enum": languages},
            "e": {"type": "array", "items": entity},
            "f": {"type": "array", "items": flag},
        }
    )
    return _object({"items": _object(dict.fromkeys(ids, item))})


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
