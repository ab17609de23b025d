"""Health, metrics, rules, consultants, dead letters: what operators look at."""

from collections.abc import Callable
from contextlib import suppress
from typing import Annotated
from uuid import UUID

import anyio.to_thread
from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from inquiry_pipeline.core.errors import StoreBusy, StoreUnavailable
from inquiry_pipeline.entrypoints.api import PREFIX, fields
from inquiry_pipeline.entrypoints.api.health import Health
from inquiry_pipeline.entrypoints.api.paging import cursor_of, key_of
from inquiry_pipeline.entrypoints.api.schemas import (
    AvailabilityPatch,
    ConsultantAnswer,
    ConsultantsAnswer,
    DeadLetterAnswer,
    DeadLetterPage,
    HealthAnswer,
    ProblemAnswer,
    RulesAnswer,
    consultant_answer,
)
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import directory, work


def health_routes(health: Health, exposition: Callable[[], bytes]) -> APIRouter:
    """Whether the service lives and can serve, and its metrics."""
    router = APIRouter(prefix=PREFIX, tags=["health"])
    unavailable: dict[int | str, dict[str, object]] = {503: {"model": HealthAnswer}}

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        """The process answers. It asks nothing else, nor for a thread: a busy process is alive."""
        return {"status": "alive"}

    def ready(response: Response) -> HealthAnswer:
        """Whether requests can be served: database, model and cache, each with its state and latency."""
        answer = health.check()
        response.status_code = 503 if answer.status == "unavailable" else 200
        return answer

    router.add_api_route("/health/ready", ready, responses=unavailable)
    router.add_api_route("/health", ready, responses=unavailable)

    scrapes = anyio.CapacityLimiter(2)

    @router.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Every metric in Prometheus's text format, summed over all processes of this machine."""
        # In threads of its own: when all others wait for something, it has to be seen.
        content = await anyio.to_thread.run_sync(exposition, limiter=scrapes)
        return Response(content, media_type=CONTENT_TYPE_LATEST)

    return router


def operation_routes(pipeline: Pipeline) -> APIRouter:
    """The endpoints for operators, over one pipeline."""
    router = APIRouter(prefix=PREFIX, tags=["operations"])
    _rules(router, pipeline)
    _consultants(router, pipeline)
    _dead_letters(router, pipeline)
    return router


def _rules(router: APIRouter, pipeline: Pipeline) -> None:
    @router.get("/rules")
    def rules() -> RulesAnswer:
        """The routing rules in force, and what is wrong with a later edit of their file, if anything is."""
        current = pipeline.rulebook.current
        return RulesAnswer(version=current.version, problem=pipeline.rulebook.problem, rules=dict(current.document))


def _consultants(router: APIRouter, pipeline: Pipeline) -> None:
    @router.get("/consultants")
    def consultants() -> ConsultantsAnswer:
        """Every consultant with skills, capacity, availability and the number of open inquiries."""
        pipeline.rules()
        with pipeline.database.transaction() as connection:
            states = directory.list_consultants(connection)
        return ConsultantsAnswer(items=[consultant_answer(state) for state in states])

    @router.patch("/consultants/{consultant_id}", responses={404: {"model": ProblemAnswer}})
    def change_consultant(consultant_id: Annotated[fields.Name, Path()], patch: AvailabilityPatch) -> ConsultantAnswer:
        """Say that a consultant is there or away. Who is away gets nothing new; who comes back gets what waits."""
        pipeline.rules()  # right after the start the database may not know the consultants yet
        with pipeline.database.transaction() as connection:
            state = directory.set_available(connection, consultant_id, available=patch.available)
        # It is said; what follows from it the worker would do within a second.
        with suppress(StoreUnavailable, StoreBusy):
            if patch.available:
                pipeline.assign_waiting(frozenset(state.consultant.departments))
                with pipeline.database.transaction() as connection:
                    state = directory.list_consultants(connection, ids=[consultant_id])[0]
        return consultant_answer(state)


def _dead_letters(router: APIRouter, pipeline: Pipeline) -> None:
    @router.get("/dead-letters")
    def dead_letters(
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
    ) -> DeadLetterPage:
        """Inquiries that could not be assessed after the last attempt, latest first. None of them is lost."""
        after = key_of(cursor)
        with pipeline.database.transaction() as connection:
            found = work.dead_letters(connection, limit=limit + 1, after=after)
        items = found[:limit]
        following = cursor_of((items[-1].dead_at, items[-1].inquiry_id)) if len(found) > limit else None
        return DeadLetterPage(items=[DeadLetterAnswer.model_validate(one) for one in items], next_cursor=following)

    @router.post("/dead-letters/{inquiry_id}/retry", status_code=202, responses={404: {"model": ProblemAnswer}})
    def retry(inquiry_id: UUID) -> dict[str, str]:
        """Try a dead letter again, from its first attempt."""
        with pipeline.database.transaction() as connection:
            work.revive(connection, inquiry_id)
        return {"inquiry_id": str(inquiry_id), "status": "due"}
