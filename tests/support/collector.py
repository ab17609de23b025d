"""A collector of traces as OTLP over HTTP has it, that keeps what it is sent."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.support.waiting import wait_until


@dataclass(frozen=True)
class Seen:
    """A span as it arrived; ids in hexadecimal."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    service: str
    kind: int
    started: int
    attributes: Mapping[str, str | int | float | bool]
    links: tuple[str, ...]
    failed: bool


@dataclass
class Collector:
    """What has arrived so far."""

    url: str
    spans: list[Seen] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def named(self, name: str) -> list[Seen]:
        return sorted((one for one in self.spans if one.name == name), key=lambda one: one.started)

    def wait_for(self, name: str, number: int = 1) -> list[Seen]:
        wait_until(lambda: len(self.named(name)) >= number)
        return self.named(name)

    def tree(self, trace_id: str) -> list[object]:
        """A trace as [name, [name of a child, ...], ...], children in the order in which they began."""
        mine = [one for one in self.spans if one.trace_id == trace_id]
        known = {one.span_id for one in mine}
        roots = [one for one in mine if one.parent_id not in known]
        return [_nested(root, mine) for root in sorted(roots, key=lambda one: one.started)]


def _nested(span: Seen, spans: list[Seen]) -> object:
    children = sorted((one for one in spans if one.parent_id == span.span_id), key=lambda one: one.started)
    return [span.name, *(_nested(child, spans) for child in children)] if children else span.name


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector on a port of its own while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                kept.bodies.append(body)
                kept.spans += list(_seen(ExportTraceServiceRequest.FromString(body)))
            self.send_response(200 if self.path == "/v1/traces" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _seen(request: ExportTraceServiceRequest) -> Iterator[Seen]:
    for group in request.resource_spans:
        service = {one.key: one.value.string_value for one in group.resource.attributes}["service.name"]
        for scope in group.scope_spans:
            for span in scope.spans:
                yield _one(span, service)


def _one(span: Span, service: str) -> Seen:
    values = {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes}
    return Seen(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        service=service,
        kind=span.kind,
        started=span.start_time_unix_nano,
        attributes=values,
        links=tuple(link.trace_id.hex() for link in span.links),
        failed=span.status.code == Status.STATUS_CODE_ERROR,
    )
