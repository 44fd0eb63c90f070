"""The model that the settings name: its server, its budget, its cache, the secret of texts."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from secrets import token_bytes
from typing import Final

import msgspec

from features.llm.backend import Backend, Prices, Tariff, deepseek
from features.llm.cache import Cache, Shelf
from features.llm.chat import Chat
from features.llm.door import Door
from features.llm.extractor import Extractor
from features.llm.inquiry import Manner
from features.llm.limits import Allowance
from features.llm.prompt import load_prompt
from features.llm.record import Record
from features.text.fingerprint import MIN_SECRET, Fingerprint
from features.text.local import Memo
from features.text.schema import Reading
from risk.decision import Version
from risk.settings import BadSettings, Settings

NAMING: Final = "naming.key"
SHELF: Final = "answers.db"
NANO: Final = 1_000_000_000


class Model:
    """One model behind one extractor; what `risk.question` knows of it."""

    def __init__(self, extractor: Extractor, version: Version) -> None:
        self.extractor = extractor
        self.version = version

    def peek(self, memo: Memo) -> Reading | None:
        """The merged reading if the answer is known already."""
        return self.extractor.peek(memo)


def wall() -> float:
    """Seconds since 1970 UTC: budgets and prices go by the day."""
    return time.time_ns() / 1e9


def backend_of(settings: Settings) -> Backend | None:
    """The server that the settings name, None for none; raises `BadSettings`."""
    if settings.llm_backend == "none":
        return None
    if settings.llm_backend == "deepseek":
        found = deepseek()
        if not settings.llm_api_key.get_secret_value():
            raise BadSettings("llm_backend deepseek needs llm_api_key")
    else:
        found = Backend(endpoint="", model="", structured="json_schema")
    named = {
        "endpoint": settings.llm_endpoint or found.endpoint,
        "model": settings.llm_model or found.model,
        "structured": found.structured
        if settings.llm_structured == "auto"
        else settings.llm_structured,
    }
    missing = [f"llm_{name}" for name in ("endpoint", "model") if not named[name]]
    if missing:
        raise BadSettings(f"llm_backend {settings.llm_backend} needs {', '.join(missing)}")
    return msgspec.structs.replace(found, **named, tariff=_tariff(settings, found.tariff))


def _tariff(settings: Settings, listed: Tariff) -> Tariff:
    given = (settings.llm_price_hit, settings.llm_price_miss, settings.llm_price_completion)
    if given == (None, None, None):
        return listed
    return Tariff(Prices(*[price or 0.0 for price in given]))


def build_model(settings: Settings, record: Callable[[Record], None]) -> Model | None:
    """Everything for asking, as the settings say; None if nobody is to be asked.

    Raises `BadSettings`, and `OSError` if the folder of the cache cannot be used.
    """
    backend = backend_of(settings)
    if backend is None:
        return None
    folder = settings.llm_cache_dir or settings.state_dir / "llm"
    folder.mkdir(parents=True, exist_ok=True)
    shelf = Shelf(folder / SHELF)
    shelf.drop_expired(wall())
    prompt = load_prompt()
    key = settings.llm_api_key.get_secret_value()
    door = Door(backend.endpoint, key, connections=2 * settings.llm_calls)
    extractor = Extractor(
        Chat(backend, door, wall),
        prompt,
        Fingerprint(_secret(settings, folder)),
        cache=Cache(shelf=shelf),
        allowance=Allowance(settings.llm_tokens_a_day, round(settings.llm_usd_a_day * NANO)),
        record=record,
        wall=wall,
        manner=Manner(calls=settings.llm_calls),
    )
    return Model(extractor, Version(backend.model, prompt.version, prompt.hash))


def _secret(settings: Settings, folder: Path) -> bytes:
    given = settings.llm_secret.get_secret_value().encode()
    if given:
        if len(given) < MIN_SECRET:
            raise BadSettings(f"llm_secret must have {MIN_SECRET} characters or more")
        return given
    path = folder / NAMING
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        file.write(token_bytes(32))
    return path.read_bytes()
