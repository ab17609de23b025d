"""Sending traces to a collector, by OpenTelemetry's SDK and the variables that it has standardised.

Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ and, for endpoints,
https://opentelemetry.io/docs/specs/otel/protocol/exporter/.
The SDK is imported where it is used: without export it is neither needed nor loaded.
"""

import importlib.util
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from inquiry_pipeline import __version__
from inquiry_pipeline.core.errors import ConfigurationError
from inquiry_pipeline.telemetry.tracing import Tracing

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.sdk.trace.sampling import Sampler

log = logging.getLogger(__name__)

_FLUSH_SECONDS: Final = 2.0
"""How long the end of a program waits for a collector that does not answer."""

_NEEDED: Final = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http")


@dataclass(frozen=True, slots=True, kw_only=True)
class TracingOptions:
    """OpenTelemetry's variables, named as they are: `traces_exporter` is OTEL_TRACES_EXPORTER, and so on."""

    exporter_otlp_endpoint: str | None = None
    exporter_otlp_traces_endpoint: str | None = None
    exporter_otlp_protocol: str | None = None
    exporter_otlp_traces_protocol: str | None = None
    traces_exporter: Literal["otlp", "console", "none"] | None = None
    service_name: str | None = None
    traces_sampler: str | None = None
    traces_sampler_arg: float | None = None
    sdk_disabled: bool = False

    @property
    def exporter(self) -> Literal["otlp", "console", "none"]:
        """Where spans go: nowhere, unless an exporter or an endpoint is named."""
        named = self.exporter_otlp_endpoint or self.exporter_otlp_traces_endpoint
        return "none" if self.sdk_disabled else self.traces_exporter or ("otlp" if named else "none")

    @property
    def endpoint(self) -> str:
        """The URL that spans are sent to. The general endpoint is a base, that of traces is whole."""
        base = (self.exporter_otlp_endpoint or "http://localhost:4318").rstrip("/")
        return self.exporter_otlp_traces_endpoint or f"{base}/v1/traces"


def check(options: TracingOptions) -> None:
    """Raise `ConfigurationError`, naming the variable, where traces are to be sent and cannot be."""
    if options.exporter == "none":
        return
    if not _installed():
        raise ConfigurationError(
            "Traces are to be sent (OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_TRACES_EXPORTER is set), which needs the extra"
            " `tracing` of this package: pip install 'inquiry-pipeline[tracing]'"
        )
    if options.exporter == "otlp":
        _check_protocol(options)
        _check_endpoint(options)
    _sampler(options)


def _check_protocol(options: TracingOptions) -> None:
    """What is said of traces alone counts before what is said of everything."""
    name, protocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", options.exporter_otlp_traces_protocol
    if protocol is None:
        name, protocol = "OTEL_EXPORTER_OTLP_PROTOCOL", options.exporter_otlp_protocol
    if protocol not in (None, "http/protobuf"):
        raise ConfigurationError(
            f"{name}={protocol} is not spoken here, only http/protobuf (to a collector's port 4318)"
        )


def _check_endpoint(options: TracingOptions) -> None:
    name, given = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", options.exporter_otlp_traces_endpoint
    if given is None:
        name, given = "OTEL_EXPORTER_OTLP_ENDPOINT", options.exporter_otlp_endpoint
    if given is not None and not given.startswith(("http://", "https://")):
        raise ConfigurationError(f"{name} is no URL with http:// or https://: {given!r}")


def tracing_for(options: TracingOptions, *, program: str) -> Tracing:
    """Tracing as the variables say; `program` is the service's name where they do not. Raises `ConfigurationError`."""
    check(options)
    if options.exporter == "none":
        return Tracing()
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - a third of a second, for those who send
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(sampler=_sampler(options), resource=_resource(options, program), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_exporter(options)))
    return Tracing(provider.get_tracer("inquiry_pipeline", __version__), lambda: _shut_down(provider))


def _installed() -> bool:
    try:
        return all(importlib.util.find_spec(name) for name in _NEEDED)
    except ImportError:  # not even the package above it
        return False


def _exporter(options: TracingOptions) -> "SpanExporter":
    if options.exporter == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter  # noqa: PLC0415

        return ConsoleSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    return OTLPSpanExporter(endpoint=options.endpoint)


def _resource(options: TracingOptions, program: str) -> "Resource":
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415

    told = str(Resource.create().attributes["service.name"])
    name = options.service_name or (program if told.startswith("unknown_service") else told)
    return Resource.create({"service.name": name, "service.version": __version__, "process.pid": os.getpid()})


def _sampler(options: TracingOptions) -> "Sampler":
    from opentelemetry.sdk.trace import sampling  # noqa: PLC0415

    name = options.traces_sampler or "parentbased_always_on"
    share = 1.0 if options.traces_sampler_arg is None else options.traces_sampler_arg
    if not 0 <= share <= 1:
        raise ConfigurationError(f"OTEL_TRACES_SAMPLER_ARG is a share from 0 to 1, not {share:g}")
    roots: Mapping[str, Callable[[], Sampler]] = {
        "always_on": lambda: sampling.ALWAYS_ON,
        "always_off": lambda: sampling.ALWAYS_OFF,
        "traceidratio": lambda: sampling.TraceIdRatioBased(share),
    }
    root = roots.get(name.removeprefix("parentbased_"))
    if root is None:
        known = ", ".join([*roots, *(f"parentbased_{one}" for one in roots)])
        raise ConfigurationError(f"OTEL_TRACES_SAMPLER={name} is not known; known are: {known}")
    return sampling.ParentBased(root()) if name.startswith("parentbased_") else root()


def _shut_down(provider: "TracerProvider") -> None:
    """Send what is left, but do not hold up the end of the program for a collector that does not answer."""
    ending = threading.Thread(target=provider.shutdown, name="last-spans", daemon=True)
    ending.start()
    ending.join(_FLUSH_SECONDS)
    if ending.is_alive():
        log.warning("the last traces could not be sent in time", extra={"seconds": _FLUSH_SECONDS})
