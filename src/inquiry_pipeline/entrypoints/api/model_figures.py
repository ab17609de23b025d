"""The figures that the API answers with about models and the pipeline itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field

from inquiry_pipeline.entrypoints.api.figures import BinAnswer, OverrideRatesAnswer, OverridesAnswer
from inquiry_pipeline.entrypoints.api.machine import MachineFigures
from inquiry_pipeline.entrypoints.api.schemas import Answer
from inquiry_pipeline.entrypoints.api.windows import Window
from inquiry_pipeline.store.feedback import OverrideRates
from inquiry_pipeline.store.model_figures import ModelFigures
from inquiry_pipeline.store.throughput import Measurement, PipelineFigures


class AnswersAnswer(Answer):
    """So many predictions; in some of them the model only suggested a category, others are by keyword rules."""

    predictions: int
    abstained: Annotated[int, Field(description="Of these, the model's own whose category was only a suggestion")]
    degraded: Annotated[int, Field(description="Of these, by keyword rules: none of them is in `abstained`")]


class ConfidenceBinAnswer(BinAnswer):
    """How many answers had a confidence in a range."""

    count: int


class CalibrationBinAnswer(BinAnswer):
    """Of the answers with a confidence in a range, how many people judged, and how right they were.

    `confidence` is the mean of these, `accuracy` the share that was right: calibrated answers have both alike.
    """

    judged: int
    confidence: float | None
    accuracy: float | None


class InferenceAnswer(Answer):
    """Seconds of a forward pass, from a histogram: exact to its bins; null where there was none."""

    count: int
    p50: float | None
    p95: float | None


class ModelFiguresAnswer(AnswersAnswer):
    """The current predictions made in a window, and what people said of them.

    `inference_seconds`, `fallback` and `cache` are of another kind: this machine's processes since they started.
    """

    since: datetime
    until: datetime
    by_version: dict[str, AnswersAnswer]
    confidence: dict[str, list[ConfidenceBinAnswer]]
    calibration: dict[str, list[CalibrationBinAnswer]]
    overrides: Annotated[OverrideRatesAnswer, Field(description="Of the category, of inquiries received in the window")]
    overrides_by_task: dict[str, OverridesAnswer]
    inference_seconds: InferenceAnswer
    fallback: Annotated[dict[str, int], Field(description="Messages answered by keyword rules, by reason")]
    cache: Annotated[dict[str, int], Field(description="Look-ups in the prediction cache, by result")]

    @classmethod
    def of(cls, figures: ModelFigures, overrides: OverrideRates, machine: MachineFigures, window: Window) -> Self:
        """The API's form of the figures."""
        read: dict[str, Any] = {
            "by_version": figures.by_version,
            "confidence": figures.confidence,
            "calibration": figures.calibration,
            "overrides": overrides,
            "overrides_by_task": figures.overrides_by_task,
            "inference_seconds": machine.inference_seconds,
        }
        return cls.model_validate(
            {
                "since": window.since,
                "until": window.until,
                "predictions": figures.overall.predictions,
                "abstained": figures.overall.abstained,
                "degraded": figures.overall.degraded,
                "fallback": machine.fallback,
                "cache": machine.cache,
                **read,
            },
            from_attributes=True,
        )


class MinuteAnswer(Answer):
    """What was accepted and what was routed in the minute that begins at `at`."""

    at: datetime
    accepted: int
    routed: int


class WorkersAnswer(Answer):
    """Worker processes with a connection to the database, and the seconds since the last of them asked it anything.

    A worker at rest asks several times a second.
    """

    alive: int
    last_round_seconds: float | None


class MeasurementAnswer(Answer):
    """What was measured at a moment."""

    at: datetime
    value: float


class PipelineFiguresAnswer(Answer):
    """How the pipeline does now, over the last hour minute by minute, and in its own measurements over a day."""

    pending: Annotated[int, Field(description="Accepted inquiries that are owed their assessment")]
    leased: Annotated[int, Field(description="Of these, being assessed at the moment")]
    dead: Annotated[int, Field(description="Given up after the last attempt: see the dead letters")]
    oldest_seconds: Annotated[float, Field(description="Age of the oldest that is pending; 0 where none is")]
    accepted_last_minute: int
    routed_last_minute: int
    throughput: Annotated[list[MinuteAnswer], Field(description="60 minutes, the last one of which is under way")]
    workers: WorkersAnswer
    measurements: Annotated[
        dict[str, list[MeasurementAnswer]],
        Field(description="By name (units are in the names), of each five minutes the greatest"),
    ]

    @classmethod
    def of(cls, figures: PipelineFigures) -> Self:
        """The API's form of the figures."""
        return cls(
            pending=figures.backlog.pending,
            leased=figures.leased,
            dead=figures.backlog.dead,
            oldest_seconds=figures.backlog.oldest_seconds,
            accepted_last_minute=figures.accepted_last_minute,
            routed_last_minute=figures.routed_last_minute,
            throughput=[MinuteAnswer.model_validate(one) for one in figures.throughput],
            workers=WorkersAnswer.model_validate(figures.workers),
            measurements=_measurements(figures.measurements),
        )


def _measurements(known: Mapping[str, tuple[Measurement, ...]]) -> dict[str, list[MeasurementAnswer]]:
    return {name: [MeasurementAnswer.model_validate(one) for one in every] for name, every in known.items()}
