"""Traces: which request or round of a worker something belongs to, and how long each of its parts took.

There is always a trace, so that its id stands in every log line and problem document: the caller's (W3C `traceparent`),
or a new one. Spans are made and sent only where OpenTelemetry's variables say so (`telemetry.exporting`); else opening
one costs next to nothing. Attributes are numbers, identifiers and labels: no text, address or name of anybody, and of
an exception its class alone, for its message may quote one.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Final, TypeAlias

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode, TraceFlags, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

__all__ = [
    "Attributes",
    "BatchSpans",
    "Span",
    "SpanKind",
    "StatusCode",
    "Tracing",
    "current_ids",
    "current_traceparent",
    "failed",
]

Attributes: TypeAlias = Mapping[str, str | int | float | bool]

_NOTHING: Final[AbstractContextManager[Span]] = nullcontext(trace.INVALID_SPAN)
_ROOT: Final = Context()
_W3C: Final = TraceContextTextMapPropagator()


class Tracing:
    """Opens spans. Thread-safe; without a tracer it keeps track of ids alone."""

    def __init__(self, tracer: Tracer | None = None, close: Callable[[], None] = lambda: None) -> None:
        self._tracer = tracer
        self.close = close
        """Send what is still to be sent, and end."""

    def span(self, name: str, attributes: Attributes | None = None) -> AbstractContextManager[Span]:
        """A part of what is being traced; where nothing is, or nothing is sent, it is nothing."""
        if self._tracer is None or not trace.get_current_span().is_recording():
            return _NOTHING
        return _opened(self._tracer.start_span(name, attributes=attributes))

    def beginning(self, name: str, attributes: Attributes | None = None) -> AbstractContextManager[Span]:
        """A part of the trace that this belongs to, or the first of a new one."""
        if trace.get_current_span().get_span_context().is_valid:
            return self.span(name, attributes)
        return self.entered(name, kind=SpanKind.INTERNAL, attributes=attributes)

    def entered(
        self,
        name: str,
        *,
        kind: SpanKind,
        carrier: Mapping[str, str] | None = None,
        links: Sequence[Link] = (),
        attributes: Attributes | None = None,
    ) -> AbstractContextManager[Span]:
        """What comes from outside: part of the trace that the carrier's `traceparent` names, or of a new one."""
        parent = continued(carrier)
        if self._tracer is None:
            return _opened(_unrecorded(_context_in(parent)))
        return _opened(self._tracer.start_span(name, parent, kind, attributes, links))

    @contextmanager
    def batch(
        self, name: str, carriers: Sequence[Mapping[str, str]], attributes: Sequence[Attributes]
    ) -> Iterator["BatchSpans"]:
        """Work on several things at once that came in traces of their own (`carriers`), with attributes for each.

        One alone is worked on in its trace. Several have a trace together, linked with theirs, and each its span there
        for the time that it took.
        """
        if len(carriers) == 1:
            with self.entered(name, kind=SpanKind.CONSUMER, carrier=carriers[0], attributes=attributes[0]) as span:
                yield BatchSpans(span)
            return
        links = [Link(origin) for one in carriers if (origin := _context_in(continued(one))).is_valid]
        together = {"inquiry.batch_size": len(carriers)}
        with self.entered(f"{name} batch", kind=SpanKind.CONSUMER, links=links, attributes=together) as span:
            parts = self._parts(name, carriers, attributes, Link(span.get_span_context()))
            spans = BatchSpans(span, parts)
            try:
                yield spans
            except BaseException as error:
                spans.failed(error)
                raise
            finally:
                for part in parts:
                    part.end()

    def _parts(
        self, name: str, carriers: Sequence[Mapping[str, str]], attributes: Sequence[Attributes], whole: Link
    ) -> list[Span]:
        if self._tracer is None:
            return []
        return [
            self._tracer.start_span(name, continued(carrier), SpanKind.CONSUMER, own, [whole])
            for carrier, own in zip(carriers, attributes, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class BatchSpans:
    """The span of work on several things at once, and those of each where there are several."""

    whole: Span
    parts: Sequence[Span] = ()

    def failed(self, error: BaseException) -> None:
        """Say that the work failed, and with what class of exception."""
        for span in (self.whole, *self.parts):
            failed(span, error)


def continued(carrier: Mapping[str, str] | None) -> Context:
    """The context that a `traceparent` (and `tracestate`) describes; none where there is none, or no usable one."""
    return _W3C.extract(carrier, _ROOT) if carrier else _ROOT


def _context_in(context: Context) -> SpanContext:
    return trace.get_current_span(context).get_span_context()


def current_traceparent() -> str | None:
    """The place in the trace where this is, as a W3C header; None outside of any."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def current_ids() -> tuple[str, str] | None:
    """The ids of the trace and the span that this belongs to, in hexadecimal; None outside of any."""
    context = trace.get_current_span().get_span_context()
    return (f"{context.trace_id:032x}", f"{context.span_id:016x}") if context.is_valid else None


def failed(span: Span, error: BaseException) -> None:
    """Say that what a span stands for failed, and with what class of exception."""
    kind = type(error).__qualname__
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR, kind)


@contextmanager
def _opened(span: Span) -> Iterator[Span]:
    """The span as the current one while the block lasts; then it ends."""
    token = contexts.attach(trace.set_span_in_context(span))
    try:
        yield span
    except BaseException as error:
        failed(span, error)
        raise
    finally:
        contexts.detach(token)
        span.end()


def _unrecorded(parent: SpanContext) -> Span:
    """Ids alone: the trace goes on (or begins), and nobody writes it down."""
    trace_id = parent.trace_id if parent.is_valid else random.getrandbits(128) or 1
    flags = parent.trace_flags if parent.is_valid else TraceFlags(TraceFlags.DEFAULT)
    own = SpanContext(trace_id, random.getrandbits(64) or 1, is_remote=False, trace_flags=flags)
    return NonRecordingSpan(own)
