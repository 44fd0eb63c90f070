"""Which model the settings mean; what is secret stays so."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.llm.backend import Prices, deepseek
from risk.commands.app import app
from risk.settings import BadSettings, Settings, load
from risk.worker.model import NAMING, backend_of, build_model

KEY = "sk-not-for-your-eyes"


def test_by_default_nobody_is_asked() -> None:
    """No key, no network, nothing built."""
    assert backend_of(Settings()) is None
    assert build_model(Settings(), lambda record: None) is None


def test_deepseek_needs_a_key_and_knows_the_rest() -> None:
    """Address, model and list prices; all may be said otherwise."""
    with pytest.raises(BadSettings, match="llm_api_key"):
        backend_of(Settings(llm_backend="deepseek"))
    known = Settings(llm_backend="deepseek", llm_api_key=KEY)
    assert deepseek() == backend_of(known)
    other = known.model_copy(
        update={"llm_model": "x", "llm_structured": "strict_tool", "llm_price_miss": 2.0}
    )
    found = backend_of(other)
    assert found is not None
    assert ("x", "strict_tool") == (found.model, found.structured)
    assert (Prices(0, 2.0, 0), None) == (found.tariff.prices, found.tariff.peak)


def test_a_server_of_ones_own_must_be_named() -> None:
    """Address and model; a key only if it wants one; it costs nothing unless said."""
    with pytest.raises(BadSettings, match="llm_endpoint, llm_model"):
        backend_of(Settings(llm_backend="openai"))
    found = backend_of(
        Settings(llm_backend="openai", llm_endpoint="http://v/v1", llm_model="q")
    )
    assert found is not None
    assert ("json_schema", Prices()) == (found.structured, found.tariff.prices)


def test_the_key_that_names_texts_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    """Kept beside the cache with mode 600; a given one must be long enough."""
    own = Settings(
        llm_backend="openai", llm_endpoint="http://v/v1", llm_model="q", state_dir=tmp_path
    )
    assert build_model(own, lambda record: None)
    path = tmp_path / "llm" / NAMING
    first = path.read_bytes()
    assert build_model(own, lambda record: None)
    assert (32, 0o600, first) == (len(first), path.stat().st_mode & 0o777, path.read_bytes())
    given = own.model_copy(update={"llm_cache_dir": tmp_path / "cache"})
    long, short = (
        Settings.model_validate({**given.model_dump(), "llm_secret": "s" * n}) for n in (16, 15)
    )
    assert build_model(long, lambda record: None)
    assert not (tmp_path / "cache" / NAMING).exists()
    with pytest.raises(BadSettings, match="16 characters"):
        build_model(short, lambda record: None)


def test_no_secret_is_ever_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by `risk settings` nor by the message of a mistake."""
    monkeypatch.setenv("RISK_LLM_API_KEY", KEY)
    monkeypatch.setenv("RISK_LLM_SECRET", KEY)
    for arguments in (["settings"], ["settings", "--json"]):
        result = CliRunner().invoke(app, arguments)
        assert 0 == result.exit_code
        assert KEY not in result.output
    rows = {row["name"]: row for row in json.loads(result.output)}
    assert "**********" == rows["llm_api_key"]["value"]
    assert KEY not in repr(load(environment={"RISK_LLM_API_KEY": KEY})[0])
    with pytest.raises(BadSettings) as caught:
        load({"llm_api_key": [KEY]}, environment={})
    assert KEY not in str(caught.value)
