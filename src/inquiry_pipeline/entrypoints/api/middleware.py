"""Around every request: its id, its size limit, its metrics, its log line, and the last resort for errors."""

import logging
import re
import time
from contextlib import AbstractContextManager
from http import HTTPStatus
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inquiry_pipeline.entrypoints.api.problems import problem
from inquiry_pipeline.telemetry.metrics import ApiMetrics
from inquiry_pipeline.telemetry.tracing import Span, SpanKind, StatusCode, Tracing, failed

log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_NO_ROUTE = "(none)"
_CLOSE = {"Connection": "close"}
_PROBES = ("/health/live", "/health/ready", "/metrics")
_TRACE_HEADERS = ("traceparent", "tracestate")
_UNTRACED = Tracing()


class RequestContext:
    """Gives each request an id (the caller's `X-Request-ID` if it is a plain one), counts it and logs it.

    An unexpected error becomes a 500 problem document here; its traceback goes to the log, never to the caller.
    """

    def __init__(self, app: ASGIApp, *, metrics: ApiMetrics, tracing: Tracing) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        status: int | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            self._traced(scope, headers) as span,
            self._metrics.in_progress.track_inprogress(),
        ):
            try:
                await self._app(scope, receive, send_with_id)
            except Exception as error:
                self._failed(scope, error)
                failed(span, error)
                if status is not None:
                    raise  # the answer has begun: all that is left is to break it off
                await problem(500, "An unexpected error; the log has it under this request id")(
                    scope, receive, send_with_id
                )
            finally:
                _describe(span, scope, status or 500)
                self._finished(scope, status or 500, time.perf_counter() - started)

    def _traced(self, scope: Scope, headers: Headers) -> AbstractContextManager[Span]:
        """The request's span, in the caller's trace if there is one. Probes are not worth one: they keep their ids."""
        tracing = _UNTRACED if scope["path"].endswith(_PROBES) else self._tracing
        carrier = {name: headers[name] for name in _TRACE_HEADERS if name in headers}
        return tracing.entered(_method(scope), kind=SpanKind.SERVER, carrier=carrier)

    def _failed(self, scope: Scope, error: Exception) -> None:
        log.error("request failed", exc_info=error)
        self._metrics.failures.labels(_method(scope), _route(scope), type(error).__name__).inc()

    def _finished(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = _method(scope), _route(scope)
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.latency.labels(method, route).observe(seconds)
        level = logging.DEBUG if route.endswith(_PROBES) else logging.INFO
        log.log(
            level,
            "request",
            extra={"method": method, "route": route, "status": status, "milliseconds": round(seconds * 1000, 2)},
        )


def _describe(span: Span, scope: Scope, status: int) -> None:
    """What OpenTelemetry calls things in HTTP. The template of the path alone: what people search for is theirs.

    https://opentelemetry.io/docs/specs/semconv/http/http-spans/
    """
    if not span.is_recording():
        return
    method, route = _method(scope), _route(scope)
    span.update_name(f"{method} {route}")
    span.set_attribute("http.request.method", method)
    span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        span.set_status(StatusCode.ERROR)


def _route(scope: Scope) -> str:
    """The route's template, so that ids do not become label values."""
    return str(getattr(scope.get("route"), "path", _NO_ROUTE))


def _method(scope: Scope) -> str:
    known = ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS")
    return scope["method"] if scope["method"] in known else "other"


class SizeLimit:
    """Refuses a request body of more than `limit` bytes with 413, whether or not it announces its length."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        detail = f"The request body must not be larger than {self._limit} bytes"
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > self._limit:
            await problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, headers=_CLOSE)(scope, receive, send)
            return
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._limit:
                # Of all exceptions that reading a body can raise, FastAPI passes on this one as it is.
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, headers=_CLOSE)
            return message

        await self._app(scope, counted, send)
