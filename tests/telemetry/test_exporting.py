"""Where traces go: what the variables say, what is refused, and how a program ends."""

import socket
import subprocess
import sys
import threading
import time

import pytest

from inquiry_pipeline.core.errors import ConfigurationError
from inquiry_pipeline.settings import load_settings
from inquiry_pipeline.telemetry import exporting
from inquiry_pipeline.telemetry.exporting import TracingOptions, tracing_for
from inquiry_pipeline.telemetry.tracing import SpanKind, current_traceparent
from inquiry_pipeline.wiring import pipeline_for, tracing_options
from tests.support.collector import collector

URL = "http://127.0.0.1:4318"


@pytest.mark.parametrize(
    ("variables", "exporter"),
    [
        ({}, "none"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": URL}, "otlp"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{URL}/v1/traces"}, "otlp"),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, "otlp"),
        ({"OTEL_TRACES_EXPORTER": "console"}, "console"),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": URL}, "none"),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": URL}, "none"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, "none"),
    ],
)
def test_the_standard_variables_say_where_traces_go(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], exporter: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert tracing_options(load_settings()).exporter == exporter


@pytest.mark.parametrize(
    ("given", "endpoint"),
    [
        ({}, "http://localhost:4318/v1/traces"),
        ({"exporter_otlp_endpoint": "https://c.example/otlp/"}, "https://c.example/otlp/v1/traces"),
        ({"exporter_otlp_traces_endpoint": "https://c.example/t"}, "https://c.example/t"),
        (
            {"exporter_otlp_endpoint": URL, "exporter_otlp_traces_endpoint": "https://c.example/t"},
            "https://c.example/t",
        ),
    ],
)
def test_the_general_endpoint_is_a_base_and_that_of_traces_is_whole(given: dict[str, str], endpoint: str) -> None:
    assert TracingOptions(**given).endpoint == endpoint  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT is no URL"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "localhost:4318"}, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is no URL"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": URL, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc",
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": URL, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
        ),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "only http/protobuf"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER": "sometimes"}, "OTEL_TRACES_SAMPLER=sometimes"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER_ARG": "7"}, "OTEL_TRACES_SAMPLER_ARG"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER_ARG": "all"}, "OTEL_TRACES_SAMPLER_ARG"),
    ],
)
def test_what_cannot_be_meant_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], words: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=words):
        tracing_options(load_settings())


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_NEEDED", ("opentelemetry.sdk_that_nobody_installed.trace",))
    with pytest.raises(ConfigurationError, match=r"inquiry-pipeline\[tracing\]"):
        tracing_for(TracingOptions(exporter_otlp_endpoint=URL), program="test")
    assert tracing_for(TracingOptions(), program="test")


@pytest.mark.parametrize(
    ("sampler", "share", "sent"), [("always_off", None, 0), ("traceidratio", 0.0, 0), (None, None, 1)]
)
def test_the_sampler_decides_what_is_sent(sampler: str | None, share: float | None, sent: int) -> None:
    with collector() as received:
        options = TracingOptions(exporter_otlp_endpoint=received.url, traces_sampler=sampler, traces_sampler_arg=share)
        tracing = tracing_for(options, program="test")
        with tracing.entered("one", kind=SpanKind.SERVER):
            assert current_traceparent()  # there is a trace, whether or not it is sent
        tracing.close()
        assert len(received.spans) == sent


def test_a_caller_who_is_not_sampled_is_followed() -> None:
    with collector() as received:
        tracing = tracing_for(TracingOptions(exporter_otlp_endpoint=received.url), program="test")
        carrier = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}
        with tracing.entered("one", kind=SpanKind.SERVER, carrier=carrier):
            assert str(current_traceparent()).startswith("00-0af7651916cd43dd8448eb211c80319c-")
        tracing.close()
        assert received.spans == []


@pytest.mark.parametrize(
    ("variables", "service"), [({}, "inquiry-api"), ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=x"}, "x")]
)
def test_a_service_has_the_programs_name_unless_told(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], service: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with collector() as received:
        for told in (None, "desk"):
            options = TracingOptions(exporter_otlp_endpoint=received.url, service_name=told)
            tracing = tracing_for(options, program="inquiry-api")
            with tracing.entered("one", kind=SpanKind.SERVER):
                pass
            tracing.close()
        assert [span.service for span in received.spans] == [service, "desk"]


def test_a_collector_that_does_not_answer_does_not_hold_up_the_end(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        options = TracingOptions(exporter_otlp_endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
        tracing = tracing_for(options, program="test")
        with tracing.entered("one", kind=SpanKind.SERVER):
            pass
        started = time.monotonic()
        tracing.close()
        assert time.monotonic() - started < 4.5
    assert "could not be sent in time" in caplog.text


def test_a_pipeline_that_cannot_be_built_leaves_no_tracing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as received:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
        monkeypatch.setenv("INQUIRY_URGENCY_MODEL", "/nowhere/at/all")
        before = set(threading.enumerate())
        with (
            pytest.raises(ConfigurationError, match="INQUIRY_URGENCY_MODEL"),
            pipeline_for(load_settings(), "postgresql://x@127.0.0.1:1/x", name="test", threads=1),
        ):
            pass
        assert [one.name for one in set(threading.enumerate()) - before if "Otel" in one.name] == []


def test_without_export_nothing_of_the_sdk_is_loaded() -> None:
    code = (
        "import sys; from inquiry_pipeline.settings import load_settings;"
        "from inquiry_pipeline.wiring import pipeline_for, tracing_options;"
        "import inquiry_pipeline.entrypoints.serve; tracing_options(load_settings());"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
