"""The environment as one frozen object. `.env.example` lists every variable."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from inquiry_pipeline.core.errors import ConfigurationError


class Settings(BaseSettings):
    """Every setting has a default that works on a laptop; each is read from `INQUIRY_<NAME>` or `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="INQUIRY_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    data_dir: Path = Path(".inquiry")
    database_url: str | None = Field(None, validation_alias=AliasChoices("DATABASE_URL", "INQUIRY_DATABASE_URL"))
    redis_url: str | None = Field(None, validation_alias=AliasChoices("REDIS_URL", "INQUIRY_REDIS_URL"))
    api_host: str = "127.0.0.1"
    api_port: Annotated[int, Field(ge=0, le=65535)] = 8000
    api_processes: Annotated[int, Field(ge=1, le=64)] = 1
    api_threads: Annotated[int, Field(ge=2, le=256)] = 16
    api_url: str | None = None
    dashboard_host: str = "127.0.0.1"
    dashboard_port: Annotated[int, Field(ge=0, le=65535)] = 8501
    worker_processes: Annotated[int, Field(ge=0, le=64)] = 1
    worker_batch: Annotated[int, Field(ge=1, le=1000)] = 64
    worker_poll_seconds: Annotated[float, Field(gt=0, le=60)] = 0.2
    lease_seconds: Annotated[float, Field(ge=1, le=3600)] = 30.0
    max_attempts: Annotated[int, Field(ge=1, le=100)] = 5
    idempotency_hours: Annotated[int, Field(ge=1, le=24 * 365)] = 48
    rules_file: Path | None = None
    bundle_dir: Path | None = None
    category_model: str = ""
    sentiment_model: str = ""
    urgency_model: str = ""
    model_threshold: Annotated[float, Field(ge=0, le=1)] = 0.7
    model_languages: Annotated[tuple[str, ...], NoDecode] = ("en",)
    label_descriptions: Path | None = None
    hf_home: Path | None = Field(None, validation_alias=AliasChoices("HF_HOME", "INQUIRY_HF_HOME"))
    transformers_cache: Path | None = Field(
        None, validation_alias=AliasChoices("TRANSFORMERS_CACHE", "HF_HUB_CACHE", "INQUIRY_TRANSFORMERS_CACHE")
    )
    inference_threads: Annotated[int, Field(ge=0, le=256)] = 0
    cache_size: Annotated[int, Field(ge=0)] = 10_000
    cache_ttl_seconds: Annotated[int, Field(ge=1)] = 86_400
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    otel_exporter_otlp_endpoint: str | None = Field(None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    otel_exporter_otlp_traces_endpoint: str | None = Field(None, validation_alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    otel_exporter_otlp_protocol: str | None = Field(None, validation_alias="OTEL_EXPORTER_OTLP_PROTOCOL")
    otel_exporter_otlp_traces_protocol: str | None = Field(None, validation_alias="OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
    otel_traces_exporter: Literal["otlp", "console", "none"] | None = Field(
        None, validation_alias="OTEL_TRACES_EXPORTER"
    )
    otel_service_name: str | None = Field(None, validation_alias="OTEL_SERVICE_NAME")
    otel_traces_sampler: str | None = Field(None, validation_alias="OTEL_TRACES_SAMPLER")
    otel_traces_sampler_arg: float | None = Field(None, validation_alias="OTEL_TRACES_SAMPLER_ARG")
    otel_sdk_disabled: bool = Field(default=False, validation_alias="OTEL_SDK_DISABLED")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "json", "console"] = "auto"

    @field_validator("cors_origins", "model_languages", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def api_origin(self) -> str:
        """Where the API is asked from this machine: INQUIRY_API_URL, or its own host and port."""
        return self.api_url or f"http://{seen_from_here(self.api_host)}:{self.api_port}"

    @property
    def model_cache(self) -> Path | None:
        """Where downloaded models are: TRANSFORMERS_CACHE, or `hub` in HF_HOME; None is the library's own choice."""
        return self.transformers_cache or (self.hf_home / "hub" if self.hf_home else None)

    @property
    def rules_path(self) -> Path:
        """The configured rules, else `config/routing_rules.yaml` here, else the default inside the package."""
        local = Path("config/routing_rules.yaml")
        packaged = Path(__file__).parent / "routing" / "routing_rules.yaml"
        checkout = Path(__file__).parents[2] / local
        return self.rules_file or next((path for path in (local, packaged, checkout) if path.exists()), local)


def seen_from_here(host: str) -> str:
    """A host that a server listens on, as a URL of this machine names it."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - shown, not bound
    return f"[{shown}]" if ":" in shown else shown


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - any field of Settings
    """Read the environment; keyword arguments win. Raises `ConfigurationError` naming the variable."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        problems = "; ".join(f"{_variable(problem['loc'])}: {problem['msg']}" for problem in error.errors())
        raise ConfigurationError(f"The environment is not usable: {problems}") from error


def _variable(location: tuple[int | str, ...]) -> str:
    name = ".".join(str(part) for part in location)
    return name.upper() if name.isupper() or name.startswith("INQUIRY") else f"INQUIRY_{name.upper()}"
