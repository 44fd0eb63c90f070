"""Settings come from one place, in a known order, and wrong ones are refused in words."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.settings import BadSettings, Settings, allowed, load, unknown_variables, variable


def test_without_any_source_every_setting_has_its_default() -> None:
    """The origin says so."""
    settings, origins = load(environment={})
    assert Settings() == settings
    assert dict.fromkeys(Settings.model_fields, "default") == origins


def test_later_sources_win(tmp_path: Path) -> None:
    """Default < file < environment < flag, and each setting tells where it came from."""
    file = tmp_path / "risk.toml"
    file.write_text('batch = 10\ngroup = "of-file"\nport = 1\n')
    environment = {"RISK_BATCH": "20", "RISK_GROUP": "of-environment"}
    settings, origins = load({"batch": 30, "host": None}, file, environment)
    assert (30, "of-environment", 1) == (settings.batch, settings.group, settings.port)
    assert "flag --batch" == origins["batch"]
    assert "environment RISK_GROUP" == origins["group"]
    assert str(file) == origins["port"]
    assert "default" == origins["host"]


def test_the_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    """RISK_SETTINGS is the file, unless another one is given."""
    file = tmp_path / "risk.toml"
    file.write_text("batch = 11\n")
    settings, origins = load(environment={"RISK_SETTINGS": str(file)})
    assert 11 == settings.batch
    assert str(file) == origins["batch"]


def test_kafka_bootstrap_is_understood() -> None:
    """It is what people export; RISK_BOOTSTRAP wins over it."""
    settings, origins = load(environment={"KAFKA_BOOTSTRAP": "a:1"})
    assert ("a:1", "environment KAFKA_BOOTSTRAP") == (settings.bootstrap, origins["bootstrap"])
    settings, _ = load(environment={"KAFKA_BOOTSTRAP": "a:1", "RISK_BOOTSTRAP": "b:2,c:3"})
    assert "b:2,c:3" == settings.bootstrap


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    """Compose and Helm pass empty ones for values that nobody gave."""
    settings, origins = load(environment={"RISK_BOOK": "", "RISK_SETTINGS": ""})
    assert (None, "default") == (settings.book, origins["book"])


def test_every_mistake_is_told_at_once_with_its_origin_and_the_range(tmp_path: Path) -> None:
    """Whoever starts a worker mends all of them in one go."""
    file = tmp_path / "risk.toml"
    file.write_text("max_bytes = 1\nbatches = 3\n")
    with pytest.raises(BadSettings) as caught:
        load({"runtime": "spark"}, file, {"RISK_BATCH": "0", "RISK_COMMIT_SECONDS": "nan"})
    text = str(caught.value)
    assert 5 == len(text.splitlines())
    assert "batch = '0' (environment RISK_BATCH): must be a whole number from 1 to 1000" in text
    assert "commit_seconds = 'nan'" in text
    assert "runtime = 'spark' (flag --runtime): must be faust, direct" in text
    assert f"max_bytes = 1 ({file}): must be a whole number from 1024 to 1000000" in text
    assert f"batches ({file}): no such setting" in text


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("bootstrap", "localhost"),
        ("bootstrap", "a:1;b:2"),
        ("topic_transactions", "two words"),
        ("topic_decisions", ""),
        ("topic_epoch", "1:2"),
        ("port", 65_536),
        ("port", -1),
        ("in_flight", 0),
        ("max_bytes", 2_000_000),
        ("max_attempts", 101),
        ("known_ids", -1),
        ("commit_seconds", 61),
        ("log_level", "loud"),
    ],
)
def test_a_value_out_of_range_is_refused_with_the_range(name: str, bad: object) -> None:
    """Refused at start, not discovered under load."""
    with pytest.raises(BadSettings, match="must be") as caught:
        load({name: bad}, environment={})
    assert allowed(name) in str(caught.value)


@given(st.sampled_from(sorted(Settings.model_fields)), st.text(max_size=20))
def test_no_text_in_the_environment_does_more_than_be_refused(name: str, text: str) -> None:
    """Any text makes settings or a `BadSettings`, and no other error."""
    with suppress(BadSettings):
        load(environment={variable(name): text})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """One message, not a traceback."""
    with pytest.raises(BadSettings, match=r"nowhere\.toml: No such file"):
        load(file=tmp_path / "nowhere.toml", environment={})


def test_a_file_that_is_no_toml_is_named_with_the_line(tmp_path: Path) -> None:
    """The line of the mistake is said."""
    file = tmp_path / "risk.toml"
    file.write_text("batch: 3\n")
    with pytest.raises(BadSettings, match=r"not TOML: .*line 1"):
        load(file=file, environment={})


def test_every_setting_says_what_it_means_and_may_be() -> None:
    """An operator needs no other page."""
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert allowed(name), name


def test_a_misspelt_variable_is_found() -> None:
    """It is told, not refused: Kubernetes sets variables of that look for every service."""
    environment = {
        "RISK_TOPC_DECISIONS": "x",
        "RISK_BATCH": "3",
        "HOME": "/",
        "RISK_SETTINGS": "f",
    }
    assert ["RISK_TOPC_DECISIONS"] == unknown_variables(environment)
