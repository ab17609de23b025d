"""The configuration of one installation: what is the same everywhere, with its addresses put in."""

import os
import shutil
from pathlib import Path
from string import Template
from typing import Any, Final

import yaml

from deploy.monitoring.options import MonitoringOptions

SOURCES: Final = Path(__file__).parents[1]
_RUNBOOK: Final = "runbook_url: docs/operations.md#"
"""How the rules name the section of an alert: from the root of this project."""
_MAIL: Final = ("smtp_smarthost", "smtp_from", "smtp_auth_username", "smtp_auth_password", "smtp_require_tls")


def render(options: MonitoringOptions, folder: Path) -> None:
    """Write `prometheus/` and `alertmanager/alertmanager.yml` into a folder, for the programs of this machine.

    What was written there before is replaced. Alertmanager's file may hold a password: its owner alone can read it.
    """
    prometheus = folder / "prometheus"
    for part in ("rules", "targets"):
        shutil.rmtree(prometheus / part, ignore_errors=True)
    shutil.copytree(SOURCES / "prometheus", prometheus, dirs_exist_ok=True)
    for rules in (prometheus / "rules").glob("*.yml"):
        rules.write_text(rules.read_text().replace(_RUNBOOK, f"runbook_url: {options.runbook_url}#"))
    _write_targets(prometheus / "targets" / "api.yml", options.api)
    _write_targets(prometheus / "targets" / "alertmanager.yml", f"127.0.0.1:{options.alertmanager_port}")
    alertmanager = folder / "alertmanager" / "alertmanager.yml"
    alertmanager.parent.mkdir(parents=True, exist_ok=True)
    alertmanager.unlink(missing_ok=True)
    content = yaml.safe_dump(alertmanager_config(options), sort_keys=False, allow_unicode=True)
    with os.fdopen(os.open(alertmanager, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)


def alertmanager_config(options: MonitoringOptions) -> dict[str, Any]:
    """Alertmanager's configuration: the template with its values, without mail or webhook where they are not given."""
    template = yaml.safe_load((SOURCES / "alertmanager" / "alertmanager.yml").read_text())
    if not options.mail:
        template["global"] = {name: value for name, value in template["global"].items() if name not in _MAIL}
    for receiver in template["receivers"]:
        if not options.mail:
            del receiver["email_configs"]
        if not options.alert_webhook_url:
            del receiver["webhook_configs"]
    filled: dict[str, Any] = _filled(template, _values(options))
    return filled


def _values(options: MonitoringOptions) -> dict[str, Any]:
    return {
        "INQUIRY_ALERT_SMTP_HOST": options.alert_smtp_host,
        "INQUIRY_ALERT_SMTP_USER": options.alert_smtp_user or "",
        "INQUIRY_ALERT_SMTP_PASSWORD": options.alert_smtp_password or "",
        "INQUIRY_ALERT_SMTP_TLS": options.alert_smtp_tls,
        "INQUIRY_ALERT_EMAIL_FROM": options.alert_email_from,
        "INQUIRY_ALERT_EMAIL_TO": options.alert_email_to,
        "INQUIRY_ALERT_WEBHOOK_URL": options.alert_webhook_url,
    }


def _filled(node: Any, values: dict[str, Any]) -> Any:  # noqa: ANN401 - a YAML document of any shape
    """The document with its placeholders replaced; one that is a whole value keeps the value's type."""
    if isinstance(node, dict):
        return {key: _filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, values) for value in node]
    if not isinstance(node, str):
        return node
    whole = node.removeprefix("${").removesuffix("}")
    return values[whole] if whole in values and node == f"${{{whole}}}" else Template(node).substitute(values)


def _write_targets(path: Path, address: str) -> None:
    path.write_text(yaml.safe_dump([{"targets": [address]}]))
