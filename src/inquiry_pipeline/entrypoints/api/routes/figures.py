"""Figures over a window of time: inquiries, priorities, people, models, and the pipeline itself."""

from datetime import timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from inquiry_pipeline.entrypoints.api import PREFIX
from inquiry_pipeline.entrypoints.api.figures import (
    PrioritiesAnswer,
    SeriesAnswer,
    SeriesQuery,
    StatisticsAnswer,
    TeamAnswer,
)
from inquiry_pipeline.entrypoints.api.machine import machine_figures
from inquiry_pipeline.entrypoints.api.model_figures import ModelFiguresAnswer, PipelineFiguresAnswer
from inquiry_pipeline.entrypoints.api.models import ModelsAnswer, models_answer
from inquiry_pipeline.entrypoints.api.schemas import ProblemAnswer
from inquiry_pipeline.entrypoints.api.windows import WindowQuery, refused, window_of
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import feedback, model_figures, priorities, series, statistics, teams, throughput

_Window = Annotated[WindowQuery, Query()]
_REFUSED: Final[dict[int | str, dict[str, object]]] = {422: {"model": ProblemAnswer}}
_RECENTLY: Final = timedelta(days=30)
_AHEAD: Final = timedelta(minutes=1)
"""How far a window that ends now reaches ahead of the clock, so that what a sender dated some seconds late counts."""


def figure_routes(pipeline: Pipeline) -> APIRouter:
    """The endpoints for figures, over one pipeline."""
    router = APIRouter(prefix=PREFIX, tags=["figures"])
    _inquiries(router, pipeline)
    _people(router, pipeline)
    _models(router, pipeline)
    return router


def _inquiries(router: APIRouter, pipeline: Pipeline) -> None:
    @router.get("/stats", responses=_REFUSED)
    def stats(query: _Window) -> StatisticsAnswer:
        """Counts by status, department, category, urgency, sentiment and more; throughput, latency, override rate.

        Labels count as people corrected them; `overrides` goes by what was predicted.
        """
        now = pipeline.clock()
        window = window_of(query, now, ahead=_AHEAD)
        with pipeline.database.transaction() as connection:
            figures = statistics.over(connection, since=window.since, until=window.until, now=now)
            overrides = feedback.override_rates(
                connection, since=window.since, until=window.until, counts=figures.counts
            )
        return StatisticsAnswer.of(figures, overrides)

    @router.get("/stats/series", responses=_REFUSED)
    def stats_series(query: Annotated[SeriesQuery, Query()]) -> SeriesAnswer:
        """What was received over time, by one label as people corrected it, in buckets of a minute to a day.

        Every bucket is there. Days are those of `timezone`: 23 to 25 hours long where clocks are changed.
        """
        window = window_of(query, pipeline.clock())
        starts = series.bucket_starts(
            since=window.since, until=window.until, bucket=query.bucket, zone=_zone(query.timezone)
        )
        if len(starts) > series.MOST_BUCKETS:
            raise refused(
                "bucket", f"makes more than {series.MOST_BUCKETS:,} buckets of this window: take a longer one"
            )
        with pipeline.database.transaction() as connection:
            found = series.over(connection, starts, since=window.since, until=window.until, by=query.by)
        return SeriesAnswer.of(found, query, window)

    @router.get("/stats/priority", responses=_REFUSED)
    def stats_priority(query: _Window) -> PrioritiesAnswer:
        """How the priority scores of what was received are spread, by labels as people corrected them; escalations."""
        window = window_of(query, pipeline.clock(), ahead=_AHEAD)
        with pipeline.database.transaction() as connection:
            found = priorities.over(connection, since=window.since, until=window.until)
        return PrioritiesAnswer.of(found, window)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; no name at all; the name of a folder
        raise refused("timezone", "must be an IANA name such as Europe/Berlin") from None


def _people(router: APIRouter, pipeline: Pipeline) -> None:
    @router.get("/stats/consultants", responses=_REFUSED)
    def stats_consultants(query: _Window) -> TeamAnswer:
        """What each consultant has now, and what came and went in the window."""
        window = window_of(query, pipeline.clock(), ahead=_AHEAD)
        pipeline.rules()  # right after the start the database may not know the consultants yet
        with pipeline.database.transaction() as connection:
            return TeamAnswer.of(teams.over(connection, since=window.since, until=window.until), window)


def _models(router: APIRouter, pipeline: Pipeline) -> None:
    @router.get("/stats/models", responses=_REFUSED)
    def stats_models(query: _Window) -> ModelFiguresAnswer:
        """How sure the models were of the current predictions made in the window, and how right where people judged.

        `inference_seconds`, `fallback` and `cache` are metrics of this machine's processes, since they started.
        """
        window = window_of(query, pipeline.clock(), ahead=_AHEAD)
        with pipeline.database.transaction() as connection:
            figures = model_figures.over(connection, since=window.since, until=window.until)
            counts = statistics.label_counts(connection, since=window.since, until=window.until)
            overrides = feedback.override_rates(connection, since=window.since, until=window.until, counts=counts)
        return ModelFiguresAnswer.of(figures, overrides, machine_figures(pipeline.metrics.registry), window)

    @router.get("/models")
    def models() -> ModelsAnswer:
        """The model that is loaded, its held-out figures, and every version that ever answered."""
        description, status = pipeline.predictor.description(), pipeline.predictor.status()
        with pipeline.database.transaction() as connection:
            versions = model_figures.versions(connection, since=pipeline.clock() - _RECENTLY)
        return models_answer(status, description, versions)

    @router.get("/stats/pipeline")
    def stats_pipeline() -> PipelineFiguresAnswer:
        """What is owed, the last hour minute by minute, whether workers are there, and a day of measurements."""
        with pipeline.database.transaction() as connection:
            return PipelineFiguresAnswer.of(throughput.at(connection, pipeline.clock()))
