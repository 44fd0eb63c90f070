"""Settings from one place: built-in defaults < file < environment < flags.

The only module that reads the environment, and only when `load` is called. Every setting is
also an environment variable: `RISK_` and its name in capitals (`RISK_TOPIC_DECISIONS`);
`KAFKA_BOOTSTRAP` is understood as well.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError


def _like(pattern: str, allowed: str) -> Any:
    """Pair a pattern with what it says in words."""
    return Field(pattern=pattern, json_schema_extra={"allowed": allowed})


Name = Annotated[
    str,
    _like(r"^[A-Za-z0-9._-]{1,200}$", "1 to 200 letters, digits, dots, dashes, underscores"),
]
Epoch = Annotated[
    str, _like(r"^[A-Za-z0-9._-]{1,32}$", "1 to 32 letters, digits, dots, dashes, underscores")
]
Brokers = Annotated[
    str, _like(r"^[^\s:,]+:\d{1,5}(,[^\s:,]+:\d{1,5})*$", "host:port, several with commas")
]
Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseModel):
    """What an operator may choose. Ranges are refused at start, not discovered under load."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap: Brokers = Field("127.0.0.1:9092", description="Kafka brokers")
    topic_transactions: Name = Field("transactions", description="payments come in here")
    topic_decisions: Name = Field("decisions", description="answers go out here")
    topic_dead_letters: Name = Field("dead-letters", description="bytes that are no payment")
    topic_labels: Name = Field("labels", description="fraud reports")
    topic_reading_log: Name = Field(
        "reading-log", description="what a model read in memos, without their text"
    )
    topic_revisions: Name = Field(
        "decision-revisions", description="stricter outcomes by answers that came late"
    )
    topic_epoch: Epoch = Field(
        "1",
        description="change it when the transactions topic is recreated: offsets start again",
    )
    group: Name = Field("riskstream", description="consumer group of the workers")
    runtime: Literal["faust", "direct"] = Field("faust", description="host of the worker")
    book: Path | None = Field(
        None, description="folder of the rule book; the default book if empty"
    )
    scorer: Path | None = Field(
        None,
        description="scorer: card of trees (.json) or scorecard (.yaml); the book's if empty",
    )
    challenger_book: Path | None = Field(
        None,
        description="folder of a book that judges beside, is recorded, and decides nothing",
    )
    challenger_scorer: Path | None = Field(
        None, description="scorer that judges beside (.json or .yaml), with either book"
    )
    challenger_share: float = Field(
        100, ge=0, le=100, description="percent of the payers that the challenger judges too"
    )
    state_dir: Path = Field(
        Path(".riskstream"), description="what survives a crash: checkpoints, attempt counters"
    )
    state_share: Path | None = Field(
        None, description="folder that workers share: copies of checkpoints, for other machines"
    )
    share_seconds: float = Field(
        300, ge=1, le=86_400, description="least pause between two copies of a checkpoint"
    )
    resident: int = Field(
        300_000,
        ge=1_000,
        le=100_000_000,
        description="entities that stay in memory after a checkpoint (3 KB each); the rest is "
        "read from it when needed",
    )
    checkpoint_seconds: float = Field(
        10, ge=0, le=3600, description="pause between checkpoints; 0 keeps none"
    )
    books_dir: Path = Field(
        Path(".riskstream/books"), description="every book that decided, kept by its hash"
    )
    port: Port = Field(
        9464, description="port of /metrics, /healthz, /readyz; 0 picks a free one"
    )
    host: str = Field("127.0.0.1", description="address of that port")
    batch: int = Field(64, ge=1, le=1000, description="payments taken at once")
    in_flight: int = Field(
        2000, ge=1, le=20_000, description="undelivered decisions a partition before it pauses"
    )
    max_bytes: int = Field(
        65_536, ge=1024, le=1_000_000, description="a longer message is a dead letter"
    )
    max_attempts: int = Field(
        3, ge=1, le=100, description="crashes at one offset before it is a dead letter"
    )
    known_ids: int = Field(
        100_000, ge=0, le=10_000_000, description="payment ids remembered a partition (repeats)"
    )
    reload_seconds: float = Field(
        2.0,
        ge=0,
        le=3600,
        description="pause between looks at the book's files; 0 reloads on SIGHUP only",
    )
    recheck_every: int = Field(
        1000,
        ge=0,
        le=1_000_000,
        description="one payment in so many is judged by a second evaluator too; 0 is none",
    )
    session_seconds: float = Field(
        10,
        ge=1,
        le=300,
        description="a worker that was silent for so long is dead: others take its partitions",
    )
    commit_seconds: float = Field(0.5, ge=0.05, le=60, description="pause between commits")
    llm_backend: Literal["none", "deepseek", "openai"] = Field(
        "none",
        description="who reads memos: nobody but the local reader, DeepSeek, or a server that "
        "speaks like OpenAI's (vLLM, SGLang, llama.cpp)",
    )
    llm_endpoint: str = Field("", description="its address; DeepSeek's own if empty")
    llm_api_key: SecretStr = Field(SecretStr(""), description="its key; never printed")
    llm_model: str = Field("", description="the model; deepseek-flash at DeepSeek if empty")
    llm_structured: Literal["auto", "json_schema", "json_object", "strict_tool", "none"] = (
        Field("auto", description="how the server is held to the form of an answer")
    )
    llm_price_hit: float | None = Field(
        None,
        ge=0,
        le=1000,
        description="USD for a million prompt tokens from the provider's cache; DeepSeek's "
        "list price, or 0, if this and the other two are empty",
    )
    llm_price_miss: float | None = Field(
        None, ge=0, le=1000, description="USD for a million other prompt tokens"
    )
    llm_price_completion: float | None = Field(
        None, ge=0, le=1000, description="USD for a million tokens of answers"
    )
    llm_usd_a_day: float = Field(
        10, ge=0, le=1_000_000, description="most that a worker spends in a day (UTC)"
    )
    llm_tokens_a_day: int = Field(
        100_000_000, ge=0, le=10**12, description="most tokens that a worker takes in a day"
    )
    llm_calls: int = Field(64, ge=1, le=2_000, description="most calls in flight of a worker")
    llm_cache_dir: Path | None = Field(
        None, description="folder of answers paid for; in the state folder if empty"
    )
    llm_secret: SecretStr = Field(
        SecretStr(""),
        description="16 characters or more, by which texts are named in cache and log; one is "
        "made and kept in the cache folder if empty",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="from which level on lines are logged"
    )


class BadSettings(Exception):
    """Settings that cannot be used; `str()` lists every mistake with its origin."""


ALIASES = {"KAFKA_BOOTSTRAP": "bootstrap"}
FILE = "RISK_SETTINGS"
"""The environment variable that names the settings file."""


def load(
    flags: Mapping[str, Any] | None = None,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[Settings, dict[str, str]]:
    """Merge the sources and say for each setting where it came from.

    Returns the settings and `{name: origin}`, origin being `default`, the file's path,
    `environment NAME` or `flag --name`. Raises `BadSettings` with all mistakes.
    """
    environment = _set_variables(os.environ if environment is None else environment)
    file = file or (Path(environment[FILE]) if FILE in environment else None)
    merged: dict[str, Any] = {}
    origins = dict.fromkeys(Settings.model_fields, "default")
    for found, origin in _layers(flags or {}, file, environment):
        merged |= found
        origins |= {name: origin.format(name=name) for name in found}
    for name, origin in _environment_names(environment).items():
        if origins.get(name) == "environment":
            origins[name] = f"environment {origin}"
    try:
        return Settings.model_validate(merged), origins
    except ValidationError as error:
        lines = [_mistake(item, merged, origins) for item in error.errors()]
        raise BadSettings("\n".join(lines)) from None


def variable(name: str) -> str:
    """Name the environment variable of a setting."""
    return f"RISK_{name.upper()}"


def unknown_variables(environment: Mapping[str, str] | None = None) -> list[str]:
    """List variables that look like settings and are none: perhaps misspelt.

    They are not refused, because Kubernetes sets some for every service (`RISK_PORT_9464_TCP`).
    """
    known = {FILE, *map(variable, Settings.model_fields)}
    environment = _set_variables(os.environ if environment is None else environment)
    return sorted(key for key in environment if key.startswith("RISK_") and key not in known)


def allowed(name: str) -> str:
    """Say in words which values a setting may have."""
    field = Settings.model_fields[name]
    if isinstance(field.json_schema_extra, dict):
        return str(field.json_schema_extra["allowed"])
    low = next((limit.ge for limit in field.metadata if hasattr(limit, "ge")), None)
    high = next((limit.le for limit in field.metadata if hasattr(limit, "le")), None)
    if low is not None and high is not None:
        noun = "a whole number" if field.annotation is int else "a number"
        return f"{noun} from {low} to {high}"
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    if choices:
        return ", ".join(choices)
    return "text" if field.annotation in (str, SecretStr) else "a path"


def _set_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out empty variables: what compose and Helm pass for no value."""
    return {key: value for key, value in environment.items() if value}


def _layers(
    flags: Mapping[str, Any], file: Path | None, environment: Mapping[str, str]
) -> list[tuple[dict[str, Any], str]]:
    names = _environment_names(environment)
    return [
        (_read(file) if file else {}, str(file)),
        ({name: environment[key] for name, key in names.items()}, "environment"),
        ({k: v for k, v in flags.items() if v is not None}, "flag --{name}"),
    ]


def _environment_names(environment: Mapping[str, str]) -> dict[str, str]:
    names = {field: key for key, field in ALIASES.items() if key in environment}
    for field in Settings.model_fields:
        if (key := variable(field)) in environment:
            names[field] = key
    return names


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"settings file {file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"settings file {file}: not TOML: {error}") from None


def _mistake(item: Any, merged: Mapping[str, Any], origins: Mapping[str, str]) -> str:
    name = str(item["loc"][0])
    field = Settings.model_fields.get(name)
    if field is None:
        return f"{name} ({origins.get(name)}): no such setting; `risk settings` lists them"
    given = "***" if field.annotation is SecretStr else repr(merged[name])
    place = f"{name} = {given} ({origins[name]})"
    return f"{place}: must be {allowed(name)}; {field.description}"
