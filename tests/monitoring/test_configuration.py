"""The configuration of Prometheus and Alertmanager, as rendered for one installation; and its page in the docs."""

import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.monitoring.options import MonitoringOptions, load_options
from deploy.monitoring.rendering import alertmanager_config, render
from inquiry_pipeline.core.errors import ConfigurationError
from tests.monitoring.binaries import needs_prometheus
from tests.monitoring.promtool import RULES

_MAIL: dict[str, Any] = {"alert_smtp_host": "mail.example.com:587", "alert_email_to": "team@example.com"}
_HOOK: dict[str, Any] = {"alert_webhook_url": "https://example.com/alerts?key=1"}


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # no .env there


def _alerts() -> list[dict[str, Any]]:
    groups = [one for path in RULES.glob("*.yml") for one in yaml.safe_load(path.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


@needs_prometheus
@pytest.mark.parametrize("given", [{}, _MAIL, _HOOK, _MAIL | _HOOK], ids=["neither", "mail", "webhook", "both"])
def test_what_is_rendered_is_right_for_both_programs(given: dict[str, Any], tmp_path: Path) -> None:
    render(MonitoringOptions(**given), tmp_path)
    render(MonitoringOptions(**given), tmp_path)  # over what is there
    for command in (
        ["promtool", "check", "config", str(tmp_path / "prometheus" / "prometheus.yml")],
        ["amtool", "check-config", str(tmp_path / "alertmanager" / "alertmanager.yml")],
    ):
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr


@needs_prometheus
def test_what_is_deployed_is_right_as_it_stands(repository: Path) -> None:
    config = repository / "deploy" / "prometheus" / "prometheus.yml"
    checked = subprocess.run(["promtool", "check", "config", config], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@needs_prometheus
@pytest.mark.parametrize(("severity", "receiver"), [("page", "pages"), ("ticket", "tickets"), ("other", "tickets")])
def test_an_alert_goes_to_the_receiver_of_its_severity(severity: str, receiver: str, tmp_path: Path) -> None:
    render(MonitoringOptions(**_MAIL, **_HOOK), tmp_path)
    config = tmp_path / "alertmanager" / "alertmanager.yml"
    command = ["amtool", "config", "routes", "test", f"--config.file={config}", f"severity={severity}"]
    routed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (routed.returncode, routed.stdout.split()) == (0, [receiver])


@pytest.mark.parametrize(
    ("given", "ways"),
    [
        ({}, set()),
        (_MAIL, {"email_configs"}),
        (_HOOK, {"webhook_configs"}),
        (_MAIL | _HOOK, {"email_configs", "webhook_configs"}),
    ],
    ids=["neither", "mail", "webhook", "both"],
)
def test_receivers_have_the_ways_that_are_configured(given: dict[str, Any], ways: set[str]) -> None:
    config = alertmanager_config(MonitoringOptions(**given))
    assert [set(one) - {"name"} for one in config["receivers"]] == [ways, ways]
    assert ("smtp_smarthost" in config["global"]) == ("email_configs" in ways)
    assert "${" not in str(config)


def test_values_arrive_as_they_are(tmp_path: Path) -> None:
    secret = "p$a${b}: 'c'\"#"
    options = MonitoringOptions(**_MAIL, **_HOOK, alert_smtp_user="u", alert_smtp_password=secret, alert_smtp_tls=False)
    render(options, tmp_path)
    path = tmp_path / "alertmanager" / "alertmanager.yml"
    config = yaml.safe_load(path.read_text())
    assert config["global"]["smtp_auth_password"] == secret
    assert config["global"]["smtp_require_tls"] is False
    assert config["receivers"][0]["webhook_configs"][0]["url"] == _HOOK["alert_webhook_url"]
    assert "{{ $alert.Labels.alertname }}" in config["receivers"][1]["email_configs"][0]["headers"]["Subject"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_targets_are_the_api_and_the_alertmanager_of_this_machine(tmp_path: Path) -> None:
    render(MonitoringOptions(api_host="::", api_port=8123, alertmanager_port=9123), tmp_path)
    targets = tmp_path / "prometheus" / "targets"
    assert yaml.safe_load((targets / "api.yml").read_text()) == [{"targets": ["[::1]:8123"]}]
    assert yaml.safe_load((targets / "alertmanager.yml").read_text()) == [{"targets": ["127.0.0.1:9123"]}]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"INQUIRY_PROMETHEUS_PORT": "many"}, "INQUIRY_PROMETHEUS_PORT"),
        ({"INQUIRY_ALERT_WEBHOOK_URL": "example.com"}, "INQUIRY_ALERT_WEBHOOK_URL: .*'example.com'"),
        ({"INQUIRY_ALERT_SMTP_HOST": "mail"}, "INQUIRY_ALERT_SMTP_HOST: .*host:port"),
        ({"INQUIRY_ALERT_SMTP_HOST": "mail:25"}, "INQUIRY_ALERT_EMAIL_TO"),
        ({"INQUIRY_ALERT_SMTP_HOST": "mail:99999"}, "INQUIRY_ALERT_SMTP_HOST: .*host:port"),
        ({"INQUIRY_ALERT_EMAIL_TO": "a@example.com"}, "INQUIRY_ALERT_SMTP_HOST"),
        ({"INQUIRY_ALERT_EMAIL_TO": "the team"}, "INQUIRY_ALERT_EMAIL_TO: .*'the team' is not an address"),
        ({"INQUIRY_ALERT_EMAIL_TO": "a@example.com, b"}, "INQUIRY_ALERT_EMAIL_TO: .*is not an address"),
        ({"INQUIRY_ALERT_EMAIL_FROM": "a@b.example, c@d.example"}, "INQUIRY_ALERT_EMAIL_FROM: .*is not an address"),
        ({"INQUIRY_ALERT_SMTP_USER": "u"}, "USER is set, but INQUIRY_ALERT_SMTP_PASSWORD is not"),
        ({"INQUIRY_ALERT_SMTP_PASSWORD": "p"}, "PASSWORD is set, but INQUIRY_ALERT_SMTP_USER is not"),
        ({"INQUIRY_RUNBOOK_URL": "docs/operations.md"}, "INQUIRY_RUNBOOK_URL: .*is not the address of a page"),
    ],
)
def test_a_wrong_variable_is_named(variables: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=message):
        load_options()


def test_several_people_and_their_names_are_addresses() -> None:
    to = "On call <on-call@example.com>, team@example.com"
    assert MonitoringOptions(alert_email_to=to).alert_email_to == to


def test_alerts_link_to_a_page_that_can_be_opened(tmp_path: Path, repository: Path) -> None:
    for given, base in (
        ({"runbook_url": "https://example.com/operations?v=2"}, "https://example.com/operations?v=2"),
        ({}, (repository / "docs" / "operations.md").as_uri()),
    ):
        render(MonitoringOptions(**given), tmp_path)  # type: ignore[arg-type]
        links = {
            rule["annotations"]["runbook_url"]
            for path in (tmp_path / "prometheus" / "rules").glob("*.yml")
            for group in yaml.safe_load(path.read_text())["groups"]
            for rule in group["rules"]
            if "alert" in rule
        }
        assert links == {f"{base}#{rule['alert'].lower()}" for rule in _alerts()}


def test_the_windows_of_the_objectives_differ_in_their_length_alone() -> None:
    groups = yaml.safe_load((RULES / "slo.yml").read_text())["groups"]
    windows = {group["name"].removeprefix("inquiry-slo-"): group["rules"] for group in groups}
    del windows["misses"]
    assert set(windows) == {"5m", "30m", "1h", "2h", "6h", "1d", "3d"}
    alike = {
        re.sub(rf"(\[|ratio_rate){window}\b", r"\1WINDOW", yaml.safe_dump(rules)) for window, rules in windows.items()
    }
    assert len(alike) == 1
    assert alike.pop().count("[WINDOW]") == 6
    burning = (RULES / "slo_alerts.yml").read_text()
    assert set(re.findall(r"ratio_rate(\w+)", burning)) == set(windows)


def test_every_alert_has_its_section_and_every_section_its_alert(repository: Path) -> None:
    page = (repository / "docs" / "operations.md").read_text()
    sections = set(re.findall(r"^### (Inquiry\w+)$", page, re.MULTILINE))
    assert sections == {rule["alert"] for rule in _alerts()}
    for section in re.split(r"^### ", page, flags=re.MULTILINE)[1:]:
        for words in ("**What it means.**", "**Look at.**", "**Do.**", "**Ends**"):
            assert words in section.split("\n## ")[0], (section.splitlines()[0], words)


@pytest.mark.parametrize("rule", _alerts(), ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_every_alert_says_what_how_bad_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{rule['alert'].lower()}"


def test_what_alerts_and_dashboards_ask_for_exists_and_what_is_recorded_is_asked_for(repository: Path) -> None:
    page = (repository / "docs" / "metrics.md").read_text()
    metrics = set(re.findall(r"^\| `(\w+)` ", page, re.MULTILINE))
    metrics |= {f"{name}_{part}" for name in metrics for part in ("bucket", "sum", "count")}
    dashboards = (repository / "deploy" / "grafana" / "dashboards").glob("*.json")
    texts = [path.read_text() for path in (*RULES.glob("*.yml"), *dashboards)]
    assert {name for text in texts for name in re.findall(r"(?<![\w:])inquiry_\w+", text)} <= metrics
    recorded = {name for text in texts for name in re.findall(r"record: (\S+)", text)}
    asked = {name for text in texts for name in re.findall(r"(?<!record: )\b(inquiry:[\w:]+)", text)}
    assert asked - recorded == {"inquiry:slo_errors:ratio_rate"}  # of the comment that explains its windows
    assert recorded <= asked
