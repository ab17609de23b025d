"""The figures that the API answers with."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from inquiry_pipeline.entrypoints.api.schemas import Answer
from inquiry_pipeline.store.feedback import OverrideRates
from inquiry_pipeline.store.statistics import Statistics


class OverridesAnswer(Answer):
    """How often people corrected the category: of so many predictions they judged some, and corrected some of those."""

    predictions: int
    judged: int
    corrected: int
    rate: Annotated[float | None, Field(description="Corrected of all predictions; null where there were none")]


class OverrideRatesAnswer(Answer):
    """Overrides in all, by the category that was predicted, and by language. The last word on an inquiry counts."""

    overall: OverridesAnswer
    by_category: dict[str, OverridesAnswer]
    by_language: dict[str, OverridesAnswer]


class StatisticsAnswer(Answer):
    """Figures over a window. Counts are of inquiries received in it; times are in seconds."""

    since: datetime
    until: datetime
    total: int
    waiting: int
    counts: dict[str, dict[str, int]]
    routed_per_hour: float
    seconds_to_route: dict[str, float | None]
    overrides: OverrideRatesAnswer

    @classmethod
    def of(cls, statistics: Statistics, overrides: OverrideRates) -> Self:
        """The API's form of the figures."""
        known = {name: getattr(statistics, name) for name in Statistics.__slots__}
        return cls(**known, overrides=OverrideRatesAnswer.model_validate(overrides))
