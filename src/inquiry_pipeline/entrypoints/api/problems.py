"""Every error as a problem document (RFC 9457), with the status codes mapped once."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from inquiry_pipeline.core.errors import (
    IdempotencyConflict,
    IllegalAssignment,
    IllegalStatusChange,
    InquiryError,
    NotAssessed,
    NotFound,
    StoreBusy,
    StoreUnavailable,
    UnknownLabel,
)
from inquiry_pipeline.entrypoints.api.schemas import ProblemAnswer
from inquiry_pipeline.telemetry.tracing import current_ids

log = logging.getLogger(__name__)

_AWAY = "The database is away or too busy; try again in some seconds"
"""What callers are told: what the driver says names hosts and users, and goes to the log."""

_PROBLEM = "#/components/schemas/ProblemAnswer"

_STATUS: Mapping[type[InquiryError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    IllegalStatusChange: HTTPStatus.CONFLICT,
    NotAssessed: HTTPStatus.CONFLICT,
    IllegalAssignment: HTTPStatus.CONFLICT,
    UnknownLabel: HTTPStatus.UNPROCESSABLE_ENTITY,
    IdempotencyConflict: HTTPStatus.UNPROCESSABLE_ENTITY,
    StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreBusy: HTTPStatus.SERVICE_UNAVAILABLE,
}


def problem(
    status: int,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document with the ids of the request and its trace in it."""
    ids = current_ids()
    body = ProblemAnswer(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=structlog.contextvars.get_contextvars().get("request_id"),
        trace_id=ids[0] if ids else None,
        errors=[dict(error) for error in errors] if errors is not None else None,
    )
    content = body.model_dump_json(exclude_none=True)
    return Response(content, status, headers=dict(headers or {}), media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every error of the application with a problem document."""
    app.add_exception_handler(InquiryError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.openapi = lambda: documentation(app)  # type: ignore[method-assign]


def documentation(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with every error as the problem document that it really is."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for methods in document["paths"].values():
            for operation in methods.values():
                _document_problems(operation)
        schemas = document["components"]["schemas"]
        schemas["ProblemAnswer"] = ProblemAnswer.model_json_schema()
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        app.openapi_schema = document
    return app.openapi_schema


def _document_problems(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "requestBody" in operation:
        responses.setdefault("400", {"description": "The request body is not valid JSON"})
        responses.setdefault("413", {"description": "The request is too large"})
    for status, response in responses.items():
        told = response.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
        if status >= "400" and not told.endswith("/HealthAnswer"):
            response["content"] = {"application/problem+json": {"schema": {"$ref": _PROBLEM}}}


async def _known(_request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), None)
    if status is None:
        raise error
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        log.warning("request refused", extra={"reason": str(error)})
        return problem(status, _AWAY, headers={"Retry-After": "5"})
    if isinstance(error, UnknownLabel):
        errors = [{"in": "body", "field": error.field, "message": str(error)}]
        return problem(status, f"{error.field}: {error}", errors=errors)
    return problem(status, str(error))


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    return problem(error.status_code, str(error.detail), headers=error.headers)


async def _invalid(_request: Request, error: Exception) -> Response:
    """Name each field that is wrong. Values are not repeated: they may be secret, huge, or not encodable."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class alone
    if any(one["type"] == "json_invalid" for one in error.errors()):
        return problem(HTTPStatus.BAD_REQUEST, "The request body is not valid JSON")
    errors = [_named(one) for one in error.errors()]
    detail = "; ".join(f"{one['field']}: {one['message']}" for one in errors[:10])
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors[:100])


def _named(error: Mapping[str, Any]) -> dict[str, str]:
    where, *path = (str(part) for part in error["loc"])
    steps = [_encodable(step) for step in path if "[" not in step]  # pydantic's names of union branches
    field = ".".join(steps) or ("request" if where == "body" else where)
    return {"in": where, "field": field, "message": error["msg"].removeprefix("Value error, ")}


def _encodable(name: str) -> str:
    return name[:200].encode("utf-8", "replace").decode()
