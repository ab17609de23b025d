"""Where the dashboard's packages are missing, the rest works, and one line says how to get them."""

import sys

import pytest
from typer.testing import CliRunner

from inquiry_pipeline.core.errors import ConfigurationError
from inquiry_pipeline.entrypoints import supervisor
from inquiry_pipeline.entrypoints.cli import app
from inquiry_pipeline.settings import load_settings


def test_up_says_how_to_get_the_dashboard(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(supervisor, "find_spec", lambda _name: None)
    assert supervisor._start_dashboard(load_settings(), "http://127.0.0.1:8000", []) is None
    assert capsys.readouterr().out.splitlines() == [
        "The dashboard is not installed: pip install 'inquiry-pipeline[dashboard]' brings it."
    ]


def test_a_port_of_zero_means_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert supervisor._start_dashboard(load_settings(dashboard_port=0), "http://127.0.0.1:8000", []) is None
    assert capsys.readouterr().out == ""


def test_the_command_alone_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "streamlit" or "dashboard" in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "streamlit", None)
    result = CliRunner().invoke(app, ["dashboard"])
    assert isinstance(result.exception, ConfigurationError)
    assert "pip install 'inquiry-pipeline[dashboard]'" in str(result.exception)


def test_the_command_alone_needs_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INQUIRY_DASHBOARD_PORT", "0")
    result = CliRunner().invoke(app, ["dashboard"])
    assert "INQUIRY_DASHBOARD_PORT is 0" in str(result.exception)
