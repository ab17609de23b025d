"""Building the application: routes, errors, middleware, start and stop."""

import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio.to_thread
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from inquiry_pipeline import __version__
from inquiry_pipeline.core.errors import InquiryError, describe
from inquiry_pipeline.entrypoints.api import PREFIX, problems
from inquiry_pipeline.entrypoints.api.health import Health
from inquiry_pipeline.entrypoints.api.middleware import RequestContext, SizeLimit
from inquiry_pipeline.entrypoints.api.routes.casework import casework_routes
from inquiry_pipeline.entrypoints.api.routes.figures import figure_routes
from inquiry_pipeline.entrypoints.api.routes.inquiries import inquiry_routes
from inquiry_pipeline.entrypoints.api.routes.operations import health_routes, operation_routes
from inquiry_pipeline.pipeline import Pipeline

log = logging.getLogger(__name__)

_DESCRIPTION = """
Send an inquiry to `POST /api/v1/inquiries/submit`: it is stored, classified (department, sentiment, urgency),
prioritised and given to a consultant, and the answer says all of that and why. Errors are problem documents
(RFC 9457) that name the field.
"""


# `RequestContext` opens the request's span: FastAPI's own would hold what people search for.
_NO_TELEMETRY: TelemetryConfig = {"auto_configure": False, "tracing": False, "metrics": False, "logs": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOptions:
    """How the API serves: threads for requests, the largest body in bytes, origins allowed by CORS."""

    threads: int = 16
    max_body: int = 1_000_000
    cors_origins: tuple[str, ...] = ()


def create_app(pipeline: Pipeline, options: ApiOptions, *, exposition: Callable[[], bytes]) -> FastAPI:
    """The application over a pipeline. `exposition` gives all metrics in Prometheus's text format."""
    warm = threading.Event()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = options.threads
        # In the background: the process is alive at once, and ready when the model is.
        warming = threading.Thread(target=_warm_up, args=(pipeline, warm), name="warm-up")
        warming.start()
        yield
        warming.join()

    middleware = [
        Middleware(RequestContext, metrics=pipeline.metrics.api, tracing=pipeline.tracing),
        Middleware(SizeLimit, limit=options.max_body),
    ]
    if options.cors_origins:
        origins = list(options.cors_origins)
        middleware.append(Middleware(CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"]))
    app = FastAPI(
        title="Inquiry pipeline",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        middleware=middleware,
        docs_url=f"{PREFIX}/docs",
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        separate_input_output_schemas=False,
        telemetry=_NO_TELEMETRY,
    )
    app.include_router(inquiry_routes(pipeline))
    app.include_router(casework_routes(pipeline))
    app.include_router(figure_routes(pipeline))
    app.include_router(operation_routes(pipeline))
    app.include_router(health_routes(Health(pipeline.database, pipeline.predictor, warm), exposition))
    problems.install(app)
    return app


def _warm_up(pipeline: Pipeline, warm: threading.Event) -> None:
    """Do what the first request would otherwise wait for; what fails here is tried again when it is needed."""
    try:
        pipeline.predictor.warm_up()
        pipeline.rules()
    except InquiryError as error:
        log.warning("not all is warm", extra={"reason": describe(error)})
    finally:
        warm.set()
