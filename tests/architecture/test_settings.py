"""What `.env.example` says and what the settings are."""

import re
from pathlib import Path

import pytest

from deploy.monitoring.options import MonitoringOptions
from inquiry_pipeline.core.errors import ConfigurationError
from inquiry_pipeline.settings import Settings, load_settings
from inquiry_pipeline.wiring import build_metrics, build_predictor

_UNPREFIXED = {
    "DATABASE_URL": "database_url",
    "REDIS_URL": "redis_url",
    "HF_HOME": "hf_home",
    "TRANSFORMERS_CACHE": "transformers_cache",
}


def test_the_example_lists_every_setting_with_its_default(repository: Path) -> None:
    lines = (repository / ".env.example").read_text().splitlines()
    shown = {m.group(1): m.group(2) for line in lines if (m := re.match(r"# ([A-Z_]+)=(\S*)", line))}
    known = {_UNPREFIXED.get(name, name.removeprefix("INQUIRY_").lower()): value for name, value in shown.items()}
    assert set(known) == {*Settings.model_fields, *MonitoringOptions.model_fields}
    for name, value in known.items():
        owner = Settings if name in Settings.model_fields else MonitoringOptions
        if value and name != "rules_file":  # its default is looked for in several places
            assert getattr(owner.model_validate({name: value}), name) == owner.model_fields[name].default, name


@pytest.mark.parametrize(
    ("name", "value"),
    [("INQUIRY_API_PORT", "70000"), ("INQUIRY_LOG_LEVEL", "LOUD")],
)
def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name):
        load_settings()


def test_urls_are_read_with_and_without_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://a/b")
    assert load_settings().database_url == "postgresql://a/b"


def test_origins_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INQUIRY_CORS_ORIGINS", "https://a.example, https://b.example")
    assert load_settings().cors_origins == ("https://a.example", "https://b.example")


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HOME", "TRANSFORMERS_CACHE", "INQUIRY_BUNDLE_DIR", "INQUIRY_LABEL_DESCRIPTIONS"):
        monkeypatch.setenv(name, "")
    settings = load_settings()
    assert (settings.model_cache, settings.bundle_dir, settings.label_descriptions) == (None, None, None)


def test_downloaded_models_are_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().model_cache is None
    monkeypatch.setenv("HF_HOME", "/models/home")
    assert load_settings().model_cache == Path("/models/home/hub")
    monkeypatch.setenv("HF_HUB_CACHE", "/models/hub")
    assert load_settings().model_cache == Path("/models/hub")
    monkeypatch.setenv("TRANSFORMERS_CACHE", "/models/cache")
    assert load_settings().model_cache == Path("/models/cache")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("INQUIRY_CATEGORY_MODEL", "onehot:a/b", "INQUIRY_CATEGORY_MODEL is not usable: 'onehot' is no kind of model"),
        ("INQUIRY_URGENCY_MODEL", "/nowhere/at/all", "INQUIRY_URGENCY_MODEL is not usable: There is no folder"),
        ("INQUIRY_LABEL_DESCRIPTIONS", "/nowhere.yaml", "/nowhere.yaml cannot be read"),
        ("INQUIRY_MODEL_THRESHOLD", "7", "INQUIRY_MODEL_THRESHOLD"),
    ],
)
def test_a_model_that_cannot_be_meant_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=message):
        build_predictor(load_settings(), build_metrics())
