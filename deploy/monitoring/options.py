"""What the environment says about monitoring. docs/operations.md lists the variables."""

import re
from email.utils import getaddresses
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from inquiry_pipeline.core.errors import ConfigurationError
from inquiry_pipeline.settings import seen_from_here

_LAST_PORT: Final = 65535
Port = Annotated[int, Field(ge=1, le=_LAST_PORT)]


class MonitoringOptions(BaseSettings):
    """Ports, places and receivers; each is read from `INQUIRY_<NAME>` or `.env`.

    Alerts link to the sections of `runbook_url`. Mail needs `alert_smtp_host` (host:port) and `alert_email_to`; a
    webhook needs `alert_webhook_url`. Where neither is given, alerts are shown in Alertmanager's own pages only.
    """

    model_config = SettingsConfigDict(
        env_prefix="INQUIRY_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Path = Path(".inquiry")
    api_host: str = "127.0.0.1"
    api_port: Port = 8000
    prometheus_port: Port = 9090
    alertmanager_port: Port = 9093
    alert_smtp_host: str | None = None
    alert_smtp_user: str | None = None
    alert_smtp_password: str | None = None
    alert_smtp_tls: bool = True
    alert_email_from: str = "inquiry-alerts@localhost"
    alert_email_to: str | None = None
    alert_webhook_url: str | None = None
    runbook_url: str = (Path(__file__).parents[2] / "docs" / "operations.md").as_uri()

    @field_validator("alert_smtp_host")
    @classmethod
    def _has_port(cls, value: str | None) -> str | None:
        found = None if value is None else re.fullmatch(r"\S+:(\d{1,5})", value)
        if value is not None and not (found and 0 < int(found[1]) <= _LAST_PORT):
            raise ValueError(f"{value!r} is not host:port, like mail.example.com:587")
        return value

    @field_validator("alert_email_from", "alert_email_to")
    @classmethod
    def _is_address(cls, value: str | None, info: ValidationInfo) -> str | None:
        found = [] if value is None else getaddresses([value])
        wrong = [one for _, one in found if not re.fullmatch(r"[^@\s]+@[^@\s]+", one)]
        if wrong or (len(found) > 1 and info.field_name == "alert_email_from"):
            raise ValueError(f"{value!r} is not an address like team@example.com")
        return value

    @field_validator("runbook_url")
    @classmethod
    def _is_page(cls, value: str) -> str:
        if not re.fullmatch(r"(https?|file)://[^\s#{}]+", value):
            raise ValueError(f"{value!r} is not the address of a page, like https://example.com/operations")
        return value

    @field_validator("alert_webhook_url")
    @classmethod
    def _is_url(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"https?://\S+$", value):
            raise ValueError(f"{value!r} is not an address like https://example.com/alerts")
        return value

    @property
    def api(self) -> str:
        """Host and port where the API is asked, from this machine."""
        return f"{seen_from_here(self.api_host)}:{self.api_port}"

    @property
    def mail(self) -> bool:
        """Whether alerts are sent by mail."""
        return bool(self.alert_smtp_host and self.alert_email_to)

    @property
    def folder(self) -> Path:
        """Where configuration, measurements and state of both programs are."""
        return self.data_dir.resolve() / "monitoring"


def load_options() -> MonitoringOptions:
    """Read the environment. Raises `ConfigurationError` naming the variable."""
    try:
        options = MonitoringOptions()
    except ValidationError as error:
        problems = "; ".join(f"INQUIRY_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise ConfigurationError(f"The environment is not usable: {problems}") from error
    if options.alert_smtp_host and not options.alert_email_to:
        raise ConfigurationError("INQUIRY_ALERT_SMTP_HOST is set, but INQUIRY_ALERT_EMAIL_TO does not say to whom")
    if options.alert_email_to and not options.alert_smtp_host:
        raise ConfigurationError("INQUIRY_ALERT_EMAIL_TO is set, but INQUIRY_ALERT_SMTP_HOST names no mail server")
    if bool(options.alert_smtp_user) != bool(options.alert_smtp_password):
        given, missing = ("USER", "PASSWORD") if options.alert_smtp_user else ("PASSWORD", "USER")
        raise ConfigurationError(f"INQUIRY_ALERT_SMTP_{given} is set, but INQUIRY_ALERT_SMTP_{missing} is not")
    return options
